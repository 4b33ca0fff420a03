import { ConfigError, createRng, type Rng } from "../../base/index.ts";
import { boundsOffset, createCurvature, type Ocp, type Vec } from "../../ocp/index.ts";
import { type RowGroup, rowGroups } from "../row-groups.ts";
import { type Entries, type Nlp, sparsify } from "./nlp.ts";

/** An optimal control problem as an {@link Nlp}, with the way from one to the other. */
export type ShootingNlp = Nlp & {
  /** z of controls (N, nu) and of the states of their rollout. */
  join(U: Vec): Vec;
  split(z: Vec): { readonly X: Vec; readonly U: Vec };
};

/** The rows of one group at one stage, from row `first` of g on. */
type Block = { readonly group: RowGroup; readonly k: number; readonly first: number };

/** What the functions below share. */
type Shooting = {
  readonly ocp: Ocp;
  readonly x0: Vec;
  readonly nx: number;
  readonly nu: number;
  /** nu + nx, what a stage adds to z. */
  readonly nz: number;
  readonly blocks: readonly Block[];
  readonly m: number;
};

/**
 * A problem by multiple shooting: the unknowns are z = (u_0, x_1, u_1, x_2, ..., x_N), the constraints the defects
 * `x_{k+1} - f(x_k, u_k) = 0` and then the rows; bounds on controls and states bound z.
 *
 * @throws ConfigError where a constraint is soft
 */
export function shootingNlp(ocp: Ocp, x0: Vec): ShootingNlp {
  const s = layOut(ocp, x0);
  const { n, lower, upper } = boundsOf(s);
  const rng = createRng(1);
  const probes = Array.from({ length: 3 }, () =>
    Float64Array.from({ length: n }, (_, i) => probe(lower[i], upper[i], rng)),
  );
  const weights = Float64Array.from({ length: s.m }, () => 1 + rng.uniform());
  const curvature = createCurvature(ocp);
  const J = sparsify(probes.map((z) => jacobianEntries(s, z)));
  const H = sparsify(probes.map((z) => hessianEntries(s, curvature, z, 1, weights)));
  const gUpper = new Float64Array(s.m);
  for (const { group, first } of s.blocks)
    if (!group.equality) gUpper.fill(Number.POSITIVE_INFINITY, first, first + group.count);
  return {
    n,
    m: s.m,
    lower,
    upper,
    gLower: new Float64Array(s.m),
    gUpper,
    jacobianPattern: J.pattern,
    hessianPattern: H.pattern,
    value: (z, g) => value(s, z, g),
    slope(z, gradient, jacobian) {
      writeGradient(s, z, gradient);
      J.write(jacobianEntries(s, z), jacobian);
    },
    hessian: (z, factor, lambda, out) => H.write(hessianEntries(s, curvature, z, factor, lambda), out),
    join(U) {
      const z = new Float64Array(n);
      for (let k = 0; k < ocp.N; k++) {
        z.set(U.subarray(k * s.nu, (k + 1) * s.nu), k * s.nz);
        ocp.dynamics.step(stateOf(s, z, k), controlOf(s, z, k), k, stateOf(s, z, k + 1));
      }
      return z;
    },
    split(z) {
      const X = new Float64Array((ocp.N + 1) * s.nx);
      const U = new Float64Array(ocp.N * s.nu);
      for (let k = 0; k <= ocp.N; k++) X.set(stateOf(s, z, k), k * s.nx);
      for (let k = 0; k < ocp.N; k++) U.set(controlOf(s, z, k), k * s.nu);
      return { X, U };
    },
  };
}

function layOut(ocp: Ocp, x0: Vec): Shooting {
  const { nx, nu } = ocp.dynamics;
  const groups = rowGroups(ocp);
  if (ocp.stateBox?.soft !== undefined || groups.some(({ soft }) => soft !== undefined))
    throw new ConfigError("the problem has soft constraints, expected hard ones for a nonlinear program");
  let m = ocp.N * nx;
  const blocks = groups.flatMap((group) =>
    group.stages.map((k): Block => {
      m += group.count;
      return { group, k, first: m - group.count };
    }),
  );
  return { ocp, x0, nx, nu, nz: nx + nu, blocks, m };
}

const NO_BOX = { index: [], lower: new Float64Array(0), upper: new Float64Array(0) };

function boundsOf({ ocp, nu, nz }: Shooting) {
  const n = ocp.N * nz;
  const lower = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  const upper = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const { index, lower: least, upper: most } = ocp.stateBox ?? NO_BOX;
  for (let k = 0; k < ocp.N; k++) {
    const own = boundsOffset(ocp.uLower, nu, k);
    lower.set(ocp.uLower.subarray(own, own + nu), k * nz);
    upper.set(ocp.uUpper.subarray(own, own + nu), k * nz);
    const o = boundsOffset(least, index.length, k + 1);
    index.forEach((i, j) => {
      lower[k * nz + nu + i] = least[o + j];
      upper[k * nz + nu + i] = most[o + j];
    });
  }
  return { n, lower, upper };
}

/** Somewhere between two bounds, or about 0. */
function probe(lower: number, upper: number, rng: Rng): number {
  if (Number.isFinite(upper - lower)) return lower + (upper - lower) * rng.uniform();
  return Math.min(upper, Math.max(lower, rng.gauss()));
}

/** x_k, a view. */
function stateOf({ x0, nx, nz }: Shooting, z: Vec, k: number): Vec {
  return k === 0 ? x0 : z.subarray(k * nz - nx, k * nz);
}

/** u_k, a view; of zeros at N. */
function controlOf({ ocp, nu, nz }: Shooting, z: Vec, k: number): Vec {
  return k === ocp.N ? new Float64Array(nu) : z.subarray(k * nz, k * nz + nu);
}

/** Where component i of (x_k, u_k) is in z; negative for x_0. */
function placeOf({ nx, nz }: Shooting, k: number, i: number): number {
  return k * nz - nx + i - (k === 0 && i < nx ? nz : 0);
}

function value(s: Shooting, z: Vec, g: Vec): number {
  const { ocp, nx } = s;
  let f = ocp.terminalCost(stateOf(s, z, ocp.N));
  for (let k = 0; k < ocp.N; k++) {
    const [x, u] = [stateOf(s, z, k), controlOf(s, z, k)];
    f += ocp.stageCost(x, u, k);
    const defect = g.subarray(k * nx, (k + 1) * nx);
    ocp.dynamics.step(x, u, k, defect);
    const next = stateOf(s, z, k + 1);
    for (let i = 0; i < nx; i++) defect[i] = next[i] - defect[i];
  }
  for (const { group, k, first } of s.blocks)
    group.value(stateOf(s, z, k), controlOf(s, z, k), k, g.subarray(first, first + group.count));
  return f;
}

function writeGradient(s: Shooting, z: Vec, gradient: Vec): void {
  const { ocp, nx, nu, nz } = s;
  const q = new Float64Array(nx);
  for (let k = 0; k < ocp.N; k++) {
    const r = gradient.subarray(k * nz, k * nz + nu);
    ocp.stageGradient(stateOf(s, z, k), controlOf(s, z, k), k, q, r);
    if (k > 0) gradient.set(q, k * nz - nx);
  }
  ocp.terminalGradient(stateOf(s, z, ocp.N), gradient.subarray(ocp.N * nz - nx));
}

function jacobianEntries(s: Shooting, z: Vec): Entries {
  const { ocp, nx, nu, nz } = s;
  return (entry) => {
    const A = new Float64Array(nx * nx);
    const B = new Float64Array(nx * nu);
    for (let k = 0; k < ocp.N; k++) {
      ocp.dynamics.jacobian(stateOf(s, z, k), controlOf(s, z, k), k, A, B);
      for (let i = 0; i < nx; i++) {
        entry(k * nx + i, placeOf(s, k + 1, i), 1);
        for (let j = k === 0 ? nx : 0; j < nz; j++)
          entry(k * nx + i, placeOf(s, k, j), j < nx ? -A[i * nx + j] : -B[i * nu + j - nx]);
      }
    }
    for (const { group, k, first } of s.blocks) {
      const C = new Float64Array(group.count * nx);
      const D = new Float64Array(group.count * nu);
      group.jacobian(stateOf(s, z, k), controlOf(s, z, k), k, C, D);
      for (let i = 0; i < group.count; i++)
        for (let j = k === 0 ? nx : 0; j < (k === ocp.N ? nx : nz); j++)
          entry(first + i, placeOf(s, k, j), j < nx ? C[i * nx + j] : D[i * nu + j - nx]);
    }
  };
}

/** Entries of the lower triangle, stage by stage: x_k comes before u_k, in z too. */
function hessianEntries(
  s: Shooting,
  curvature: ReturnType<typeof createCurvature>,
  z: Vec,
  factor: number,
  lambda: Vec,
): Entries {
  const { ocp, nx, nu, nz } = s;
  return (entry) => {
    const [Q, R, M] = [new Float64Array(nx * nx), new Float64Array(nu * nu), new Float64Array(nu * nx)];
    const H = new Float64Array(nz * nz);
    for (let k = 0; k <= ocp.N; k++) {
      const [x, u] = [stateOf(s, z, k), controlOf(s, z, k)];
      if (k === ocp.N) ocp.terminalHessian(x, Q);
      else ocp.stageHessian(x, u, k, Q, R, M);
      H.fill(0);
      const width = k === ocp.N ? nx : nz;
      for (let i = 0; i < width; i++)
        for (let j = 0; j <= i; j++) {
          const own = i < nx ? Q[i * nx + j] : j < nx ? M[(i - nx) * nx + j] : R[(i - nx) * nu + j - nx];
          H[i * nz + j] = factor * own;
        }
      if (k < ocp.N) {
        const costate = lambda.subarray(k * nx, (k + 1) * nx).map((v) => -v);
        curvature.dynamics(x, u, k, costate, H);
      }
      for (const { group, k: at, first } of s.blocks)
        if (at === k) group.hessian(x, u, k, lambda.subarray(first, first + group.count), H);
      for (let i = k === 0 ? nx : 0; i < width; i++)
        for (let j = k === 0 ? nx : 0; j <= i; j++) entry(placeOf(s, k, i), placeOf(s, k, j), H[i * nz + j]);
    }
  };
}
