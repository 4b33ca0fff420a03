import type { Vec } from "../ocp/index.ts";
import type { Qp, QpShape } from "./qp.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";

/** How far states and controls go in a QP, roughly: what the nearness of rows is measured by. */
export type StepSizes = {
  /** (nx) */ readonly x: Vec;
  /** (nu) */ readonly u: Vec;
  /** Writes the largest entries over the horizon of the step without any rows, its controls clipped to their bounds. */
  measure(qp: Qp): void;
};

/** Allocates them for a shape. */
export function createStepSizes({ N, nx, nu }: QpShape, kernels: RiccatiKernels): StepSizes {
  const [none, Y, L, Linv] = [nu, nu * nx, nu * nu, nu].map((size) => new Float64Array(N * size));
  const [z, U, X] = [N * nu, N * nu, (N + 1) * nx].map((size) => new Float64Array(size));
  const [x, u] = [new Float64Array(nx), new Float64Array(nu)];
  return {
    x,
    u,
    measure({ A, B, Q, R, M, q, r, uLower, uUpper }) {
      x.fill(0);
      u.fill(0);
      if (kernels.factor(N, A, B, Q, R, M, none, Y, L, Linv)) {
        kernels.solve(N, A, B, q, r, Y, L, Linv, z, X, U);
        for (let i = 0; i < U.length; i++) U[i] = Math.min(Math.max(U[i], uLower[i]), uUpper[i]);
        kernels.rollout(N, A, B, U, X);
        for (let i = 0; i < X.length; i++) x[i % nx] = Math.max(x[i % nx], Math.abs(X[i]));
        for (let i = 0; i < U.length; i++) u[i % nu] = Math.max(u[i % nu], Math.abs(U[i]));
      }
      // Without a step, units decide which rows come first, and nothing else.
      const known = x.some((size) => size > 0 && size < Infinity);
      if (!known) for (const size of [x, u]) size.fill(1);
    },
  };
}
