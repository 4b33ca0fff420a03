import type { Vec } from "../../ocp/index.ts";
import { computeDistanceField, type DistanceField, distanceGradientAt } from "../distance-field.ts";
import { cellCenter, cellIndexAt, createGrid, OCCUPIED, type OccupancyGrid } from "../grid.ts";
import type { Robot } from "../robot.ts";
import { robotBounds, topSpeed } from "../robot-state.ts";
import { checkMask, type FilterMask, speedLimits } from "./filter-mask.ts";

/** Zones in which a robot drives no faster than a limit, by where its reference point is. */
export type SpeedZones = {
  readonly name: string;
  /** The lowest limit anywhere. [m/s] */ readonly lowest: number;
  /** The limit at a point; infinite where there is none. [m/s] */
  limitAt(x: number, y: number): number;
  /**
   * The square of the largest speed at a point from which all limits ahead are kept by braking gently; `out` gets its
   * gradient. [m^2/s^2, m/s^2]
   */
  squaredSpeed(x: number, y: number, out: Vec): number;
};

/** Share of the largest deceleration with which a robot slows down before a zone. */
const BRAKING = 0.5;
/** Share of a limit that is asked for: what is left is for what a plan's stages do not see. */
const ASKED = 0.97;
/** The field reads too much by up to this share of a cell beside a zone. */
const EDGE = 0.75;

/**
 * Zones of a mask as Nav2's speed filter has them; none where no limit is below the robot's top speed.
 *
 * The speed allowed at p is `v(p)^2 = min over limits L of (L^2 + 2 a d_L(p))` with d_L the distance to the zones of limits
 * up to L: inside a zone its limit, outside as much more as braking at a, half of what the robot can, takes off on the way.
 *
 * @param name what messages call it, such as the mask's file
 * @throws ConfigError, FormatError or ShapeError for a mask that is none
 */
export function createSpeedZones(
  mask: FilterMask,
  robot: Robot,
  name = "the speed mask",
): SpeedZones | undefined {
  checkMask(name, mask);
  const top = topSpeed(robot);
  const limits = speedLimits(mask, top, name);
  if (limits.size === 0) return undefined;
  const { grid } = mask;
  const field = allowedSquared(grid, limits, top, BRAKING * robotBounds(robot).uUpper[0]);
  return {
    name,
    lowest: Math.min(...limits.values()),
    limitAt(x, y) {
      const at = cellIndexAt(grid, x, y);
      return (at < 0 ? undefined : limits.get(grid.cells[at])) ?? Number.POSITIVE_INFINITY;
    },
    squaredSpeed: (x, y, out) => distanceGradientAt(field, x, y, out),
  };
}

/** The squares of allowed speeds at the cells of a mask and around it, as far as braking reaches. */
function allowedSquared(
  mask: OccupancyGrid,
  limits: ReadonlyMap<number, number>,
  top: number,
  braking: number,
): DistanceField {
  const { resolution, origin } = mask;
  const pad = Math.ceil(top ** 2 / (2 * braking) / resolution) + 2;
  const [width, height] = [mask.width + 2 * pad, mask.height + 2 * pad];
  const corner = cellCenter(mask, -pad - 0.5, -pad - 0.5);
  const frame = createGrid(width, height, resolution, { x: corner[0], y: corner[1], yaw: origin.yaw });
  const none = top ** 2;
  const allowed: DistanceField = { ...frame, distance: new Float64Array(width * height).fill(none) };
  let to: DistanceField | undefined;
  for (const limit of new Set(limits.values())) {
    for (let c = 0; c < mask.cells.length; c++) {
      const slow = (limits.get(mask.cells[c]) ?? Number.POSITIVE_INFINITY) <= limit;
      const j = Math.floor(c / mask.width);
      frame.cells[(j + pad) * width + (c - j * mask.width) + pad] = slow ? OCCUPIED : 0;
    }
    to = computeDistanceField(frame, { unknown: "free" }, to);
    const asked = (ASKED * limit) ** 2;
    for (let c = 0; c < allowed.distance.length; c++) {
      const ahead = Math.max(0, to.distance[c] - EDGE * resolution);
      allowed.distance[c] = Math.min(allowed.distance[c], asked + 2 * braking * ahead);
    }
  }
  return allowed;
}
