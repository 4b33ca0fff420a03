import { ConfigError } from "../../base/index.ts";
import type { TensorPlace, TensorPlaces } from "../flat-ranges.ts";
import { fanIn, type OrthogonalPlan, planOrthogonal } from "./orthogonal.ts";

/** The numbers of the feedback rule; none of them has a unit. */
export type FeedbackLaw = {
  /** Shares of the moments that stay. */
  readonly beta1: number;
  readonly beta2: number;
  /** Size of a step at first, and the power of `horizon / 150` that multiplies it. */
  readonly start: number;
  readonly startPower: number;
  /** What multiplies that for a network that has been trained before. */
  readonly given: number;
  /** How much of the signal of all tensors, and of a tensor's own, goes into the logarithm of its step. */
  readonly gainAll: number;
  readonly gainOwn: number;
  /** The power of `horizon / 150`, and of the share of updates that is left, that multiplies the gains. */
  readonly gainPower: number;
  readonly fade: number;
  /** Where the signal is kept: with a horizon, multiplied by this power of `horizon / 150` where that is over 1, and without. */
  readonly target: number;
  readonly targetPower: number;
  readonly openTarget: number;
  /** How far the cosine over the horizon falls. */
  readonly fall: number;
  /** Size of a step of a vector; matrices have `1 / sqrt(fan-in)`. */
  readonly vector: number;
  /** Smallest and largest size of a step. */
  readonly least: number;
  readonly most: number;
  /** Share of a new signal in its mean square. */
  readonly fresh: number;
  /** The least root mean square of a direction that is divided by. */
  readonly quiet: number;
  /** Shares of a new loss in its fast and its slow mean. */
  readonly fastLoss: number;
  readonly slowLoss: number;
};

/**
 * Round numbers, chosen on small tasks (perceptrons, autoencoders, a transformer on pooled images, 60 to 500 updates).
 *
 * The step is a share of a fresh matrix's own size, since that is drawn with `1 / sqrt(fan-in)`: `start` moves it by 1.4%
 * in an update; `given` was chosen on texts and images that two pre-trained networks were tuned to. `least` keeps a tensor alive that was told to stand still while others moved. Beyond `most`, 1, an update would
 * replace a matrix. `quiet` keeps a few coordinates with a gradient from being moved for all the others, which have none;
 * noise alone has a root mean square of 0.4.
 */
export const FEEDBACK_LAW: FeedbackLaw = {
  beta1: 0.72,
  beta2: 0.9875,
  start: 0.014,
  startPower: -0.2,
  given: 1 / 3,
  gainAll: 0.05,
  gainOwn: 0.04,
  gainPower: -0.8,
  fade: 1.4,
  target: -0.6,
  targetPower: 0,
  openTarget: -0.3,
  fall: 0.98,
  vector: 0.1,
  least: 0.001,
  most: 1,
  fresh: 0.05,
  quiet: 0.01,
  fastLoss: 0.2,
  slowLoss: 0.05,
};

/**
 * The same along orthogonal directions, which turn noise into steps as long as any: the longer the run, the less its steps are too
 * long on purpose. Chosen at 2,000 updates of four tasks of the bank; up to 150 nothing changes.
 */
export const ORTHOGONAL_LAW: FeedbackLaw = { ...FEEDBACK_LAW, targetPower: -0.2 };

/** In place of a mean square that is zero: float32's smallest normal number. */
export const TINY_SQUARE = 2 ** -126;

/** Updates that gains and the first step are measured by. */
const USUAL_HORIZON = 150;

/** Size of a step before the first update. */
export function firstStep(law: FeedbackLaw, horizon: number | undefined): number {
  return law.start * (horizon === undefined ? 1 : (horizon / USUAL_HORIZON) ** law.startPower);
}

/** Where the signal is kept. */
export function targetOf(law: FeedbackLaw, horizon: number | undefined): number {
  if (horizon === undefined) return law.openTarget;
  return law.target * Math.max(1, horizon / USUAL_HORIZON) ** law.targetPower;
}

/** Numbers of a step that depend on nothing but its number: {@link feedbackHyper}. */
export const HYPER = { late: 0, gain: 1, fastLoss: 2, slowLoss: 3, time: 4 } as const;

/**
 * What step number t is fed: `late`, which falls by half a cosine over the horizon; `gain`, the share of the run that is
 * left as a power; the shares of a new loss in its two means, which begin at the first; and four numbers that tell
 * what is learned how late it is. Without a horizon the first two are 1.
 */
export function feedbackHyper(law: FeedbackLaw, horizon: number | undefined, t: number): number[] {
  const used = horizon === undefined ? 0 : Math.min(1, t / horizon);
  const length = horizon === undefined ? 1 : horizon / USUAL_HORIZON;
  return [
    1 - law.fall * 0.5 * (1 - Math.cos(Math.PI * used)),
    (1 - used) ** law.fade * length ** law.gainPower,
    t === 0 ? 1 : law.fastLoss,
    t === 0 ? 1 : law.slowLoss,
    horizon === undefined ? 0 : 2 * used - 1,
    horizon === undefined ? 0 : Math.log(length) / 1.5,
    Math.exp(-t / 10),
    Math.log((t + 10) / 100) / 2,
  ];
}

/** The tensors that are moved together, and the size of each one's unit step. */
export type FeedbackTensors = {
  readonly places: readonly TensorPlace[];
  /** (K) `1 / sqrt(fan-in)` for matrices, `law.vector` for vectors. */
  readonly unit: Float64Array;
  /** How each one's direction is made orthogonal, where that is done. (K) */
  readonly plans: readonly (OrthogonalPlan | undefined)[];
};

/**
 * Without a layout all n parameters are one vector.
 *
 * @throws ConfigError for a layout whose tensors do not lie one after the other
 */
export function feedbackTensors(
  law: FeedbackLaw,
  layout: TensorPlaces | undefined,
  n: number,
): FeedbackTensors {
  const all = layout?.entries ?? [{ name: "parameters", shape: [n], offset: 0, size: n }];
  const places = all.filter(({ size }) => size > 0);
  let end = 0;
  for (const { name, offset, size } of places) {
    if (offset !== end) throw new ConfigError(`layout: ${name} begins at ${offset}, expected ${end}`);
    end = offset + size;
  }
  return {
    places,
    unit: Float64Array.from(places, (place) => unitStep(law, place)),
    plans: places.map((place) => planOrthogonal(place)),
  };
}

function unitStep(law: FeedbackLaw, place: TensorPlace): number {
  return place.shape.length > 1 && place.size > 0 ? fanIn(place) ** -0.5 : law.vector;
}
