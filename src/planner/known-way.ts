import type { RoutePoint } from "../route/index.ts";
import { cellIndexOf, type OccupancyGrid, type Robot, robotBounds, topSpeed } from "../sim/index.ts";

/** The front is looked at here, in shares of half its width; so many of these unseen count as unseen ground. */
const ACROSS = [-1, -0.5, 0, 0.5, 1];
const UNSEEN = 2;

/**
 * How far a robot gets along a piece of its way before its front comes to ground that nobody has seen: behind a corner
 * there may be anything.
 *
 * @param seen what the sensors know around it, and what is believed of the whole map
 * @param margin beside the body [m]
 * @returns arc length from the piece's first point; Infinity where all of it is known [m]
 */
export function knownLength(
  { footprint }: Robot,
  seen: readonly OccupancyGrid[],
  { piece, track }: Pick<RoutePoint, "piece" | "track">,
  margin: number,
): number {
  const direction = track?.direction ?? 1;
  const front = direction * Math.max(...footprint.map(([x]) => direction * x));
  const half = Math.max(...footprint.map(([, y]) => Math.abs(y))) + margin;
  const n = piece.length / 2;
  let length = 0;
  for (let i = 0; i < n; i++) {
    const x = piece[2 * i];
    const y = piece[2 * i + 1];
    const next = Math.min(i + 1, n - 1);
    const yaw = track?.headings[i] ?? Math.atan2(piece[2 * next + 1] - y, piece[2 * next] - x);
    const c = Math.cos(yaw);
    const s = Math.sin(yaw);
    let unseen = 0;
    for (let j = 0; j < ACROSS.length; j++) {
      const side = ACROSS[j] * half;
      PLACE[0] = x + c * front - s * side;
      PLACE[1] = y + s * front + c * side;
      if (isUnseen(seen, PLACE)) unseen++;
    }
    if (unseen >= UNSEEN && next > i) return length;
    const dx = piece[2 * next] - x;
    const dy = piece[2 * next + 1] - y;
    length += Math.sqrt(dx * dx + dy * dy);
  }
  return Number.POSITIVE_INFINITY;
}

const PLACE = new Float64Array(2);

/** Whether none of the grids knows a place (2). */
function isUnseen(seen: readonly OccupancyGrid[], place: Float64Array): boolean {
  for (const grid of seen) {
    const cell = cellIndexOf(grid, place, 0);
    if (cell >= 0 && grid.cells[cell] >= 0) return false;
  }
  return true;
}

/** The distance that a robot stops within from its top speed. [m] */
export function stoppingDistance(robot: Robot): number {
  return topSpeed(robot) ** 2 / (2 * robotBounds(robot).uUpper[0]);
}

/**
 * The share of its usual reach that the local goal of a robot has before unseen ground: its speed is about in proportion
 * to that, and it can stop in time.
 *
 * @param known as {@link knownLength} says [m]
 */
export function knownReach(robot: Robot, known: number): number {
  return Math.min(1, Math.max(LEAST_REACH, Math.sqrt(known / stoppingDistance(robot))));
}
/** Ground that no sensor ever sees must be passed, too. */
const LEAST_REACH = 0.3;
