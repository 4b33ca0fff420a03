import { checkCount } from "../../base/index.ts";
import { dot, multiply } from "../../linalg/index.ts";
import type { RegressionPrompts } from "./regression-prompts.ts";

export type ConjugateGradients = {
  /** (count, steps): the prediction of the query's label after each step. */
  readonly predictions: Float64Array;
  /** (count, steps): step lengths along the directions. */
  readonly alpha: Float64Array;
  /** (count, steps): the share of the last direction in this one, 0 in the first. */
  readonly gamma: Float64Array;
};

/**
 * Conjugate gradients from 0 on each prompt's own least squares, `H w = b` with `H = X'X/m`, `b = X'y/m`:
 *
 *     r_0 = b,  p_l = r_l + gamma_l p_{l-1},  alpha_l = r_l'r_l / p_l'H p_l,  w += alpha_l p_l,  r -= alpha_l H p_l
 *
 * A memformer of kind `cgd` with these numbers per prompt, A = I and B = 0 does the same.
 *
 * @param examples m, how many of a prompt's examples are looked at; all of them where absent
 */
export function conjugateGradients(
  prompts: RegressionPrompts,
  steps: number,
  examples = prompts.n,
): ConjugateGradients {
  const { count, d, n, Z } = prompts;
  checkCount("steps", steps, 1);
  checkCount("examples", examples, 1, n);
  const columns = n + 1;
  const size = (d + 1) * columns;
  const out = {
    predictions: new Float64Array(count * steps),
    alpha: new Float64Array(count * steps),
    gamma: new Float64Array(count * steps),
  };
  const query = new Float64Array(d);
  for (let p = 0; p < count; p++) {
    const row = (j: number) => Z.subarray(p * size + j * columns, p * size + j * columns + examples);
    const H = Float64Array.from(
      { length: d * d },
      (_, i) => dot(row(Math.floor(i / d)), row(i % d)) / examples,
    );
    const r = Float64Array.from({ length: d }, (_, j) => dot(row(j), row(d)) / examples);
    for (let j = 0; j < d; j++) query[j] = Z[p * size + j * columns + n];
    followDirections(H, r, query, out, p * steps, steps);
  }
  return out;
}

/** One prompt's steps, written from position `at` on; r is used up. */
function followDirections(
  H: Float64Array,
  r: Float64Array,
  query: Float64Array,
  { predictions, alpha, gamma }: ConjugateGradients,
  at: number,
  steps: number,
): void {
  const d = r.length;
  const direction = new Float64Array(d);
  const w = new Float64Array(d);
  const Hp = new Float64Array(d);
  let before = 0;
  for (let l = 0; l < steps; l++) {
    const now = dot(r, r);
    // A residual of exactly zero: the answer is there, and stays.
    const g = before > 0 ? now / before : 0;
    for (let j = 0; j < d; j++) direction[j] = r[j] + g * direction[j];
    multiply(H, direction, 0, d, d, 1, Hp);
    const curvature = dot(direction, Hp);
    const a = curvature > 0 ? now / curvature : 0;
    for (let j = 0; j < d; j++) {
      w[j] += a * direction[j];
      r[j] -= a * Hp[j];
    }
    before = now;
    gamma[at + l] = g;
    alpha[at + l] = a;
    predictions[at + l] = dot(w, query);
  }
}
