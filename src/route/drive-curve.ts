import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";

/** An arc or a straight line that a car drives with its steering held. */
export type DriveSegment = {
  /** To the left > 0. [1/m] */ readonly curvature: number;
  /** Backwards < 0. [m] */ readonly length: number;
};

/** Arcs and straight lines one after the other, from a pose that stands elsewhere. */
export type DriveCurve = readonly DriveSegment[];

/** Below this an angle of travel counts as straight: its sine and cosine would cancel. */
const STRAIGHT = 1e-6;

/**
 * The pose after driving a length at a constant curvature, exact:
 *
 *     p' = p + length sinc(phi / 2) e(yaw + phi / 2),  yaw' = yaw + phi,  phi = curvature length
 *
 * @param pose (3) x, y, yaw [m, m, rad]
 * @param length backwards < 0 [m]
 * @param out (3) may be `pose`; its yaw is not wrapped
 * @returns out
 */
export function driveAlong(pose: Vec, curvature: number, length: number, out: Vec): Vec {
  const half = 0.5 * curvature * length;
  const chord = Math.abs(half) < STRAIGHT ? length : (length * Math.sin(half)) / half;
  const direction = pose[2] + half;
  out[0] = pose[0] + chord * Math.cos(direction);
  out[1] = pose[1] + chord * Math.sin(direction);
  out[2] = pose[2] + 2 * half;
  return out;
}

/** The pose (3) where a curve ends that begins at another, its yaw within [-pi, pi]. */
export function endOfCurve(pose: Vec, curve: DriveCurve, out: Vec = new Float64Array(3)): Vec {
  out.set(pose);
  for (const { curvature, length } of curve) driveAlong(out, curvature, length, out);
  out[2] = wrapAngle(out[2]);
  return out;
}

/** A curve driven the other way round, from its end to where it begins. */
export function reverseCurve(curve: DriveCurve): DriveCurve {
  return curve.map(({ curvature, length }) => ({ curvature, length: -length })).reverse();
}

/** What is driven in all, forwards and backwards. [m] */
export function curveLength(curve: DriveCurve): number {
  return curve.reduce((sum, { length }) => sum + Math.abs(length), 0);
}
