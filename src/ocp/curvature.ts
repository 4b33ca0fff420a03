import type { Ocp, Vec } from "./ocp.ts";
import { type RowGroup, rowGroups } from "./row-groups.ts";

/** Step of a difference of Jacobians: eps^(1/4), which also serves Jacobians that are themselves differenced. */
const STEP = Number.EPSILON ** 0.25;

/**
 * Weighted second derivatives of a problem's dynamics and rows, by its own `hessian` functions or else
 * by central differences of its Jacobians. Owns its scratch; a call allocates nothing.
 */
export type Curvature = {
  /** Adds `sum_i p_i d2 f_i / d(x, u)^2` to H (nx + nu, nx + nu), x first. */
  dynamics(x: Vec, u: Vec, k: number, p: Vec, H: Vec): void;
  /** Of each group: adds `sum_i p_i d2 c_i` to H, (nx, nx) or with controls (nx + nu, nx + nu). */
  readonly rows: readonly NonNullable<RowGroup["hessian"]>[];
};

/** Prepares the second derivatives of a problem. */
export function createCurvature(ocp: Pick<Ocp, "dynamics" | "rows">): Curvature {
  const { nx, nu } = ocp.dynamics;
  return {
    dynamics: dynamicsCurvature(ocp.dynamics),
    rows: rowGroups(ocp).map((rows) => rowsCurvature(rows, nx, nu)),
  };
}

function dynamicsCurvature(dynamics: Ocp["dynamics"]): Curvature["dynamics"] {
  if (dynamics.hessian !== undefined) return (x, u, k, p, H) => dynamics.hessian!(x, u, k, p, H);
  const { nx, nu } = dynamics;
  return differenced((x, u, k, A, B) => dynamics.jacobian(x, u, k, A, B), nx, nx, nu, nx + nu);
}

function rowsCurvature(rows: RowGroup, nx: number, nu: number): NonNullable<RowGroup["hessian"]> {
  if (rows.hessian !== undefined) return (x, u, k, p, H) => rows.hessian!(x, u, k, p, H);
  const n = rows.controls === true ? nx + nu : nx;
  return differenced((x, u, k, C, D) => rows.jacobian(x, u, k, C, D), rows.count, nx, n - nx, n);
}

/** Differences a Jacobian [dF/dx (m, nx) | dF/du (m, nu)] in x and, up to n = nx + nu, in u. */
function differenced(
  jacobian: RowGroup["jacobian"],
  m: number,
  nx: number,
  nu: number,
  n: number,
): NonNullable<RowGroup["hessian"]> {
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const A = [new Float64Array(m * nx), new Float64Array(m * nx)];
  const B = [new Float64Array(m * nu), new Float64Array(m * nu)];
  return (x0, u0, k, p, H) => {
    x.set(x0);
    if (nu > 0) u.set(u0);
    for (let d = 0; d < n; d++) {
      const z = d < nx ? x : u;
      const at = d < nx ? d : d - nx;
      const z0 = z[at];
      const h = STEP * Math.max(1, Math.abs(z0));
      z[at] = z0 + h;
      jacobian(x, u, k, A[0], B[0]);
      z[at] = z0 - h;
      jacobian(x, u, k, A[1], B[1]);
      z[at] = z0;
      addDifference(p, A[0], A[1], nx, h, H, n, d, 0);
      if (nu > 0) addDifference(p, B[0], B[1], nu, h, H, n, d, nx);
    }
  };
}

/** Adds half of `p'(high - low) / 2h` to row d and half to column d of H (n, n), from column `from` on. */
function addDifference(
  p: Vec,
  high: Vec,
  low: Vec,
  width: number,
  h: number,
  H: Vec,
  n: number,
  d: number,
  from: number,
): void {
  for (let j = 0; j < width; j++) {
    let s = 0;
    for (let i = 0; i < p.length; i++) s += p[i] * (high[i * width + j] - low[i * width + j]);
    const half = s / (4 * h);
    H[d * n + from + j] += half;
    H[(from + j) * n + d] += half;
  }
}
