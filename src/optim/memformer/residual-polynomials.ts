import { ConfigError, checkCount } from "../../base/index.ts";
import { type Matrix, solve, times } from "../../linalg/index.ts";
import { checkFamily, type RegressionFamily } from "./regression-prompts.ts";
import { wishartMoment } from "./wishart-moments.ts";

/**
 * Every linear first-order method with coefficients that do not look at the prompt leaves, after L steps from 0,
 * the error `p(H) w` with `H = X'X / n` and a polynomial p of degree L with p(0) = 1. Its expected loss on fresh
 * prompts is a quadratic form of p's coefficients,
 *
 *     loss = sum_ij p_i p_j m_ij,   m_ij = E tr(Sigma^-1 H^i Sigma H^j)
 *
 * @returns (L + 1, L + 1) the m_ij, exact
 * @throws ConfigError for an illegal family, one whose features have a mean, or more than 5 steps (their pairings
 *   are too many)
 */
export function lossForm(family: RegressionFamily, steps: number): Matrix {
  checkFamily(family);
  checkCount("steps", steps, 0, 5);
  if ((family.mean ?? 0) !== 0)
    throw new ConfigError(`mean is ${family.mean}, expected 0: the exact loss is of features without a mean`);
  // With the identity for a preconditioner a rotation changes nothing.
  const moment = (i: number, j: number) => wishartMoment(family.eigenvalues, family.examples, i, j);
  const form: Matrix = Array.from({ length: steps + 1 }, () => Array<number>(steps + 1).fill(0));
  for (let i = 0; i <= steps; i++) for (let j = 0; j <= i; j++) form[i][j] = form[j][i] = moment(i, j);
  return form;
}

/** The expected loss of a residual polynomial, lowest power first. */
export function polynomialLoss(form: Matrix, p: readonly number[]): number {
  const cut = form.slice(0, p.length).map((row) => row.slice(0, p.length));
  return times(cut, p).reduce((sum, value, i) => sum + value * p[i], 0);
}

/**
 * The least expected loss of any method of `steps` steps whose coefficients are shared by all prompts: the least of
 * `p'M p` over p with p_0 = 1, which is `1 / (M^-1)_00`.
 */
export function leastSharedLoss(form: Matrix, steps: number): number {
  const size = steps + 1;
  const cut = form.slice(0, size).map((row) => row.slice(0, size));
  const first = Array.from({ length: size }, (_, i) => [i === 0 ? 1 : 0]);
  return 1 / solve(cut, first)[0][0];
}

/** Methods of one step length for all steps; `momentum` is the heavy ball, `nesterov` looks ahead. */
export type FixedStepMethod = "gd" | "momentum" | "nesterov";
export const FIXED_STEP_METHODS: readonly FixedStepMethod[] = ["gd", "momentum", "nesterov"];

/**
 * The residual polynomials after 0 to `steps` steps of
 *
 *     momentum: e_{k+1} = e_k - alpha H e_k + beta (e_k - e_{k-1})
 *     nesterov: v = e_k + beta (e_k - e_{k-1}),  e_{k+1} = v - alpha H v
 *
 * @param beta 0 for gradient descent
 */
export function fixedStepPolynomials(
  method: FixedStepMethod,
  alpha: number,
  beta: number,
  steps: number,
): number[][] {
  const found = [[1]];
  for (let k = 0; k < steps; k++) {
    const e = found[k];
    const before = found[Math.max(0, k - 1)];
    const last = (i: number) => (e[i] ?? 0) - (before[i] ?? 0);
    const v = (i: number) => (e[i] ?? 0) + (method === "nesterov" ? beta * last(i) : 0);
    const kept = (i: number) => (e[i] ?? 0) + (method === "gd" ? 0 : beta * last(i));
    found.push(Array.from({ length: k + 2 }, (_, i) => kept(i) - (i === 0 ? 0 : alpha * v(i - 1))));
  }
  return found;
}

export type TunedMethod = { readonly alpha: number; readonly beta: number; readonly loss: number };

/** Rounds of a search that narrows: by 2 each, to a millionth of the range at last. */
const ROUNDS = 20;
/** Points along each axis of a round; even the last round's first neighbours lie within the one before. */
const POINTS = 9;

/** The step length and momentum with the least expected loss after `steps` steps, tuned on the exact loss. */
export function tuneFixedStep(method: FixedStepMethod, form: Matrix, steps: number): TunedMethod {
  // The best single step is the unit of lengths: scaled features give a scaled answer.
  const unit = form[0][1] / form[1][1];
  let best: TunedMethod = { alpha: 0, beta: 0, loss: Infinity };
  let centre = [2 * unit, method === "gd" ? 0 : 0.5];
  for (let round = 0, half = [2 * unit, method === "gd" ? 0 : 0.5]; round < ROUNDS; round++) {
    for (let a = 0; a < POINTS; a++)
      for (let b = 0; b < (method === "gd" ? 1 : POINTS); b++) {
        const alpha = centre[0] + half[0] * ((2 * a) / (POINTS - 1) - 1);
        const beta = Math.max(0, centre[1] + half[1] * ((2 * b) / (POINTS - 1) - 1));
        const loss = polynomialLoss(form, fixedStepPolynomials(method, alpha, beta, steps)[steps]);
        if (loss < best.loss) best = { alpha, beta, loss };
      }
    centre = [best.alpha, best.beta];
    half = half.map((value) => value / 2);
  }
  return best;
}
