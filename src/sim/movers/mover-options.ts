import { check, checkCount, checkKeys, checkWithin } from "../../base/index.ts";
import { MAX_MOVERS } from "./walker.ts";

/** How many movers there are, and of what kind. */
export type MoverOptions = {
  /** 0 .. 200. */ readonly count: number;
  /** Share of those who do not notice the robot, 0 .. 1. */ readonly blind: number;
  /** Share of those who leave their way for nobody, 0 .. 1; with `blind` at most 1. */ readonly straight: number;
  /** Least and largest walking speed. [m/s] */ readonly speed: readonly [number, number];
  /** Least and largest radius. [m] */ readonly radius: readonly [number, number];
};

/**
 * Defaults: people at the walking speeds of .5 to 1.5 m/s and as wide as shoulders are, one in five of whom looks at a
 * telephone.
 */
export const MOVER_DEFAULTS: MoverOptions = {
  count: 0,
  blind: 0.2,
  straight: 0,
  speed: [0.5, 1.5],
  radius: [0.2, 0.35],
};

/** Fills in the defaults and checks every value. @throws ConfigError naming the option and its legal range */
export function resolveMoverOptions(given: Partial<MoverOptions> = {}): MoverOptions {
  checkKeys("movers", given, Object.keys(MOVER_DEFAULTS));
  // Who says that more walk straight on leaves no room for so many who are blind.
  const usual = Math.min(MOVER_DEFAULTS.blind, Math.max(0, 1 - (given.straight ?? 0)));
  const options = { ...MOVER_DEFAULTS, blind: usual, ...given };
  const { count, blind, straight, speed, radius } = options;
  checkCount("movers", count, 0, MAX_MOVERS);
  checkWithin("movers.blind", blind, 0, 1);
  checkWithin("movers.straight", straight, 0, 1);
  check("movers.blind + movers.straight", blind + straight, blind + straight <= 1 + 1e-9, "at most 1");
  for (const [name, range, low, high, unit] of [
    ["movers.speed", speed, 0.01, 5, "m/s"],
    ["movers.radius", radius, 0.05, 1, "m"],
  ] as const) {
    check(name, range, Array.isArray(range) && range.length === 2, `[least, largest] (${unit})`);
    const [least, most] = range;
    checkWithin(`${name}[0]`, least, low, high, unit);
    checkWithin(`${name}[1]`, most, least, high, unit);
  }
  return options;
}
