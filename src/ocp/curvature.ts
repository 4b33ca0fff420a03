import {
  createCentralDifferences,
  type DifferenceAccuracy,
  differenceColumns,
} from "./central-differences.ts";
import type { Ocp, Vec } from "./ocp.ts";
import { type RowGroup, rowGroups } from "./row-groups.ts";

/** A step of eps^(1/4) also serves Jacobians that are themselves differenced, right to about 1e-10. */
const OF_JACOBIANS: DifferenceAccuracy = { relative: Number.EPSILON ** 0.25, agreed: 1e-4, noise: 1e-9 };

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
  const [A, B] = [new Float64Array(m * nx), new Float64Array(m * nu)];
  const size = A.length + B.length;
  const byX = createCentralDifferences(nx, size, OF_JACOBIANS);
  const byU = createCentralDifferences(n - nx, size, OF_JACOBIANS);
  return (x0, u0, k, p, H) => {
    x.set(x0);
    if (nu > 0) u.set(u0);
    const f = (out: Vec): void => {
      jacobian(x, u, k, A, B);
      out.set(A);
      out.set(B, A.length);
    };
    const add = (d: number, slope: Vec): void => {
      addWeighted(p, slope, 0, nx, H, n, d, 0);
      if (nu > 0) addWeighted(p, slope, A.length, nu, H, n, d, nx);
    };
    differenceColumns(byX, f, x, k, add);
    differenceColumns(byU, f, u, k, (d, slope) => add(nx + d, slope));
  };
}

/** Adds half of `p'S`, S (m, width) a block of a slope, to row d and half to column d of H (n, n), from column `from` on. */
function addWeighted(
  p: Vec,
  slope: Vec,
  block: number,
  width: number,
  H: Vec,
  n: number,
  d: number,
  from: number,
): void {
  for (let j = 0; j < width; j++) {
    let s = 0;
    for (let i = 0; i < p.length; i++) s += p[i] * slope[block + i * width + j];
    H[d * n + from + j] += s / 2;
    H[(from + j) * n + d] += s / 2;
  }
}
