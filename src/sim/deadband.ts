import { check, checkKeys } from "../base/index.ts";

/** The smallest speeds at which a robot moves: told to go slower, it stands. [m/s, rad/s] */
export type Deadband = {
  readonly speed: number;
  /** On the spot; where it is not known, that at which the sides of the body go at `speed`. */
  readonly turn?: number;
};

/** Largest legal numbers of a {@link Deadband}: what crawls no slower is no robot to plan for. */
export const MAX_DEADBAND: Required<Deadband> = { speed: 1, turn: 2 };

/** Checks a deadband; a speed that is not given is 0. @throws ConfigError naming the number and its legal range */
export function checkDeadband(name: string, given: Readonly<Record<string, unknown>>): Deadband {
  checkKeys(name, given, ["speed", "turn"]);
  const deadband: Deadband = { speed: 0, ...given };
  for (const [key, unit] of [
    ["speed", "m/s"],
    ["turn", "rad/s"],
  ] as const) {
    const value: unknown = deadband[key];
    if (key === "turn" && value === undefined) continue;
    const legal = typeof value === "number" && value >= 0 && value <= MAX_DEADBAND[key];
    check(`${name}.${key}`, value, legal, `a number 0 .. ${MAX_DEADBAND[key]} [${unit}]`);
  }
  return deadband;
}
