import { connectPoses } from "./connect-poses.ts";
import { type DriveGround, jointCost, segmentCost } from "./drive-cost.ts";
import type { DriveCurve, DriveSegment } from "./drive-curve.ts";

/** Longest segment between two knots, in turning radii. */
const KNOT = 0.5;
/** A shorter way must save this share, or rounding would count. */
const SAVING = 1e-3;

/**
 * A curve without the detours of its lattice: from knot to knot the cheapest curve takes the place of what lies in
 * between where that costs less.
 *
 * @param start (3) pose where it begins
 */
export function shortenCurve(ground: DriveGround, start: Float64Array, curve: DriveCurve): DriveCurve {
  const parts = cutCurve(curve, KNOT * ground.model.radius);
  const poses = [Float64Array.from(start)];
  const costs = [0];
  for (const [k, { curvature, length }] of parts.entries()) {
    const before = parts[k - 1];
    const end = new Float64Array(3);
    const joint = jointCost(ground.model, before?.curvature ?? 0, before?.length ?? 0, curvature, length);
    costs.push(costs[k] + joint + segmentCost(ground, poses[k], curvature, length, end));
    poses.push(end);
  }
  const out: DriveSegment[] = [];
  for (let k = 0; k < parts.length; ) {
    let span = parts.length - k;
    let instead: DriveCurve = [];
    for (; span > 1 && instead.length === 0; span = instead.length === 0 ? span >> 1 : span) {
      const saved = (1 - SAVING) * (costs[k + span] - costs[k]);
      instead = connectPoses(ground, poses[k], poses[k + span], out.at(-1), saved)?.curve ?? [];
    }
    out.push(...(instead.length > 0 ? instead : [parts[k]]));
    k += Math.max(1, span);
  }
  return mergeCurve(out);
}

/** The same curve in segments no longer than `most`. */
function cutCurve(curve: DriveCurve, most: number): DriveCurve {
  return curve.flatMap(({ curvature, length }) => {
    const count = Math.ceil(Math.abs(length) / most);
    return Array.from({ length: count }, () => ({ curvature, length: length / count }));
  });
}

/** The same curve with segments that go on alike as one. */
export function mergeCurve(curve: DriveCurve): DriveCurve {
  const out: DriveSegment[] = [];
  for (const { curvature, length } of curve) {
    const last = out.at(-1);
    if (last !== undefined && last.curvature === curvature && last.length * length > 0)
      out[out.length - 1] = { curvature, length: last.length + length };
    else out.push({ curvature, length });
  }
  return out;
}
