import type { ControlRows, Dynamics, Ocp, Rows, StateRows, Vec } from "./ocp.ts";
import { rowList } from "./row-groups.ts";

type ValuesOf<R extends Rows> = Omit<R, "jacobian"> & Partial<Pick<R, "jacobian">>;

/** {@link Rows} of which only the values need to be written. */
export type RowFunctions = ValuesOf<StateRows> | ValuesOf<ControlRows>;

/** An {@link Ocp} of which only the functions themselves need to be written. */
export type OcpFunctions = {
  readonly N: number;
  readonly dynamics: Pick<Dynamics, "nx" | "nu" | "step"> & Partial<Dynamics>;
  stageCost: Ocp["stageCost"];
  terminalCost: Ocp["terminalCost"];
  /** Missing bounds are infinite. */
  readonly uLower?: Vec;
  readonly uUpper?: Vec;
  readonly rows?: RowFunctions | readonly RowFunctions[];
} & Partial<Omit<Ocp, "N" | "dynamics" | "stageCost" | "terminalCost" | "uLower" | "uUpper" | "rows">>;

const FIRST = Math.cbrt(Number.EPSILON);
const SECOND = Number.EPSILON ** 0.25;

const stepSize = (value: number, relative: number): number => relative * Math.max(1, Math.abs(value));

/**
 * Completes a problem with central finite differences wherever a derivative is missing; given
 * derivatives are kept, and a missing Hessian is differenced from a given gradient. The scratch is
 * allocated once, at this call. Methods of a class instance keep their `this`.
 *
 * Errors: first derivatives and differenced gradients about 1e-10, second differences about 1e-7,
 * relative to the scale of the function (steps eps^(1/3) and eps^(1/4) times max(1, |x|)).
 */
export function withFiniteDifferences(problem: OcpFunctions): Ocp {
  const { nx, nu } = problem.dynamics;
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const dynamics = completeDynamics(problem.dynamics);
  const stage = (k: number): number => problem.stageCost(x, u, k);
  const terminal = (): number => problem.terminalCost(x);
  const gradients = {
    high: [new Float64Array(nx), new Float64Array(nu)],
    low: [new Float64Array(nx), new Float64Array(nu)],
  } as const;
  return {
    N: problem.N,
    dynamics,
    stageCost: (x0, u0, k) => problem.stageCost(x0, u0, k),
    terminalCost: (x0) => problem.terminalCost(x0),
    rows: problem.rows && rowList(problem.rows).map((rows) => completeRows(rows, nx, nu)),
    stateBox: problem.stateBox,
    angles: problem.angles,
    uLower: problem.uLower ?? new Float64Array(nu).fill(Number.NEGATIVE_INFINITY),
    uUpper: problem.uUpper ?? new Float64Array(nu).fill(Number.POSITIVE_INFINITY),
    stageGradient(x0, u0, k, q, r) {
      if (problem.stageGradient !== undefined) return problem.stageGradient(x0, u0, k, q, r);
      x.set(x0);
      u.set(u0);
      const f = (): number => stage(k);
      gradient(f, x, q);
      gradient(f, u, r);
    },
    stageHessian(x0, u0, k, Q, R, M) {
      if (problem.stageHessian !== undefined) return problem.stageHessian(x0, u0, k, Q, R, M);
      x.set(x0);
      u.set(u0);
      if (problem.stageGradient !== undefined) {
        const slope = (out: readonly [Vec, Vec]): void => problem.stageGradient!(x, u, k, out[0], out[1]);
        differenceGradient(slope, x, gradients, Q, M);
        differenceGradient(slope, u, gradients, undefined, R);
        symmetrize(Q, nx);
        symmetrize(R, nu);
        return;
      }
      const f = (): number => stage(k);
      hessianBlock(f, x, x, Q);
      hessianBlock(f, u, u, R);
      hessianBlock(f, u, x, M);
    },
    terminalGradient(x0, q) {
      if (problem.terminalGradient !== undefined) return problem.terminalGradient(x0, q);
      x.set(x0);
      gradient(terminal, x, q);
    },
    terminalHessian(x0, Q) {
      if (problem.terminalHessian !== undefined) return problem.terminalHessian(x0, Q);
      x.set(x0);
      if (problem.terminalGradient !== undefined) {
        const slope = (out: readonly [Vec, Vec]): void => problem.terminalGradient!(x, out[0]);
        differenceGradient(slope, x, gradients, Q, undefined);
        symmetrize(Q, nx);
        return;
      }
      hessianBlock(terminal, x, x, Q);
    },
  };
}

function completeDynamics(given: OcpFunctions["dynamics"]): Dynamics {
  if (given.jacobian !== undefined) return given as Dynamics;
  const { nx, nu } = given;
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const high = new Float64Array(nx);
  const low = new Float64Array(nx);
  // Differences are zero or one up to rounding only: a declared sparsity is dropped.
  return {
    nx,
    nu,
    step: (x1, u1, k, out) => given.step(x1, u1, k, out),
    hessian: given.hessian === undefined ? undefined : (x1, u1, k, p, H) => given.hessian!(x1, u1, k, p, H),
    jacobian(x0, u0, k, A, B) {
      x.set(x0);
      u.set(u0);
      const f = (out: Vec): void => given.step(x, u, k, out);
      jacobianColumns(f, x, high, low, A);
      jacobianColumns(f, u, high, low, B);
    },
  };
}

function completeRows(given: RowFunctions, nx: number, nu: number): Rows {
  if (given.jacobian !== undefined) return given as Rows;
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const high = new Float64Array(given.count);
  const low = new Float64Array(given.count);
  const { count, kind, stages, soft } = given;
  if (given.controls === true) {
    return {
      ...{ count, kind, stages, soft },
      controls: true,
      value: (x1, u1, k, out) => given.value(x1, u1, k, out),
      hessian: given.hessian && ((x1, u1, k, p, H) => given.hessian!(x1, u1, k, p, H)),
      jacobian(x0, u0, k, C, D) {
        x.set(x0);
        u.set(u0);
        const f = (out: Vec): void => given.value(x, u, k, out);
        jacobianColumns(f, x, high, low, C);
        jacobianColumns(f, u, high, low, D);
      },
    };
  }
  return {
    ...{ count, kind, stages, soft },
    value: (x1, k, out) => given.value(x1, k, out),
    hessian: given.hessian && ((x1, k, p, H) => given.hessian!(x1, k, p, H)),
    jacobian(x0, k, C) {
      x.set(x0);
      jacobianColumns((out) => given.value(x, k, out), x, high, low, C);
    },
  };
}

/** J (m, n) = df/dz by central differences; z is restored. */
function jacobianColumns(f: (out: Vec) => void, z: Vec, high: Vec, low: Vec, J: Vec): void {
  const n = z.length;
  const m = high.length;
  for (let j = 0; j < n; j++) {
    const z0 = z[j];
    const h = stepSize(z0, FIRST);
    z[j] = z0 + h;
    f(high);
    z[j] = z0 - h;
    f(low);
    z[j] = z0;
    for (let i = 0; i < m; i++) J[i * n + j] = (high[i] - low[i]) / (2 * h);
  }
}

/** Columns of Hx (nx, n) = d(out[0])/dz and Hu (nu, n) = d(out[1])/dz of a gradient; z is restored. */
function differenceGradient(
  f: (out: readonly [Vec, Vec]) => void,
  z: Vec,
  scratch: { readonly high: readonly [Vec, Vec]; readonly low: readonly [Vec, Vec] },
  Hx: Vec | undefined,
  Hu: Vec | undefined,
): void {
  const { high, low } = scratch;
  const n = z.length;
  for (let j = 0; j < n; j++) {
    const z0 = z[j];
    const h = stepSize(z0, FIRST);
    z[j] = z0 + h;
    f(high);
    z[j] = z0 - h;
    f(low);
    z[j] = z0;
    if (Hx !== undefined)
      for (let i = 0; i < high[0].length; i++) Hx[i * n + j] = (high[0][i] - low[0][i]) / (2 * h);
    if (Hu !== undefined)
      for (let i = 0; i < high[1].length; i++) Hu[i * n + j] = (high[1][i] - low[1][i]) / (2 * h);
  }
}

function symmetrize(H: Vec, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = 0.5 * (H[i * n + j] + H[j * n + i]);
      H[i * n + j] = mean;
      H[j * n + i] = mean;
    }
  }
}

function gradient(f: () => number, z: Vec, g: Vec): void {
  for (let j = 0; j < z.length; j++) {
    const z0 = z[j];
    const h = stepSize(z0, FIRST);
    z[j] = z0 + h;
    const high = f();
    z[j] = z0 - h;
    const low = f();
    z[j] = z0;
    g[j] = (high - low) / (2 * h);
  }
}

/** H (rows.length, cols.length) = d2f / drows dcols; `rows === cols` gives a symmetric block. */
function hessianBlock(f: () => number, rows: Vec, cols: Vec, H: Vec): void {
  const n = cols.length;
  const same = rows === cols;
  const f0 = same ? f() : 0;
  for (let i = 0; i < rows.length; i++) {
    const a = rows[i];
    const hi = stepSize(a, SECOND);
    for (let j = same ? i : 0; j < n; j++) {
      let second: number;
      if (same && i === j) {
        rows[i] = a + hi;
        const high = f();
        rows[i] = a - hi;
        second = (high - 2 * f0 + f()) / (hi * hi);
        rows[i] = a;
      } else {
        const b = cols[j];
        const hj = stepSize(b, SECOND);
        rows[i] = a + hi;
        cols[j] = b + hj;
        const pp = f();
        cols[j] = b - hj;
        const pm = f();
        rows[i] = a - hi;
        const mm = f();
        cols[j] = b + hj;
        second = (pp - pm - f() + mm) / (4 * hi * hj);
        rows[i] = a;
        cols[j] = b;
      }
      H[i * n + j] = second;
      if (same) H[j * n + i] = second;
    }
  }
}
