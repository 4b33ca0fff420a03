import type { Robot } from "./robot.ts";
import type { WorldId } from "./world-name.ts";
import { makeWorld, WORLD_DEFAULTS, type World, type WorldOptions } from "./worlds.ts";

/** Room that a robot's circumscribed circle has to spare in a world of its size. [share of its radius] */
const SPARE = 0.03;

/**
 * How many times as large as it is generated a world must be so that a robot has the room in it that the Jackal has: its
 * circumscribed circle gets through.
 *
 * `s = 1.03 r / clearance`, with r the radius of the smallest circle around the body that has its middle where that of
 * the body's bounding box is.
 */
export function worldScale({ footprint }: Pick<Robot, "footprint">): number {
  const [x, y] = [0, 1].map((axis) => footprint.map((corner) => corner[axis]));
  const middle = (v: readonly number[]): number => (Math.min(...v) + Math.max(...v)) / 2;
  const [mx, my] = [middle(x), middle(y)];
  const radius = Math.max(...footprint.map(([px, py]) => Math.hypot(px - mx, py - my)));
  return ((1 + SPARE) * radius) / WORLD_DEFAULTS.clearance;
}

/** A world made larger or smaller, with whoever walks there; they stay of their size and speed. */
export function scaleWorld(world: World, scale: number): World {
  const at = <T extends { readonly x: number; readonly y: number }>(place: T): T => ({
    ...place,
    x: scale * place.x,
    y: scale * place.y,
  });
  const { grid, start, goal, movers } = world;
  return {
    ...world,
    grid: { ...grid, resolution: scale * grid.resolution, origin: at(grid.origin) },
    start: at(start),
    goal: at(goal),
    movers: movers.map((walker) => ({ ...at(walker), goals: walker.goals.map(at) })),
  };
}

/** A world, and how many times as large as it is generated it is. */
export type SizedWorld = World & { readonly scale: number };

/**
 * The generated world that a robot drives in: as it is where the robot has room in it, else as much larger as
 * {@link worldScale} says. Whatever drives in generated worlds takes them from here.
 *
 * @throws ConfigError as makeWorld
 */
export function worldFor(
  robot: Pick<Robot, "footprint">,
  { family, seed }: WorldId,
  options: WorldOptions = {},
): SizedWorld {
  const world = makeWorld(family, seed, options);
  const scale = Math.max(1, worldScale(robot));
  return { ...(scale === 1 ? world : scaleWorld(world, scale)), scale };
}
