import {
  type Disc,
  type DistanceField,
  distanceAt,
  footprintContact,
  footprintDiscs,
  MAX_DISCS,
  type Robot,
} from "../sim/index.ts";
import { type FieldTiles, insideTiles, tiledDistanceAt } from "./field-tiles.ts";
import { type Path, segmentAt } from "./path.ts";

/** The footprint as discs, twice: few for most poses, many for those where they decide. */
export type BodyDiscs = {
  readonly robot: Robot;
  readonly few: readonly Disc[];
  readonly many: readonly Disc[];
  /** Largest disc about the reference point within the body. [m] */ readonly inner: number;
  /** How far a turn swings a point of the body. [m] */ readonly reach: number;
  /** Half the width across the long axis, as far as the many discs show it. [m] */ readonly halfWidth: number;
};

/** Describes a robot's footprint by discs. */
export function bodyDiscs(robot: Robot): BodyDiscs {
  const many = footprintDiscs(robot, MAX_DISCS);
  return {
    robot,
    few: footprintDiscs(robot),
    many,
    inner: innerRadius(robot),
    reach: Math.max(...many.map(({ x, y, r }) => Math.hypot(x, y) + r)),
    halfWidth: many[0].r,
  };
}

/**
 * Room around the oriented footprint at a pose: the least over its discs of distance to an obstacle less radius. Where
 * the few discs have room it is theirs; where they have not, that of the many, so that a gap that the body fits
 * through is open although its widest disc does not. Where so little is left that the field's error at corners may
 * decide, the true footprint must be free too. Off the map there is no room.
 *
 * @returns [m], < 0 in contact
 */
export function bodyClearance(body: BodyDiscs, field: FieldTiles, x: number, y: number, yaw: number): number {
  if (!insideTiles(field, x, y)) return Number.NEGATIVE_INFINITY;
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  const few = discsClearance(body.few, field, x, y, c, s);
  const room = few >= 0 ? few : discsClearance(body.many, field, x, y, c, s);
  const doubtful = room >= 0 && room < FIELD_ERROR_CELLS * field.resolution;
  return doubtful && footprintContact(body.robot, { x, y, yaw }, field.grid) ? -ROUNDING : room;
}

/** A field of distances between cell centres says up to this share of a cell too much near a corner. */
const FIELD_ERROR_CELLS = 0.25;
/** Contact by so little that the field did not see it. [m] */
const ROUNDING = 1e-9;

function discsClearance(
  discs: readonly Disc[],
  field: FieldTiles,
  x: number,
  y: number,
  c: number,
  s: number,
): number {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < discs.length; n++) {
    const disc = discs[n];
    const px = x + c * disc.x - s * disc.y;
    const py = y + s * disc.x + c * disc.y;
    least = Math.min(least, tiledDistanceAt(field, px, py) - disc.r);
  }
  return least;
}

/** Whether the body touches something at a point of a path between two arc lengths, in a field of the whole grid. */
export function bodyBlocked(
  body: BodyDiscs,
  path: Path,
  field: DistanceField,
  from: number,
  to: number,
): boolean {
  for (let k = segmentAt(path, from); k < path.s.length && path.s[k] <= to; k++) {
    const c = Math.cos(path.yaw[k]);
    const s = Math.sin(path.yaw[k]);
    const [x, y] = [path.points[2 * k], path.points[2 * k + 1]];
    if (body.many.some((d) => distanceAt(field, x + c * d.x - s * d.y, y + s * d.x + c * d.y) < d.r))
      return true;
  }
  return false;
}

/** Radius of the largest disc about the reference point that the footprint contains; 0 where it lies outside. */
function innerRadius({ footprint }: Robot): number {
  return footprint.reduce((least, [x0, y0], e) => {
    const [x1, y1] = footprint[(e + 1) % footprint.length];
    const inside = (x0 * y1 - y0 * x1) / Math.hypot(x1 - x0, y1 - y0);
    return Math.max(0, Math.min(least, inside));
  }, Number.POSITIVE_INFINITY);
}
