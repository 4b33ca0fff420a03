import { createCurvature, type Ocp, type SoftPenalty, type Vec } from "../ocp/index.ts";

/** A problem's rows `c(x_k, u_k, k)`, at the stages where they hold. */
export type RowGroup = {
  readonly count: number;
  readonly equality: boolean;
  readonly stages: readonly number[];
  readonly soft?: SoftPenalty;
  value(x: Vec, u: Vec, k: number, out: Vec): void;
  /** C (count, nx) and D (count, nu). */
  jacobian(x: Vec, u: Vec, k: number, C: Vec, D: Vec): void;
  /** Adds to H (nx + nu, nx + nu). */
  hessian(x: Vec, u: Vec, k: number, p: Vec, H: Vec): void;
};

/** The rows of a problem as groups. */
export function rowGroups(ocp: Ocp): RowGroup[] {
  const { rows, N } = ocp;
  if (rows === undefined || rows.count === 0) return [];
  const { nx, nu } = ocp.dynamics;
  const curvature = createCurvature(ocp);
  const own = new Float64Array(nx * nx);
  return [
    {
      count: rows.count,
      equality: false,
      stages: Array.from({ length: N }, (_, i) => i + 1),
      soft: rows.soft,
      value: (x, _u, k, out) => rows.value(x, k, out),
      jacobian(x, _u, k, C, D) {
        rows.jacobian(x, k, C);
        D.fill(0);
      },
      hessian(x, _u, k, p, H) {
        curvature.rows(x, k, p, own.fill(0));
        for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) H[i * (nx + nu) + j] += own[i * nx + j];
      },
    },
  ];
}
