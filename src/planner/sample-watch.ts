import type { Vec } from "../ocp/index.ts";
import { jumpFault, type SampleLimits, sampleFault } from "./sample-check.ts";
import type { SensorSample } from "./scene.ts";

/** A stamp [s] and the state (nx) that was measured then. */
type Measured = { readonly stamp: number; readonly x: Vec };

/** What is known of a robot's samples: plain data. */
export type SampleWatch = {
  /** The last one that was believed. */
  readonly last?: Measured;
  /** How many were, since the stamps began. */
  readonly believed: number;
  /** The last of those that disagree with it and agree with one another, and how many they are. */
  readonly other?: Measured & { readonly count: number };
  /** The navigator's own time less the stamps: it never goes back, whatever they do. [s] */
  readonly offset: number;
  /** Between two samples. [s] */
  readonly usual: number;
  /** By how much the stamps have gone back since the last that was believed, or, negative, ahead. [s] */
  readonly behind: number;
};

/** Before the first sample. */
export const NEW_WATCH: SampleWatch = { believed: 0, offset: 0, usual: 0, behind: 0 };

/** Samples that disagree with the last good one are believed when so many in a row agree with one another. */
const AGREEING = 3;
/** Stamps that were regular for so many samples are those of a clock to be relied on. */
const RELIED = 10;
/** Stamps that fell back by no more than this many samples' time came out of order; further, the samples are old. */
const OUT_OF_ORDER = 5;
/**
 * Nothing is delayed by so much: stamps that go back or ahead by more are those of a clock that was set, or of a record
 * that begins again. Both must be exceeded: seconds, and samples' times.
 */
const CLOCK_SET = { seconds: 5, samples: 50 };

/** What becomes of a sample. */
export type Judgement = {
  readonly watch: SampleWatch;
  /** To be used, its time the navigator's own and its speeds within the limits; none where it is not believed. */
  readonly sample?: SensorSample;
  /** Why it is not. */
  readonly fault?: string;
  /** Whether the stamps begin anew with it: plans that were made before are of no use any more. */
  readonly anew?: boolean;
};

/**
 * Judges a sample by itself and by those before it.
 *
 * One that cannot follow on the last good one (stamps that stand still, go back or leap, a pose or a speed that jumps)
 * is not believed, nor are those that follow on it, until {@link AGREEING} of them in a row agree. Stamps that fall back
 * by more than {@link OUT_OF_ORDER} samples and less than {@link CLOCK_SET} are never believed by themselves: they are
 * those of old samples. {@link trustAgain} ends that.
 */
export function judgeSample(watch: SampleWatch, sample: SensorSample, limits: SampleLimits): Judgement {
  const wrong = sampleFault(sample, limits);
  if (wrong !== undefined) return { watch, fault: wrong };
  const { time: stamp, x } = sample;
  const { last, other, usual } = watch;
  const here: Measured = { stamp, x: x.slice() };
  if (last === undefined) return believe(watch, here, sample, limits, false);
  const before = other ?? last;
  const elapsed = stamp - before.stamp;
  if (elapsed === 0) return { watch, fault: standsStill(stamp) };
  const leap = leapOf(usual);
  const regular = elapsed > 0 && elapsed <= OUT_OF_ORDER * usual;
  const behind = watch.behind + (regular ? 0 : usual - elapsed);
  const late = behind > OUT_OF_ORDER * usual && watch.believed >= RELIED && behind <= leap;
  const against = followFault(last, here, usual, limits);
  if (against === undefined && !late) return believe({ ...watch, behind }, here, sample, limits, false);
  const onward = elapsed > 0 && elapsed <= leap;
  const follows = other !== undefined && onward && jumpFault(other.x, x, elapsed, limits) === undefined;
  const count = follows ? other.count + 1 : 1;
  const doubtful: SampleWatch = { ...watch, behind, other: { ...here, count } };
  if (late) return { watch: doubtful, fault: stamp > last.stamp ? isBehind(behind) : against };
  return count < AGREEING
    ? { watch: doubtful, fault: against }
    : believe(doubtful, here, sample, limits, breaksTime(last, stamp, usual));
}

/** The watch once people have said that the robot is to go on: stamps that seemed old are believed. */
export function trustAgain(watch: SampleWatch): SampleWatch {
  return watch.other === undefined ? watch : { ...watch, believed: 0 };
}

/** Stamps that leap by more are those of another clock. [s] */
const leapOf = (usual: number): number => Math.max(CLOCK_SET.seconds, CLOCK_SET.samples * usual);

const breaksTime = (last: Measured, stamp: number, usual: number): boolean =>
  stamp <= last.stamp || stamp - last.stamp > leapOf(usual);

const standsStill = (stamp: number): string =>
  `the sample's time stands still at ${stamp} s, expected later than the last one's`;

const isBehind = (behind: number): string =>
  `the samples' times are ${behind.toFixed(2)} s behind what they were: the samples may be old. A new goal, or a pause ` +
  "and its end, lets the robot go on by them";

/** Why a sample cannot follow on another. */
function followFault(
  last: Measured,
  { stamp, x }: Measured,
  usual: number,
  limits: SampleLimits,
): string | undefined {
  const elapsed = stamp - last.stamp;
  if (elapsed <= 0)
    return elapsed === 0
      ? standsStill(stamp)
      : `the sample's time ${stamp} s is before the last one's ${last.stamp} s, expected later`;
  if (elapsed > leapOf(usual)) return `the sample's time leaps from ${last.stamp} s to ${stamp} s`;
  return jumpFault(last.x, x, elapsed, limits);
}

/** @param anew whether its stamp does not go on from the last one's */
function believe(
  watch: SampleWatch,
  here: Measured,
  sample: SensorSample,
  limits: SampleLimits,
  anew: boolean,
): Judgement {
  const { last } = watch;
  const elapsed = last === undefined || anew ? undefined : here.stamp - last.stamp;
  const offset = anew ? last!.stamp + watch.offset + watch.usual - here.stamp : watch.offset;
  // What is a little behind is forgotten in time: now and then samples come out of order.
  const behind = elapsed === undefined ? 0 : Math.max(0, 0.8 * watch.behind);
  return {
    watch: {
      last: here,
      believed: anew ? 1 : watch.believed + 1,
      offset,
      usual: elapsed ?? watch.usual,
      behind: behind < 1e-6 ? 0 : behind,
    },
    sample: asUsed(sample, here.stamp + offset, limits),
    anew,
  };
}

/** A sample at the navigator's own time, with speeds that the robot can have; itself where it is so already. */
function asUsed(sample: SensorSample, time: number, { low, high }: SampleLimits): SensorSample {
  const { x } = sample;
  const within = low.every((least, i) => x[3 + i] >= least && x[3 + i] <= high[i]);
  if (within && time === sample.time) return sample;
  const used = x.map((value, i) => (i < 3 ? value : Math.min(high[i - 3], Math.max(low[i - 3], value))));
  return { ...sample, time, x: within ? x : used };
}
