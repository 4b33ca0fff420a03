import { checkCount, checkNotNegative } from "../../base/index.ts";
import {
  add,
  layoutParameters,
  matMul,
  mean,
  mul,
  reshape,
  softplus,
  square,
  sub,
  sum,
} from "../../graph/index.ts";
import type { Optimizee } from "./optimizee.ts";

export type LogisticOptions = {
  /** Features d >= 1. */
  readonly dimension?: number;
  /** Examples of a problem, all in every step, >= 1. */
  readonly examples?: number;
  /** Weight of the ridge, >= 0; above zero the minimum is unique. */
  readonly ridge?: number;
};

export const LOGISTIC_DEFAULTS = { dimension: 10, examples: 64, ridge: 1e-2 } as const;

/**
 * Logistic regression on a random data set per problem, convex:
 *
 *     mean_i log(1 + exp(z_i)) - t_i z_i + ridge/2 |p|^2,    z = X w + b,  p = (w, b)
 *
 * X (m, d) standard normal; t_i = 1 with probability sigmoid(3 x_i'u / |u|) for a random direction u.
 */
export function createLogistic(options: LogisticOptions = {}): Optimizee {
  const { dimension: d, examples: m, ridge } = { ...LOGISTIC_DEFAULTS, ...options };
  checkCount("dimension", d, 1);
  checkCount("examples", m, 1);
  checkNotNegative("ridge", ridge);
  // Weights and bias as one column against features with a trailing one.
  const layout = layoutParameters([{ name: "p", shape: [d + 1], init: { normal: 1 } }]);
  return {
    name: "logistic",
    layout,
    problem: [
      { name: "X", shape: [m, d + 1] },
      { name: "t", shape: [m] },
    ],
    batch: [],
    loss(params, { X, t }) {
      const z = reshape(matMul(X, reshape(params, [d + 1, 1])), [m]);
      const misfit = mean(sub(softplus(z), mul(t, z)), [0], true);
      return add(misfit, mul(sum(square(params), [0], true), ridge / 2));
    },
    init: (rng) => Float32Array.from({ length: d + 1 }, () => rng.gauss()),
    drawProblem(rng) {
      const u = Float64Array.from({ length: d }, () => rng.gauss());
      const norm = Math.hypot(...u);
      const X = new Float32Array(m * (d + 1));
      const t = new Float32Array(m);
      for (let i = 0; i < m; i++) {
        let along = 0;
        for (let j = 0; j < d; j++) {
          X[i * (d + 1) + j] = rng.gauss();
          along += (X[i * (d + 1) + j] * u[j]) / norm;
        }
        X[i * (d + 1) + d] = 1;
        t[i] = rng.uniform() < 1 / (1 + Math.exp(-3 * along)) ? 1 : 0;
      }
      return { X: { data: X, shape: [m, d + 1] }, t: { data: t, shape: [m] } };
    },
    drawBatch: () => ({}),
  };
}
