import { createRng } from "../../base/index.ts";
import { createCurvature, type Ocp, type Vec } from "../../ocp/index.ts";
import { quadrotorOcp } from "../../zoo/index.ts";
import { type BenchRun, formatTable, type MeasuredSpread, measuredSpread, ms3 } from "../measures.ts";
import { differencedQuadrotor } from "./differenced-quadrotor.ts";

/** What is computed at every stage of a trajectory. */
export const DERIVATIVE_WORKS = ["A and B", "with gradients", "with Hessians"] as const;
export type DerivativeWork = (typeof DERIVATIVE_WORKS)[number];

/** Where derivatives come from. */
export const DERIVATIVE_SOURCES = ["webassembly", "javascript", "interpreted", "differences"] as const;
export type DerivativeSource = (typeof DERIVATIVE_SOURCES)[number];

/** Derivatives of a quadrotor along a trajectory, times of all N stages. */
export type BenchDerivativesResult = {
  readonly sizes: { readonly N: number; readonly nx: number; readonly nu: number };
  readonly rounds: number;
  readonly rows: readonly {
    readonly work: DerivativeWork;
    readonly source: DerivativeSource;
    /** Of the first trajectory, when all is made and nothing warm. */
    readonly firstMs: number;
    readonly ms: MeasuredSpread<"p50" | "p99">;
    /** Median time of finite differences over that of this source. */
    readonly faster: number;
  }[];
  /** From the functions to derivatives of every kind, called once each. [ms] */
  readonly buildMs: number;
};

/** Times symbolic derivatives against finite differences of the same functions, taking turns. */
export function benchDerivatives(
  options: BenchRun & { readonly N: number; readonly rounds: number; readonly seed: number },
): BenchDerivativesResult {
  const { N, rounds, clock } = options;
  const began = clock();
  const quick = quadrotorOcp(N, {});
  const point = trajectory(quick, options.seed);
  for (const work of DERIVATIVE_WORKS) createRun(quick, work)(point);
  const buildMs = clock() - began;
  const ocps: Readonly<Record<DerivativeSource, Ocp>> = {
    webassembly: quadrotorOcp(N, { evaluation: "webassembly" }),
    javascript: quadrotorOcp(N, { evaluation: "javascript" }),
    interpreted: quadrotorOcp(N, { evaluation: "interpreted" }),
    differences: differencedQuadrotor(N),
  };
  const runs = DERIVATIVE_WORKS.flatMap((work) =>
    DERIVATIVE_SOURCES.map((source) => ({
      work,
      source,
      run: createRun(ocps[source], work),
      first: Number.NaN,
      ms: [] as number[],
    })),
  );
  // What is made at the first call is made before.
  for (const { run } of runs) run(point, 1);
  // As many rounds again come first and warm up.
  for (let round = -rounds; round < rounds; round++) {
    for (const one of runs) {
      const start = clock();
      one.run(point);
      const ms = clock() - start;
      if (round === -rounds) one.first = ms;
      if (round >= 0) one.ms.push(ms);
    }
    options.onProgress?.(round + rounds + 1);
  }
  const spreads = runs.map(({ work, source, first, ms }) => ({
    ...{ work, source, firstMs: first },
    ms: measuredSpread(ms, ["p50", "p99"]),
  }));
  const slow = (work: DerivativeWork): number =>
    spreads.find((row) => row.work === work && row.source === "differences")!.ms.p50;
  return {
    sizes: { N, nx: quick.dynamics.nx, nu: quick.dynamics.nu },
    rounds,
    rows: spreads.map((row) => ({ ...row, faster: slow(row.work) / row.ms.p50 })),
    buildMs,
  };
}

type Point = { readonly x: readonly Vec[]; readonly u: readonly Vec[] };

/** States and controls near hovering. */
function trajectory({ N, dynamics: { nx, nu } }: Ocp, seed: number): Point {
  const rng = createRng(seed);
  const near = (length: number, mean: number): Vec =>
    Float64Array.from({ length }, () => mean + 0.2 * rng.gauss());
  return {
    x: Array.from({ length: N + 1 }, () => near(nx, 0)),
    u: Array.from({ length: N }, () => near(nu, 1.2)),
  };
}

/** What an SQP iteration asks of a problem, without the projection of Hessians. */
function createRun(ocp: Ocp, work: DerivativeWork): (at: Point, stages?: number) => void {
  const { N, dynamics } = ocp;
  const { nx, nu } = dynamics;
  const [A, B] = [new Float64Array(nx * nx), new Float64Array(nx * nu)];
  const [q, r] = [new Float64Array(nx), new Float64Array(nu)];
  const [Q, R, M] = [new Float64Array(nx * nx), new Float64Array(nu * nu), new Float64Array(nu * nx)];
  const H = new Float64Array((nx + nu) ** 2);
  const p = new Float64Array(nx).fill(1);
  const curvature = createCurvature(ocp);
  return ({ x, u }, stages = N) => {
    for (let k = 0; k < stages; k++) {
      dynamics.jacobian(x[k], u[k], k, A, B);
      if (work === "A and B") continue;
      ocp.stageGradient(x[k], u[k], k, q, r);
      if (work === "with gradients") continue;
      ocp.stageHessian(x[k], u[k], k, Q, R, M);
      curvature.dynamics(x[k], u[k], k, p, H.fill(0));
    }
    if (work !== "A and B") ocp.terminalGradient(x[N], q);
    if (work === "with Hessians") ocp.terminalHessian(x[N], Q);
  };
}

/** A row per work and source. */
export function derivativesText({ sizes, rows, buildMs, rounds }: BenchDerivativesResult): string {
  const table = formatTable(rows, 2, [
    ["at every stage", ({ work }) => work],
    ["source", ({ source }) => source],
    ["first ms", ({ firstMs }) => firstMs.toFixed(1)],
    ["p50", ({ ms }) => ms3(ms.p50)],
    ["p99", ({ ms }) => ms3(ms.p99)],
    ["faster", ({ faster }) => `${faster.toPrecision(3)}x`],
  ]);
  const { N, nx, nu } = sizes;
  return `${table}\n\na quadrotor, RK4, N = ${N}, nx = ${nx}, nu = ${nu}, ${rounds} rounds; made in ${buildMs.toFixed(0)} ms`;
}
