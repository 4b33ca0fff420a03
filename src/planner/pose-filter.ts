import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { bodyTwist, type Robot } from "../sim/index.ts";
import type { SensorSample } from "./scene.ts";

/** One part of a pose, and what its measurements are worth beside what the speeds say: plain data. */
type Channel = {
  /** How much of an innovation is believed, in (0, 1]. */
  readonly gain: number;
  /** Means of the squared innovation, and of its product with the one before. */
  readonly squared: number;
  readonly along: number;
  readonly innovation: readonly number[];
};

/** A filtered pose and what is known of its measurements: plain data. */
export type PoseFilter = {
  readonly time: number;
  /** (nx) as filtered. */
  readonly x: Vec;
  readonly position: Channel;
  readonly yaw: Channel;
};

const UNKNOWN: Channel = { gain: 1, squared: 0, along: 0, innovation: [] };
/** The least share of an innovation that is believed. */
const LEAST_GAIN = 0.2;
/** Means are taken over so many samples, and gains follow as fast. */
const MEMORY = 12;
/** Innovations of so many standard deviations are news and no noise: the measurement is believed. */
const NEWS = 4;
/** Measurements further apart say nothing of each other. [s] */
const LONGEST = 0.5;

/**
 * Filters a measured pose: it is predicted by the measured speeds, and of the innovation as much is believed as its
 * sequence warrants. Where measurements are noisier than they are believed to be, an innovation is undone by the next,
 * and their product is negative on the whole; where the speeds are worse (slip), it is positive: the gain follows until
 * neither is so. Without noise the gain stays 1, and the pose is that measured.
 *
 * @param before undefined before the first sample, and after a jump
 * @returns what comes before the next sample; its `x` is the state to use
 *
 * Source: Mehra, "On the Identification of Variances and Adaptive Kalman Filtering", 1970.
 */
export function filterPose(robot: Robot, before: PoseFilter | undefined, sample: SensorSample): PoseFilter {
  const { time, x: measured } = sample;
  const dt = before === undefined ? Number.NaN : time - before.time;
  if (before === undefined || !(dt > 0 && dt <= LONGEST))
    return { time, x: measured, position: UNKNOWN, yaw: UNKNOWN };
  const mean = measured.map((value, i) => 0.5 * (value + before.x[i]));
  const { vx, vy, w } = bodyTwist(robot, mean);
  const middle = before.x[2] + 0.5 * dt * w;
  const [c, s] = [Math.cos(middle), Math.sin(middle)];
  const predicted = [
    before.x[0] + dt * (c * vx - s * vy),
    before.x[1] + dt * (s * vx + c * vy),
    before.x[2] + dt * w,
  ];
  const position = follow(before.position, [measured[0] - predicted[0], measured[1] - predicted[1]]);
  const yaw = follow(before.yaw, [wrapAngle(measured[2] - predicted[2])]);
  if (position.believed === 1 && yaw.believed === 1)
    return { time, x: measured, position: position.channel, yaw: yaw.channel };
  const x = measured.slice();
  for (const i of [0, 1]) x[i] -= (1 - position.believed) * position.channel.innovation[i];
  x[2] -= (1 - yaw.believed) * yaw.channel.innovation[0];
  return { time, x, position: position.channel, yaw: yaw.channel };
}

/**
 * How far poses are measured from where the speeds since the last ones lead, on the whole: the root of the mean square
 * over the last samples. Disturbances and noise of measurement add to it. [m]
 */
export function poseUnsureness({ position }: PoseFilter): number {
  return Math.sqrt(position.squared);
}

/** A channel after an innovation, and how much of that is believed. */
function follow(
  { gain, squared, along, innovation: last }: Channel,
  innovation: readonly number[],
): { readonly channel: Channel; readonly believed: number } {
  const size = innovation.reduce((sum, e) => sum + e * e, 0);
  const isNews = size > NEWS * NEWS * squared;
  const product = isNews ? 0 : innovation.reduce((sum, e, i) => sum + e * (last[i] ?? 0), 0);
  const next = {
    squared: squared + (size - squared) / MEMORY,
    along: along + (product - along) / MEMORY,
    innovation,
  };
  const correlation = next.squared > 0 ? next.along / next.squared : 0;
  const channel = { ...next, gain: Math.min(1, Math.max(LEAST_GAIN, gain + correlation / MEMORY)) };
  return { channel, believed: isNews ? 1 : channel.gain };
}
