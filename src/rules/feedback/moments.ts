import { limitGradient } from "../gradient-limit.ts";
import { TINY_SQUARE } from "./feedback-law.ts";

/** Sums over coordinates. */
export type MomentSums = {
  /** `<u', g>` of the last update and this gradient, and the squares of both. */
  readonly dot: number;
  readonly gg: number;
  readonly uu: number;
  /** Of squares of the direction. */
  readonly dd: number;
  /** Zero where all new moments are finite, else NaN. */
  readonly unsound: number;
  /** Where more is asked for, else zeros: of the gradient's size, of its square over the mean one, of squares of the mean. */
  readonly absolute: number;
  readonly ratio: number;
  readonly mm: number;
};

/** What is read, and what is written; all of one length. */
export type MomentVectors = {
  readonly grads: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** The last update. */
  readonly last: Float32Array;
  readonly nextM: Float32Array;
  readonly nextV: Float32Array;
  /** Adam's direction `m / sqrt(v)`. */
  readonly updates: Float32Array;
};

/** Moments and directions of the coordinates `from <= i < to`. @param scale multiplies gradients first @param more whether all sums are asked for */
export type MomentsStep = (
  vectors: MomentVectors,
  scale: number,
  beta1: number,
  beta2: number,
  from: number,
  to: number,
  more: boolean,
) => MomentSums;

/** On typed arrays alone. */
export const plainMoments: MomentsStep = (vectors, scale, beta1, beta2, from, to, more) => {
  const { grads, m, v, last, nextM, nextV, updates } = vectors;
  let [dot, gg, uu, dd, unsound, absolute, ratio, mm] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const g = limitGradient(scale * grads[i]);
    nextM[i] = beta1 * m[i] + (1 - beta1) * g;
    nextV[i] = beta2 * v[i] + (1 - beta2) * g * g;
    const square = Math.max(nextV[i], TINY_SQUARE);
    const d = nextM[i] / Math.sqrt(square);
    updates[i] = d;
    dot += last[i] * g;
    gg += g * g;
    uu += last[i] * last[i];
    dd += d * d;
    unsound += 0 * (nextM[i] * nextV[i]);
    if (!more) continue;
    absolute += Math.abs(g);
    ratio += (g * g) / square;
    mm += nextM[i] * nextM[i];
  }
  return { dot, gg, uu, dd, unsound, absolute, ratio, mm };
};
