import { cpus } from "node:os";
import { setImmediate } from "node:timers/promises";
import { percentile } from "../drive/index.ts";
import { createAdmm, createRiccatiIpm, type Qp, type QpSolver } from "../qp/index.ts";
import { closedLoopRobotQps, coldRobotQps } from "./qp-problems.ts";

/** Quantiles of a measured quantity over the solved QPs of a row. */
type Quantiles = { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };

/** One solver on one set of QPs. */
export type BenchQpRow = {
  readonly solver: string;
  readonly start: "cold" | "warm";
  /** QPs solved. */
  readonly n: number;
  /** QPs that did not end as "solved". */
  readonly failures: number;
  /** Time of one solve. [ms] */
  readonly ms: Quantiles;
  readonly iterations: Quantiles;
  /** Absolute KKT residual, measured by the same function for every solver. */
  readonly kkt: Quantiles;
};

/** What `bench qp` has measured. */
export type BenchQpResult = {
  readonly seed: number;
  readonly cpu: string;
  readonly node: string;
  readonly sizes: { readonly N: number; readonly nx: number; readonly nu: number; readonly rows: number };
  readonly rows: readonly BenchQpRow[];
};

/** What `bench qp` solves. */
export type BenchQpOptions = {
  readonly seed: number;
  /** QPs of each set: cold ones, and ticks of closed-loop episodes. */
  readonly count: number;
  /** Monotonic clock [ms]; default `performance.now`. */
  readonly clock?: () => number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
};

/** Ticks of one closed-loop episode. */
const EPISODE = 60;
/** QPs solved before anything is measured, so that the JIT has settled. */
const WARM_UP = 300;

/** One solver, one way of starting, and what was measured. */
type Variant = {
  readonly solver: QpSolver;
  readonly start: "cold" | "warm";
  failures: number;
  readonly ms: number[];
  readonly iterations: number[];
  readonly kkt: number[];
};

/**
 * Times the QP solvers on the robot's QPs (see {@link coldRobotQps}, {@link closedLoopRobotQps}), cold and warm.
 * The variants take turns QP by QP, after a warm-up on other QPs; every solver meets the same QPs.
 *
 * @returns plain data, one row per solver and start
 * @throws what `signal` was aborted with
 */
export async function benchQp(options: BenchQpOptions): Promise<BenchQpResult> {
  const { seed, count, clock = () => performance.now(), onProgress, signal } = options;
  const cold = coldRobotQps({ seed, count });
  const { shape } = coldRobotQps({ seed, count: 1 })[0];
  const episodes = closedLoopRobotQps({
    seed: seed + 1,
    episodes: Math.ceil(count / EPISODE),
    steps: Math.min(count, EPISODE) + 1,
    solver: createRiccatiIpm(shape),
  });
  const variantsOf = (start: Variant["start"]): Variant[] => {
    const solvers = [
      ...(["auto", "javascript", "loops"] as const).map((kernels) => createRiccatiIpm(shape, { kernels })),
      createAdmm(shape),
    ];
    return solvers.map((solver) => ({ solver, start, failures: 0, ms: [], iterations: [], kkt: [] }));
  };
  const coldVariants = variantsOf("cold");
  const warmVariants = variantsOf("warm");
  const practice = coldRobotQps({ seed: seed + 2, count: Math.min(WARM_UP, Math.max(20, count)) });
  for (const qp of practice) {
    for (const { solver, start } of [...coldVariants, ...warmVariants])
      solver.solve(qp, { warm: start === "warm" });
  }

  const total = count + episodes.reduce((sum, episode) => sum + episode.length - 1, 0);
  let done = 0;
  const tick = async (): Promise<void> => {
    done++;
    if (done % 20 !== 0) return;
    onProgress?.(Math.min(done, total), total);
    await setImmediate(); // lets an interruption in
    signal?.throwIfAborted();
  };
  for (const qp of cold) {
    for (const v of coldVariants) measure(v, qp, clock);
    await tick();
  }
  for (const episode of episodes) {
    // The first tick has nothing to start from.
    for (const { solver } of warmVariants) solver.solve(episode[0]);
    for (const qp of episode.slice(1)) {
      for (const v of warmVariants) measure(v, qp, clock);
      await tick();
    }
  }
  const { N, nx, nu, nr } = shape;
  return {
    seed,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    node: process.version,
    sizes: { N, nx, nu, rows: nr },
    rows: [...coldVariants, ...warmVariants].map(toRow),
  };
}

function measure(v: Variant, qp: Qp, clock: () => number): void {
  const before = clock();
  const solution = v.solver.solve(qp, v.start === "warm" ? { warm: true, shift: true } : {});
  v.ms.push(clock() - before);
  v.iterations.push(solution.iterations);
  v.kkt.push(solution.residual);
  if (solution.status !== "solved") v.failures++;
}

function toRow(v: Variant): BenchQpRow {
  return {
    solver: v.solver.name,
    start: v.start,
    n: v.ms.length,
    failures: v.failures,
    ms: quantiles(v.ms),
    iterations: quantiles(v.iterations),
    kkt: quantiles(v.kkt),
  };
}

function quantiles(values: readonly number[]): Quantiles {
  const at = (share: number): number => percentile(values, share);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
