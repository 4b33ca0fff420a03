import { checkWithin, createRng, hashSeed, SceneError } from "../base/index.ts";
import type { OccupancyGrid, Pose } from "./grid.ts";
import { drawWalkers, wanderingFlows } from "./movers/draw-walkers.ts";
import type { MoverOptions } from "./movers/mover-options.ts";
import type { Walker } from "./movers/walker.ts";
import { ALL_FAMILIES, checkWorldFamily, checkWorldSeed, type WorldFamily } from "./world-name.ts";
import { drawCells } from "./worlds/cells.ts";
import { drawClutter } from "./worlds/clutter.ts";
import { drawCorridor } from "./worlds/corridor.ts";
import { drawCrossing, drawCrowd, drawDoorway, drawDynabarn } from "./worlds/crowd.ts";
import { type DrawLayout, type Flow, type Point, reorient } from "./worlds/layout.ts";
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
  /** Who walks there; nobody in a family of {@link WORLD_FAMILIES}, unless asked for. */
  readonly movers: readonly Walker[];
};

/** What a generated world must leave room for. */
export type WorldOptions = {
  /** A disc of this radius gets from start to goal; 0.05 .. 0.6. [m] */
  readonly clearance?: number;
  /** How many movers and of what kind; by default as many as the family has. */
  readonly movers?: Partial<MoverOptions>;
};

/** How many walk in a family's worlds where nobody says, and how fast and how wide they are there. */
const FAMILY_MOVERS: Partial<Record<WorldFamily, Partial<MoverOptions>>> = {
  crowd: { count: 10 },
  crossing: { count: 8 },
  doorway: { count: 4 },
  dynabarn: { count: 10, speed: [0.3, 1.5], radius: [0.2, 0.35] },
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
  crowd: drawCrowd,
  crossing: drawCrossing,
  doorway: drawDoorway,
  dynabarn: drawDynabarn,
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
 * @param family one of {@link ALL_FAMILIES}
 * @param seed 0 .. 2^31 - 1
 * @throws ConfigError for an unknown family, an illegal seed or clearance
 */
export function makeWorld(family: WorldFamily, seed: number, options: WorldOptions = {}): World {
  checkWorldFamily(family);
  checkWorldSeed(seed);
  const clearance = options.clearance ?? WORLD_DEFAULTS.clearance;
  checkWithin("world clearance", clearance, 0.05, 0.6, "m");
  const rng = createRng(hashSeed(seed, ALL_FAMILIES.indexOf(family)));
  for (let n = 0; n < MAX_DRAWS; n++) {
    const ease = Math.min(1, Math.max(0, n - DENSE_DRAWS) / (MAX_DRAWS - 2 * DENSE_DRAWS));
    const layout = reorient(DRAW[family](rng, { clearance, ease }), rng.int(8));
    const solution = solveLayout(layout, clearance, rng);
    if (solution === undefined) continue;
    const { start, yaw, goal } = solution;
    const { grid, flows } = layout;
    const movers = moversOf(family, seed, flows, grid, start, goal, options.movers);
    return { family, seed, name: `${family}:${seed}`, grid, start: { ...start, yaw }, goal, movers };
  }
  throw new SceneError(
    `world ${family}:${seed} with clearance ${clearance} has no way in ${MAX_DRAWS} draws`,
  );
}

/** Who walks in a world, drawn from a stream of its own: the walls stay as they are however many there are. */
function moversOf(
  family: WorldFamily,
  seed: number,
  flows: readonly Flow[] | undefined,
  grid: OccupancyGrid,
  start: Point,
  goal: Point,
  given: Partial<MoverOptions> | undefined,
): readonly Walker[] {
  const options = { ...FAMILY_MOVERS[family], ...given };
  if (!(options.count !== 0 && options.count !== undefined)) return [];
  const rng = createRng(hashSeed(hashSeed(seed, ALL_FAMILIES.indexOf(family)), 0x6d76));
  return drawWalkers(flows ?? wanderingFlows(grid, start, goal, options, rng), grid, start, options, rng);
}
