import { wrapAngle } from "../base/index.ts";
import { type DriveCurve, driveAlong } from "./drive-curve.ts";
import type { Path, PathPiece } from "./path.ts";

/**
 * The path of a curve: points `spacing` apart or nearer, with the robot's headings, and its pieces between changes of
 * direction. Where two pieces meet, the point is there twice, at one arc length.
 *
 * @param start (3) pose where it begins
 * @param spacing > 0 [m]
 */
export function pathOfCurve(start: Float64Array, curve: DriveCurve, spacing: number): Path {
  const points = [start[0], start[1]];
  const yaw = [start[2]];
  const s = [0];
  const pieces: PathPiece[] = [];
  const from = Float64Array.from(start);
  const at = new Float64Array(3);
  let length = 0;
  for (const segment of curve) {
    const direction = segment.length < 0 ? -1 : 1;
    const last = pieces.at(-1);
    if (last === undefined || last.direction !== direction) {
      if (last !== undefined) add(from, length);
      pieces.push({ from: length, to: length, direction });
    }
    const whole = Math.abs(segment.length);
    const count = Math.ceil(whole / spacing);
    for (let n = 1; n <= count; n++) {
      driveAlong(from, segment.curvature, (n / count) * segment.length, at);
      add(at, length + (n / count) * whole);
    }
    length += whole;
    from.set(at);
    pieces[pieces.length - 1] = { ...pieces[pieces.length - 1], to: length };
  }
  function add(pose: Float64Array, here: number): void {
    points.push(pose[0], pose[1]);
    yaw.push(wrapAngle(pose[2]));
    s.push(here);
  }
  return {
    points: Float64Array.from(points),
    s: Float64Array.from(s),
    yaw: Float64Array.from(yaw),
    length,
    pieces,
  };
}
