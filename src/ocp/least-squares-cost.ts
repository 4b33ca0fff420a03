import { checkLength } from "../base/index.ts";
import { withFiniteDifferences } from "./finite-differences.ts";
import type { Ocp, Vec } from "./ocp.ts";
import { rowGroups } from "./row-groups.ts";

/** Residuals r(x, u, k) whose weighted squares are a cost. */
export type Residuals = {
  readonly count: number;
  /** out (count) = r(x, u, k); u is empty at the end of the horizon. */
  value(x: Vec, u: Vec, k: number, out: Vec): void;
  /** Jx (count, nx) = dr/dx, Ju (count, nu) = dr/du, written in full; differenced where missing. */
  jacobian?(x: Vec, u: Vec, k: number, Jx: Vec, Ju: Vec): void;
  /** (count) weights, ones where missing; read at every call, so that they may change between solves. */
  readonly weight?: Vec;
};

type LeastSquares = Pick<
  Ocp,
  "stageCost" | "stageGradient" | "stageHessian" | "terminalCost" | "terminalGradient" | "terminalHessian"
>;

/**
 * Costs that are sums of weighted squares, with the Gauss-Newton Hessian, which is never indefinite:
 *
 *     l = 1/2 sum_i w_i r_i^2,  dl = J'W r,  d2l ~ J'W J
 *
 * @param sizes nx, nu and N of the problem
 * @param stage residuals of k = 0..N - 1, and `terminal` of the last state; none where missing
 * @throws ShapeError for weights of another length
 */
export function leastSquaresCost(
  { N, nx, nu }: { readonly N: number; readonly nx: number; readonly nu: number },
  stage: Residuals | undefined,
  terminal?: Residuals,
): LeastSquares {
  const along = squares(stage, nx, nu);
  const end = squares(terminal, nx, 0);
  const none = new Float64Array(0);
  return {
    stageCost: along.cost,
    stageGradient: along.gradient,
    stageHessian: along.hessian,
    terminalCost: (x) => end.cost(x, none, N),
    terminalGradient: (x, q) => end.gradient(x, none, N, q, none),
    terminalHessian: (x, Q) => end.hessian(x, none, N, Q, none, none),
  };
}

function squares(given: Residuals | undefined, nx: number, nu: number) {
  const { count, value, weight = new Float64Array(count).fill(1) } = given ?? { count: 0, value: () => {} };
  checkLength("weight", weight.length, count, "count");
  const r = new Float64Array(count);
  const Jx = new Float64Array(count * nx);
  const Ju = new Float64Array(count * nu);
  const jacobian = given?.jacobian?.bind(given) ?? differenced(given, nx, nu);
  return {
    cost(x: Vec, u: Vec, k: number): number {
      value.call(given, x, u, k, r);
      let sum = 0;
      for (let i = 0; i < count; i++) sum += 0.5 * weight[i] * r[i] * r[i];
      return sum;
    },
    gradient(x: Vec, u: Vec, k: number, q: Vec, outR: Vec): void {
      value.call(given, x, u, k, r);
      jacobian(x, u, k, Jx, Ju);
      q.fill(0);
      outR.fill(0);
      for (let i = 0; i < count; i++) {
        const f = weight[i] * r[i];
        for (let j = 0; j < nx; j++) q[j] += f * Jx[i * nx + j];
        for (let j = 0; j < nu; j++) outR[j] += f * Ju[i * nu + j];
      }
    },
    hessian(x: Vec, u: Vec, k: number, Q: Vec, R: Vec, M: Vec): void {
      jacobian(x, u, k, Jx, Ju);
      product(weight, Jx, nx, Jx, nx, Q);
      product(weight, Ju, nu, Ju, nu, R);
      product(weight, Ju, nu, Jx, nx, M);
    },
  };
}

/** out (m, n) = A'diag(w)B with A (count, m), B (count, n). */
function product(w: Vec, A: Vec, m: number, B: Vec, n: number, out: Vec): void {
  out.fill(0);
  for (let l = 0; l < w.length; l++) {
    for (let i = 0; i < m; i++) {
      const f = w[l] * A[l * m + i];
      if (f !== 0) for (let j = 0; j < n; j++) out[i * n + j] += f * B[l * n + j];
    }
  }
}

/** The Jacobian by central differences. */
function differenced(
  given: Residuals | undefined,
  nx: number,
  nu: number,
): NonNullable<Residuals["jacobian"]> {
  if (given === undefined) return () => {};
  const { rows } = withFiniteDifferences({
    N: 1,
    dynamics: { nx, nu, step: () => {} },
    stageCost: () => 0,
    terminalCost: () => 0,
    rows: { count: given.count, controls: true, value: (x, u, k, out) => given.value(x, u, k, out) },
  });
  const [group] = rowGroups({ rows });
  return (x, u, k, Jx, Ju) => group.jacobian(x, u, k, Jx, Ju);
}
