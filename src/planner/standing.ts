import { type OccupancyGrid, worldToCell } from "../sim/index.ts";
import type { SeenMover } from "../track/index.ts";
import type { SensorSample } from "./scene.ts";

/** Where those who could move have stood, and since when. [m, s] */
export type Standing = ReadonlyMap<
  number,
  { readonly x: number; readonly y: number; readonly since: number }
>;

/** Nobody seen yet. */
export const NOBODY_STANDS: Standing = new Map();

/** Who has stood for longer counts as what stands, until he goes: no way leads through him. [s] */
const LONG = 2;
/** Somebody stands as long as he is within this share of his radius of where he came to stand. */
const IN_PLACE = 0.5;

/** Where movers stand by now: who has moved, or is new, begins anew. */
export function watchStanding(before: Standing, movers: readonly SeenMover[] = [], time: number): Standing {
  if (movers.length === 0) return before.size === 0 ? before : NOBODY_STANDS;
  return new Map(
    movers.map(({ id, x, y, radius }) => {
      const known = before.get(id);
      const stays = known !== undefined && Math.hypot(x - known.x, y - known.y) <= IN_PLACE * radius;
      return [id, stays && known.since <= time ? known : { x, y, since: time }];
    }),
  );
}

/**
 * A sample with those who have stood for long as obstacles of its grid, on a copy of it; itself where there are none.
 * They stay among its movers, too.
 */
export function withStanding(standing: Standing, sample: SensorSample): SensorSample {
  const { movers, time, grid } = sample;
  const long = movers?.filter(({ id }) => time - (standing.get(id)?.since ?? time) > LONG) ?? [];
  if (long.length === 0) return sample;
  const painted = { ...grid, cells: grid.cells.slice() };
  for (const mover of long) paintMover(painted, mover);
  return { ...sample, grid: painted };
}

const CELL = new Float64Array(2);

/** Occupies the cells whose centres a mover covers, and the one that he is in. */
function paintMover(grid: OccupancyGrid, { x, y, radius }: SeenMover): void {
  const { width, height, cells, resolution } = grid;
  worldToCell(grid, x, y, CELL);
  const [u, v] = CELL;
  const r = Math.max(radius / resolution, Math.SQRT1_2);
  for (let j = Math.max(0, Math.floor(v - r)); j <= Math.min(height - 1, v + r); j++) {
    for (let i = Math.max(0, Math.floor(u - r)); i <= Math.min(width - 1, u + r); i++) {
      if (Math.hypot(i + 0.5 - u, j + 0.5 - v) <= r) cells[j * width + i] = 100;
    }
  }
}

/** For how long a robot has let others go first since it last came nearer to its goal, and when it was last asked. [s] */
export type Yielding = { readonly since: number; readonly at: number; readonly waited: number };

/** Nobody let go first. */
export const NO_YIELDING: Yielding = { since: Number.NaN, at: Number.NaN, waited: 0 };

/** A robot does not take somebody in its way for a reason to be stuck before it has waited for so long. [s] */
const PATIENCE = 60;

/**
 * Waiting by now.
 *
 * @param since when the robot last came nearer [s] @param inTheWay whether somebody is, now
 */
export function updateYielding(before: Yielding, since: number, time: number, inTheWay: boolean): Yielding {
  const same = before.since === since && time >= before.at;
  const waited = same ? before.waited + (inTheWay ? time - before.at : 0) : 0;
  return { since, at: time, waited: Math.min(PATIENCE, waited) };
}

/**
 * Whether somebody is in the way of a robot: it would touch him on its piece of path as he stands now.
 *
 * @param path (n, 2), from beside the robot on @param keep the robot's radius and margin [m]
 */
export function someoneInTheWay(
  path: Float64Array,
  movers: readonly SeenMover[] = [],
  keep: number,
): boolean {
  return movers.some(({ x, y, radius }) => {
    for (let i = 0; i + 1 < path.length; i += 2)
      if (Math.hypot(path[i] - x, path[i + 1] - y) < radius + keep) return true;
    return false;
  });
}
