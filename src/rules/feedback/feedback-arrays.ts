import { areFinite } from "../are-finite.ts";
import type { RuleInput, RuleOutput } from "../update-rule.ts";
import { createDirectionArrays } from "./direction-arrays.ts";
import type { DirectionReader } from "./direction-reader.ts";
import { type FeedbackLaw, type FeedbackTensors, HYPER, TINY_SQUARE } from "./feedback-law.ts";
import type { MomentsStep } from "./moments.ts";
import { momentsStep } from "./moments-kernel.ts";
import { createOrthogonalizer } from "./orthogonal.ts";
import { READ_GAIN, STATISTICS, type TensorReader, TOKENS } from "./tensor-reader.ts";
import { writeStatistics } from "./tensor-statistics.ts";
import { MOST_SHOWN, shownOf, writeTokens } from "./tensor-tokens.ts";

/** The law, where its signal is kept, the logarithm of the first step, and what is learned. */
export type FeedbackSteering = {
  readonly law: FeedbackLaw;
  readonly target: number;
  readonly firstLog: number;
  readonly reader?: TensorReader;
  /** Whether the directions of matrices are made orthogonal. */
  readonly isOrthogonal?: boolean;
  readonly directions?: DirectionReader;
  /** Whether typed arrays are worked on as WebAssembly, where there is that. */
  readonly simd?: boolean;
};

/** State vectors of the rule, and of what is learned for each tensor; those of directions are the last. */
export const OWN_SLOTS = 7;
export const MEAN_SLOTS = 2;

/** Shares of a new signal in the means that are read. */
export const FAST_SIGNAL = 0.2;
export const SLOW_SIGNAL = 0.05;

/** What one step knows of K tensors; memory that is written again in every step. */
type Sums = {
  /** `<u', g>` of the last update and this gradient, and the squares of both. (K) */
  readonly dot: Float64Array;
  readonly gg: Float64Array;
  readonly uu: Float64Array;
  /** Root mean squares of direction and parameters. (K) */
  readonly directionRms: Float64Array;
  readonly parameterRms: Float64Array;
  /** (K) `(sum |g|)^2 / (n sum g^2)`. */
  readonly participation: Float64Array;
  /** Sums of sizes of gradients, of their squares over the mean ones, and of squares of means: where something is learned. (K) */
  readonly absolute: Float64Array;
  readonly ratio: Float64Array;
  readonly mm: Float64Array;
  /** (K, STATISTICS) and (K, 2): what is read, and what the reader says. */
  readonly z: Float64Array;
  readonly said: Float64Array;
  /** (K, size) what an encoder makes of coordinates. */
  readonly meta: Float64Array;
  /** (K, blends) what the reader says of the one of coordinates. */
  readonly blend: Float64Array;
};

function sumsOf(K: number, size: number, blends: number): Sums {
  const [dot, gg, uu, directionRms, parameterRms, participation, absolute, ratio, mm] = Array.from(
    { length: 9 },
    () => new Float64Array(K),
  );
  const z = new Float64Array(K * STATISTICS);
  return {
    dot,
    gg,
    uu,
    directionRms,
    parameterRms,
    participation,
    absolute,
    ratio,
    mm,
    z,
    said: new Float64Array(2 * K),
    meta: new Float64Array(K * size),
    blend: new Float64Array(K * blends),
  };
}

/** The step on typed arrays; it owns the memory for its sums. */
export function createFeedbackArrays(steering: FeedbackSteering) {
  const { law, firstLog, reader, isOrthogonal, directions, simd } = steering;
  const orthogonalize = createOrthogonalizer(simd);
  const moments = momentsStep(simd);
  const readDirections = directions && createDirectionArrays(directions, simd);
  const encoded = reader?.encoder?.size ?? 0;
  const tokens = new Float64Array(MOST_SHOWN * TOKENS);
  const blends = reader?.blends ?? 0;
  let sums = sumsOf(0, encoded, blends);
  return (tensors: FeedbackTensors, input: RuleInput, out: RuleOutput): boolean => {
    const { places } = tensors;
    if (sums.dot.length !== places.length) sums = sumsOf(places.length, encoded, blends);
    const more = reader !== undefined || directions !== undefined;
    const isSound = measure(moments, law, tensors, input, out, sums, more);
    if (reader?.encoder !== undefined) encode(reader.encoder, tensors, input, out, tokens, sums);
    weigh(law, input.slots, out.slots, sums, reader !== undefined);
    const isRising = followLoss(input, out.slots[6]);
    if (reader !== undefined) {
      observe(tensors, input, sums);
      const [, , , , square, , losses, fast, slow] = out.slots;
      const facts = { ...sums, fast, slow, square, losses, logStep: input.slots[3], hyper: input.hyper };
      writeStatistics(tensors, facts, firstLog, sums.z);
      const [old, fresh] = [input, out].map((side) => side.slots.slice(OWN_SLOTS + MEAN_SLOTS));
      reader.read(sums.z, old, fresh, sums.said, sums.meta, sums.blend);
    }
    if (directions !== undefined && readDirections !== undefined) {
      const [from, to] = [input, out].map(({ slots }) => slots.slice(slots.length - directions.sizes.length));
      const isMean = (k: number): boolean => isOrthogonal === true && tensors.plans[k] !== undefined;
      readDirections(tensors, sums, isMean, input, out, from, to);
    }
    if (isOrthogonal)
      turn(tensors, orthogonalize, directions === undefined ? out.slots[0] : out.updates, out, sums);
    steer(steering, input, out.slots, sums, isRising);
    move(law, tensors, input.hyper, out, sums);
    // Updates are looked at by whoever adds them; moments were here.
    return isSound && areFinite(out.slots.slice(3));
  };
}

/**
 * Moments and, into `updates`, the direction; the sums over each tensor.
 *
 * @returns whether all moments are finite
 */
function measure(
  step: MomentsStep,
  { beta1, beta2 }: FeedbackLaw,
  { places }: FeedbackTensors,
  { grads, scale, slots: [m, v, last] }: RuleInput,
  { updates, slots: [nextM, nextV] }: RuleOutput,
  sums: Sums,
  more: boolean,
): boolean {
  let unsound = 0;
  const vectors = { grads, m, v, last, nextM, nextV, updates };
  places.forEach(({ offset, size }, k) => {
    const found = step(vectors, scale, beta1, beta2, offset, offset + size, more);
    unsound += found.unsound;
    sums.absolute[k] = found.absolute;
    sums.ratio[k] = found.ratio;
    sums.mm[k] = found.mm;
    sums.dot[k] = found.dot;
    sums.gg[k] = found.gg;
    sums.uu[k] = found.uu;
    sums.directionRms[k] = Math.sqrt(found.dd / size);
  });
  return unsound === 0;
}

/** What an encoder makes of the coordinates of each tensor. */
function encode(
  encoder: NonNullable<TensorReader["encoder"]>,
  { places }: FeedbackTensors,
  input: RuleInput,
  { updates }: RuleOutput,
  tokens: Float64Array,
  { gg, uu, directionRms, meta }: Sums,
): void {
  places.forEach((place, k) => {
    const rms = [Math.sqrt(gg[k] / place.size), directionRms[k], Math.sqrt(uu[k] / place.size)] as const;
    writeTokens(place, input, updates, rms, tokens);
    encoder.encode(tokens, shownOf(place.size).count, meta, k * encoder.size);
  });
}

/** Directions of matrices: the mean gradient, or what was read, made orthogonal, as long as Adam's. */
function turn(
  { places, plans }: FeedbackTensors,
  orthogonalize: ReturnType<typeof createOrthogonalizer>,
  from: Float32Array,
  { updates }: RuleOutput,
  { directionRms }: Sums,
): void {
  places.forEach(({ offset }, k) => {
    const plan = plans[k];
    if (plan !== undefined) orthogonalize(plan, from, offset, directionRms[k], updates);
  });
}

/** What is read besides: the size of parameters, and how many coordinates take part in a gradient. */
function observe({ places }: FeedbackTensors, { params }: RuleInput, sums: Sums): void {
  places.forEach(({ offset, size }, k) => {
    let pp = 0;
    for (let i = offset; i < offset + size; i++) pp += params[i] * params[i];
    sums.parameterRms[k] = Math.sqrt(pp / size);
    sums.participation[k] = sums.gg[k] > 0 ? sums.absolute[k] ** 2 / (size * sums.gg[k]) : 0;
  });
}

/**
 * Means of the signals and of their squares, with the weights of these, which begin at zero; entry K is of all tensors. A
 * signal that is not there, since there was no update or there is no gradient, changes none.
 */
function weigh(
  { fresh }: FeedbackLaw,
  [, , , , square, weight, , fast, slow]: readonly Float32Array[],
  [, , , , nextSquare, nextWeight, , nextFast, nextSlow]: readonly Float32Array[],
  sums: Sums,
  reads: boolean,
): void {
  for (let k = 0; k < square.length; k++) {
    const found = signal(sums, k);
    const a = found || 0;
    const isThere = Number.isNaN(found) ? 0 : 1;
    nextSquare[k] = square[k] + isThere * fresh * (a * a - square[k]);
    nextWeight[k] = weight[k] + isThere * fresh * (1 - weight[k]);
    if (!reads) continue;
    nextFast[k] = fast[k] + isThere * FAST_SIGNAL * (a - fast[k]);
    nextSlow[k] = slow[k] + isThere * SLOW_SIGNAL * (a - slow[k]);
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
    const pull = law.gainAll * all + law.gainOwn * own + READ_GAIN * Math.tanh(sums.said[2 * k]);
    const change = hyper[HYPER.gain] * pull;
    const isHeld = Number.isNaN(change) || (isRising && change > 0);
    const log = slots[3][k] + (isHeld ? 0 : change);
    nextLog[k] = Math.min(Math.max(log, Math.log(law.least)), Math.log(law.most));
  }
}

/** Directions become updates. */
function move(
  { quiet }: FeedbackLaw,
  { places, unit }: FeedbackTensors,
  hyper: Float32Array,
  { updates, slots }: RuleOutput,
  { directionRms, gg, said }: Sums,
): void {
  places.forEach(({ offset, size }, k) => {
    const step = hyper[HYPER.late] * Math.exp(slots[3][k] + Math.tanh(said[2 * k + 1])) * unit[k];
    const factor = gg[k] > 0 ? -step / Math.max(directionRms[k], quiet) : 0;
    for (let i = offset; i < offset + size; i++) updates[i] *= factor;
  });
  slots[2].set(updates);
}
