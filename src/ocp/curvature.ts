import type { Ocp, Vec } from "./ocp.ts";

/** Step of a difference of Jacobians: eps^(1/4), which also serves Jacobians that are themselves differenced. */
const STEP = Number.EPSILON ** 0.25;

/**
 * Weighted second derivatives of a problem's dynamics and rows, by its own `hessian` functions or else
 * by central differences of its Jacobians. Owns its scratch; a call allocates nothing.
 */
export type Curvature = {
  /** Adds `sum_i p_i d2 f_i / d(x, u)^2` to H (nx + nu, nx + nu), x first. */
  dynamics(x: Vec, u: Vec, k: number, p: Vec, H: Vec): void;
  /** Adds `sum_i p_i d2 c_i / dx^2` to H (nx, nx). */
  rows(x: Vec, k: number, p: Vec, H: Vec): void;
};

/** Prepares the second derivatives of a problem. */
export function createCurvature(ocp: Pick<Ocp, "dynamics" | "rows">): Curvature {
  return { dynamics: dynamicsCurvature(ocp.dynamics), rows: rowsCurvature(ocp.rows, ocp.dynamics.nx) };
}

function dynamicsCurvature(dynamics: Ocp["dynamics"]): Curvature["dynamics"] {
  if (dynamics.hessian !== undefined) return (x, u, k, p, H) => dynamics.hessian!(x, u, k, p, H);
  const { nx, nu } = dynamics;
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const A = [new Float64Array(nx * nx), new Float64Array(nx * nx)];
  const B = [new Float64Array(nx * nu), new Float64Array(nx * nu)];
  return (x0, u0, k, p, H) => {
    const n = nx + nu;
    x.set(x0);
    u.set(u0);
    for (let d = 0; d < n; d++) {
      const z = d < nx ? x : u;
      const at = d < nx ? d : d - nx;
      const z0 = z[at];
      const h = STEP * Math.max(1, Math.abs(z0));
      z[at] = z0 + h;
      dynamics.jacobian(x, u, k, A[0], B[0]);
      z[at] = z0 - h;
      dynamics.jacobian(x, u, k, A[1], B[1]);
      z[at] = z0;
      addDifference(p, A[0], A[1], nx, h, H, n, d, 0);
      addDifference(p, B[0], B[1], nu, h, H, n, d, nx);
    }
  };
}

function rowsCurvature(rows: Ocp["rows"], nx: number): Curvature["rows"] {
  if (rows === undefined) return () => {};
  if (rows.hessian !== undefined) return (x, k, p, H) => rows.hessian!(x, k, p, H);
  const x = new Float64Array(nx);
  const high = new Float64Array(rows.count * nx);
  const low = new Float64Array(rows.count * nx);
  return (x0, k, p, H) => {
    x.set(x0);
    for (let d = 0; d < nx; d++) {
      const z0 = x[d];
      const h = STEP * Math.max(1, Math.abs(z0));
      x[d] = z0 + h;
      rows.jacobian(x, k, high);
      x[d] = z0 - h;
      rows.jacobian(x, k, low);
      x[d] = z0;
      addDifference(p, high, low, nx, h, H, nx, d, 0);
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
