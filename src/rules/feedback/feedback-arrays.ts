import { limitGradient } from "../gradient-limit.ts";
import type { RuleInput, RuleOutput } from "../update-rule.ts";
import { type FeedbackLaw, type FeedbackTensors, HYPER } from "./feedback-law.ts";

/** The law, and where its signal is kept. */
export type FeedbackSteering = { readonly law: FeedbackLaw; readonly target: number };

/** In place of a mean square that is zero: float32's smallest normal number. */
export const TINY_SQUARE = 2 ** -126;

/** Sums of one step over the coordinates of each tensor, (K) each. */
type Sums = {
  /** `<u', g>` of the last update and this gradient. */
  readonly dot: Float64Array;
  readonly gg: Float64Array;
  readonly uu: Float64Array;
  /** Squares of the direction. */
  readonly dd: Float64Array;
};

const sumsOf = (K: number): Sums => ({
  dot: new Float64Array(K),
  gg: new Float64Array(K),
  uu: new Float64Array(K),
  dd: new Float64Array(K),
});

/** The step on typed arrays; it owns the memory for its sums. */
export function createFeedbackArrays({ law, target }: FeedbackSteering) {
  let sums = sumsOf(0);
  return (tensors: FeedbackTensors, input: RuleInput, out: RuleOutput): undefined => {
    const { places, unit } = tensors;
    if (sums.dot.length !== places.length) sums = sumsOf(places.length);
    measure(law, tensors, input, out, sums);
    weigh(law, input.slots, out.slots, sums);
    const isRising = followLoss(input, out.slots[6]);
    steer({ law, target }, input, out.slots, sums, isRising);
    const [, , last, logStep] = out.slots;
    const { updates } = out;
    places.forEach(({ offset, size }, k) => {
      const rms = Math.max(Math.sqrt(sums.dd[k] / size), law.quiet);
      const step = input.hyper[HYPER.late] * Math.exp(logStep[k]) * unit[k];
      const factor = sums.gg[k] > 0 ? -step / rms : 0;
      for (let i = offset; i < offset + size; i++) updates[i] *= factor;
    });
    last.set(updates);
    return undefined;
  };
}

/** Moments and, into `updates`, the direction; the sums over each tensor. */
function measure(
  { beta1, beta2 }: FeedbackLaw,
  { places }: FeedbackTensors,
  { grads, scale, slots: [m, v, last] }: RuleInput,
  { updates, slots: [nextM, nextV] }: RuleOutput,
  sums: Sums,
): void {
  places.forEach(({ offset, size }, k) => {
    let dot = 0;
    let gg = 0;
    let uu = 0;
    let dd = 0;
    for (let i = offset; i < offset + size; i++) {
      const g = limitGradient(scale * grads[i]);
      nextM[i] = beta1 * m[i] + (1 - beta1) * g;
      nextV[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const d = nextM[i] / Math.sqrt(Math.max(nextV[i], TINY_SQUARE));
      updates[i] = d;
      dot += last[i] * g;
      gg += g * g;
      uu += last[i] * last[i];
      dd += d * d;
    }
    sums.dot[k] = dot;
    sums.gg[k] = gg;
    sums.uu[k] = uu;
    sums.dd[k] = dd;
  });
}

/**
 * Mean squares of the signals and their weights, which begin at zero; entry K is of all tensors. A signal that is not there,
 * since there was no update or there is no gradient, changes neither.
 */
function weigh(
  { fresh }: FeedbackLaw,
  [, , , , square, weight]: readonly Float32Array[],
  [, , , , nextSquare, nextWeight]: readonly Float32Array[],
  sums: Sums,
): void {
  for (let k = 0; k < square.length; k++) {
    const a = signal(sums, k);
    const isThere = Number.isNaN(a) ? 0 : fresh;
    nextSquare[k] = square[k] + isThere * ((a || 0) ** 2 - square[k]);
    nextWeight[k] = weight[k] + isThere * (1 - weight[k]);
  }
}

/** The cosine of the last update and the negative gradient of tensor k, or with k = K of all; NaN where there is none. */
function signal({ dot, gg, uu }: Sums, k: number): number {
  if (k < dot.length) return gg[k] > 0 && uu[k] > 0 ? -dot[k] / Math.sqrt(gg[k] * uu[k]) : Number.NaN;
  let [d, g, u] = [0, 0, 0];
  for (let j = 0; j < dot.length; j++) {
    d += dot[j];
    g += gg[j];
    u += uu[j];
  }
  return g > 0 && u > 0 ? -d / Math.sqrt(g * u) : Number.NaN;
}

/** Means of the loss, kept where it is not said. @returns whether it rises */
function followLoss({ loss, slots, hyper }: RuleInput, next: Float32Array): boolean {
  const [fast, slow] = slots[6];
  next[0] = loss === undefined ? fast : fast + hyper[HYPER.fastLoss] * (loss - fast);
  next[1] = loss === undefined ? slow : slow + hyper[HYPER.slowLoss] * (loss - slow);
  return next[0] - next[1] > Math.abs(next[1]);
}

/** The logarithms of the steps. */
function steer(
  { law, target }: FeedbackSteering,
  { slots, hyper }: RuleInput,
  [, , , nextLog, square, weight]: readonly Float32Array[],
  sums: Sums,
  isRising: boolean,
): void {
  const K = nextLog.length;
  const normalized = (k: number): number => {
    const a = signal(sums, k);
    return a === 0 ? 0 : a / Math.sqrt(Math.max(square[k], TINY_SQUARE) / weight[k]);
  };
  const all = normalized(K) - target;
  for (let k = 0; k < K; k++) {
    const own = normalized(k) - target;
    const change = hyper[HYPER.gain] * (law.gainAll * all + law.gainOwn * own);
    const isHeld = Number.isNaN(change) || (isRising && change > 0);
    const log = slots[3][k] + (isHeld ? 0 : change);
    nextLog[k] = Math.min(Math.max(log, Math.log(law.least)), Math.log(law.most));
  }
}
