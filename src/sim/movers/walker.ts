import { check, checkCount, checkPositive, checkWithin } from "../../base/index.ts";
import type { Point } from "../worlds/layout.ts";

/**
 * How a mover deals with others. `aware`: it goes round walls, other movers and the robot. `blind`: the same, but it does
 * not notice the robot until it has bumped into it. `straight`: it goes its way at its speed and leaves it for nobody, but
 * stops at a robot it bumps into. `rail`: it slides along its goals and nothing stops it, as a cylinder of a
 * benchmark.
 */
export const MANNERS = ["aware", "blind", "straight", "rail"] as const;
/** One of the {@link MANNERS}. */
export type Manner = (typeof MANNERS)[number];

/** A person or a robot on its way, before anything has moved: plain data. Map frame. */
export type Walker = Point & {
  readonly id: number;
  /** 0.05 .. 2 [m] */ readonly radius: number;
  /** At which it walks where nothing is in its way, > 0 .. 5. [m/s] */ readonly speed: number;
  /** At least one place; it goes from each to the next, and from the last to the first. */
  readonly goals: readonly Point[];
  readonly manner: Manner;
};

/** Most movers of one run. */
export const MAX_MOVERS = 200;

/** @throws ConfigError naming what of a list of walkers is not legal */
export function checkWalkers(walkers: readonly Walker[]): void {
  checkCount("number of movers", walkers.length, 0, MAX_MOVERS);
  const ids = new Set(walkers.map(({ id }) => id));
  check("movers' ids", walkers.map(({ id }) => id).join(", "), ids.size === walkers.length, "each once");
  walkers.forEach((walker, n) => {
    const { radius, speed, goals, manner } = walker;
    checkWithin(`movers[${n}].radius`, radius, 0.05, 2, "m");
    checkPositive(`movers[${n}].speed`, speed, "m/s");
    check(`movers[${n}].speed`, speed, speed <= 5, "at most 5 m/s");
    check(`movers[${n}].goals`, goals.length, goals.length > 0, "at least one place");
    for (const { x, y } of [walker, ...goals])
      check(`movers[${n}]`, `(${x}, ${y})`, Number.isFinite(x + y), "finite places [m]");
    check(`movers[${n}].manner`, manner, MANNERS.includes(manner), MANNERS.join(", "));
  });
}
