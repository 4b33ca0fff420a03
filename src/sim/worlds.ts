import { checkWithin, createRng, hashSeed, SceneError } from "../base/index.ts";
import type { OccupancyGrid, Pose } from "./grid.ts";
import { checkWorldFamily, checkWorldSeed, WORLD_FAMILIES, type WorldFamily } from "./world-name.ts";
import { drawCells } from "./worlds/cells.ts";
import { drawClutter } from "./worlds/clutter.ts";
import { drawCorridor } from "./worlds/corridor.ts";
import { type DrawLayout, reorient } from "./worlds/layout.ts";
import { drawMaze } from "./worlds/maze.ts";
import { drawRooms } from "./worlds/rooms.ts";
import { solveLayout } from "./worlds/solve.ts";

/** A generated place to drive: closed by walls, every cell known, and a way from start to goal. */
export type World = {
  readonly family: WorldFamily;
  readonly seed: number;
  /** `FAMILY:SEED`, as `parseWorldName` reads it. */
  readonly name: string;
  /** 0.05 m per cell, origin 0, cells 0 or 100. */
  readonly grid: OccupancyGrid;
  /** Looks along the way to the goal. [m, m, rad] */
  readonly start: Pose;
  /** [m] */
  readonly goal: { readonly x: number; readonly y: number };
};

/** What a generated world must leave room for. */
export type WorldOptions = {
  /** A disc of this radius gets from start to goal; 0.05 .. 0.6. [m] */
  readonly clearance?: number;
};

/**
 * The default clearance is the circumscribed radius of the Jackal's 0.508 m x 0.432 m, 0.334 m, and half a
 * cell: between two neighbouring cell centres, too, the robot can turn on the spot.
 */
export const WORLD_DEFAULTS = { clearance: 0.36 } as const;

const DRAW: Record<WorldFamily, DrawLayout> = {
  cells: drawCells,
  clutter: drawClutter,
  rooms: drawRooms,
  corridor: drawCorridor,
  maze: drawMaze,
};

/** Draws at full density before obstacles are thinned out, and draws until none are left. */
const DENSE_DRAWS = 12;
const MAX_DRAWS = 60;

/**
 * Generates the world of a family and a seed: the same arguments give the same bytes. It is solvable:
 * a disc of radius `clearance` gets from start to goal, over a way of 8 to 25 m, in straight steps from
 * cell centre to cell centre without touching an occupied cell, and has 0.15 m more at both ends.
 * A draw that is not is drawn again from the same stream, in the end with ever fewer obstacles.
 *
 * @param family one of {@link WORLD_FAMILIES}
 * @param seed 0 .. 2^31 - 1
 * @throws ConfigError for an unknown family, an illegal seed or clearance
 */
export function makeWorld(family: WorldFamily, seed: number, options: WorldOptions = {}): World {
  checkWorldFamily(family);
  checkWorldSeed(seed);
  const clearance = options.clearance ?? WORLD_DEFAULTS.clearance;
  checkWithin("world clearance", clearance, 0.05, 0.6, "m");
  const rng = createRng(hashSeed(seed, WORLD_FAMILIES.indexOf(family)));
  for (let n = 0; n < MAX_DRAWS; n++) {
    const ease = Math.min(1, Math.max(0, n - DENSE_DRAWS) / (MAX_DRAWS - 2 * DENSE_DRAWS));
    const layout = reorient(DRAW[family](rng, { clearance, ease }), rng.int(8));
    const solution = solveLayout(layout, clearance, rng);
    if (solution === undefined) continue;
    const { start, yaw, goal } = solution;
    return { family, seed, name: `${family}:${seed}`, grid: layout.grid, start: { ...start, yaw }, goal };
  }
  throw new SceneError(
    `world ${family}:${seed} with clearance ${clearance} has no way in ${MAX_DRAWS} draws`,
  );
}
