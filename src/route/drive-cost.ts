import type { Vec } from "../ocp/index.ts";
import { bodyClearance } from "./body-clearance.ts";
import { clearanceCost } from "./clearance-cost.ts";
import { type DriveCurve, driveAlong } from "./drive-curve.ts";
import type { DriveModel } from "./drive-model.ts";
import type { FieldTiles } from "./field-tiles.ts";

/** Where a car drives: its model, the obstacles, and how much room it must have. */
export type DriveGround = {
  readonly model: DriveModel;
  readonly field: FieldTiles;
  /** A start without room may be left through poses with no less room than it has, as near to it as `reach`. */
  readonly tightStart?: {
    readonly x: number;
    readonly y: number;
    readonly room: number;
    readonly reach: number;
  };
};

/** Room is looked at this often along a way, in cells at the least and in turning radii at the most. */
const LEAST_STEP = 0.5;
const MOST_STEP = 0.15;
/** Two rooms as far apart as rounding. [m] */
const ROUNDING = 1e-6;

/** Room at a pose, -Infinity where it may not be. [m] */
export function roomAt({ model, field, tightStart }: DriveGround, x: number, y: number, yaw: number): number {
  const room = bodyClearance(model.body, field, x, y, yaw);
  if (room >= 0 || tightStart === undefined) return room >= 0 ? room : Number.NEGATIVE_INFINITY;
  const leaving =
    room >= tightStart.room - ROUNDING && Math.hypot(x - tightStart.x, y - tightStart.y) <= tightStart.reach;
  return leaving ? room : Number.NEGATIVE_INFINITY;
}

const AT = new Float64Array(3);

/**
 * What driving a segment costs: the integral of c(room), backwards times its price. Room changes no faster than the
 * body's points move, so where there is plenty one look is enough for a long step.
 *
 * @param from (3) pose
 * @param end (3) overwritten with the pose at its end
 * @returns [m]; Infinity where the body touches something on the way
 */
export function segmentCost(
  ground: DriveGround,
  from: Vec,
  curvature: number,
  length: number,
  end: Vec,
): number {
  const { model, field } = ground;
  const swing = 1 + Math.abs(curvature) * model.body.reach;
  const least = (LEAST_STEP * field.resolution) / swing;
  const most = Math.max(least, MOST_STEP * model.radius);
  const whole = Math.abs(length);
  let room = roomAt(ground, from[0], from[1], from[2]);
  if (room === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  let price = clearanceCost(model.cost, room);
  let sum = 0;
  for (let s = 0; s < whole; ) {
    const next = Math.min(whole, s + Math.min(most, Math.max(least, room / swing)));
    driveAlong(from, curvature, Math.sign(length) * next, AT);
    room = roomAt(ground, AT[0], AT[1], AT[2]);
    if (room === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const there = clearanceCost(model.cost, room);
    sum += 0.5 * (next - s) * (price + there);
    price = there;
    s = next;
  }
  driveAlong(from, curvature, length, end);
  return whole > 0 ? sum * (length < 0 ? model.prices.reverse : model.prices.forward) : 0;
}

/**
 * What it costs to go on with a segment after another: a change of direction and of steering.
 *
 * @param length0 of the one before; 0 before the first
 */
export function jointCost(
  { prices, radius }: DriveModel,
  curvature0: number,
  length0: number,
  curvature: number,
  length: number,
): number {
  const cusp = length0 * length < 0 ? prices.cusp : 0;
  return cusp + prices.steer * radius * Math.abs(curvature - curvature0);
}

/** What a whole curve costs after a segment; Infinity where the body touches something on the way. */
export function curveCost(
  ground: DriveGround,
  from: Vec,
  curve: DriveCurve,
  before = { curvature: 0, length: 0 },
  atMost = Number.POSITIVE_INFINITY,
): number {
  const at = Float64Array.from(from);
  let sum = 0;
  let last = before;
  for (const segment of curve) {
    sum += jointCost(ground.model, last.curvature, last.length, segment.curvature, segment.length);
    sum += segmentCost(ground, at, segment.curvature, segment.length, at);
    if (!(sum < atMost)) return Number.POSITIVE_INFINITY;
    last = segment;
  }
  return sum;
}
