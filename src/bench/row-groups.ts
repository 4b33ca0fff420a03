import {
  controlOf,
  createCurvature,
  rowGroups as groupsOf,
  type Ocp,
  rowStages,
  type SoftPenalties,
  type Vec,
} from "../ocp/index.ts";

/** A problem's rows `c(x_k, u_k, k)`, at the stages where they hold. */
export type RowGroup = {
  readonly count: number;
  readonly equality: boolean;
  readonly stages: readonly number[];
  readonly soft?: SoftPenalties;
  value(x: Vec, u: Vec, k: number, out: Vec): void;
  /** C (count, nx) and D (count, nu). */
  jacobian(x: Vec, u: Vec, k: number, C: Vec, D: Vec): void;
  /** Adds to H (nx + nu, nx + nu). */
  hessian(x: Vec, u: Vec, k: number, p: Vec, H: Vec): void;
};

/** The rows of a problem as groups that all take state and control. */
export function rowGroups(ocp: Ocp): RowGroup[] {
  const { nx, nu } = ocp.dynamics;
  const curvature = createCurvature(ocp);
  return groupsOf(ocp).map((rows, group) => {
    const n = rows.controls ? nx + nu : nx;
    const own = new Float64Array(n * n);
    return {
      count: rows.count,
      equality: rows.kind === "equality",
      stages: rows.count > 0 ? rowStages(rows, ocp.N) : [],
      soft: rows.soft,
      value: (x, u, k, out) => rows.value(x, controlOf(rows, u), k, out),
      jacobian(x, u, k, C, D) {
        D.fill(0);
        rows.jacobian(x, controlOf(rows, u), k, C, D);
      },
      hessian(x, u, k, p, H) {
        curvature.rows[group](x, controlOf(rows, u), k, p, own.fill(0));
        for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) H[i * (nx + nu) + j] += own[i * n + j];
      },
    };
  });
}
