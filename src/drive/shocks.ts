import { ConfigError, createRng, hashSeed } from "../base/index.ts";
import type { NavigationProblem, TickReport } from "../planner/index.ts";
import {
  computeDistanceField,
  type DistanceField,
  type Goal,
  type OccupancyGrid,
  type Simulator,
} from "../sim/index.ts";
import {
  block,
  type DisturbedScene,
  type DriveMoment,
  type DriveSurroundings,
  displace,
  route,
  type SceneDisturbance,
  switchGoal,
} from "./disturb-scene.ts";

/** What may happen on the way: another goal for a while, a shove, something in the way. */
export const SHOCK_KINDS = ["goal", "displaced", "obstacle"] as const;
export type ShockKind = (typeof SHOCK_KINDS)[number];

export type ShockOptions = {
  /** Least and longest time from one shock to the next; 0 < least <= longest. [s] */
  readonly every_s: readonly [number, number];
  /** Least and longest time until the robot is sent back to the goal it was first told. [s] */
  readonly away_s: readonly [number, number];
  /** Largest number of shocks in a run, >= 0; one that finds no room is left out and counts all the same. */
  readonly most: number;
  /** At least one. */
  readonly kinds: readonly ShockKind[];
};

export const DEFAULT_SHOCK_OPTIONS: ShockOptions = {
  every_s: [2, 5],
  away_s: [2, 4],
  most: 10,
  kinds: SHOCK_KINDS,
};

/** What a run suffers, tick by tick. */
export type Shocks = {
  /**
   * To be called before a tick, with the report of the one before. Moves the simulated robot and changes its
   * world as is due.
   *
   * @returns the goal to go to from now on, where it changes
   */
  strike(last: TickReport | undefined): Goal | undefined;
  /** Whether the robot has been sent elsewhere: to arrive there is not the end. */
  readonly away: boolean;
  /** What has happened so far. */
  readonly counts: Readonly<Record<ShockKind, number>>;
};

/** A shock that finds no room is tried again for so long. [s] */
const PATIENCE = 1;

const DISTURB: Readonly<Record<ShockKind, SceneDisturbance>> = {
  goal: switchGoal,
  displaced: displace,
  obstacle: block,
};

/**
 * Shocks for a closed-loop run. The times between them and their kinds depend on the seed and on where the run
 * begins and ends, what they do on the run too. The robot keeps room to stop and a way to go: a shock makes a run longer, not
 * impossible. Kinds are dealt like cards, so that each occurs about as often.
 *
 * @param setup.goal where the run is to end
 * @param setup.problem of the same robot and options as the planner's
 * @throws ConfigError for an option out of its range
 */
export function createShocks(setup: {
  readonly problem: NavigationProblem;
  readonly simulator: Simulator;
  readonly goal: Goal;
  readonly seed: number;
  readonly options?: Partial<ShockOptions>;
}): Shocks {
  const { problem, simulator, goal: home, seed } = setup;
  const options = resolveShockOptions(setup.options);
  const { x, y } = simulator.pose;
  const runSeed = [x, y, home.x, home.y].reduce((hash, v) => hashSeed(hash, Math.round(1e3 * v)), seed);
  const schedule = createRng(hashSeed(runSeed, 0));
  const deck: ShockKind[] = [];
  const draw = ([least, longest]: readonly [number, number]): number =>
    least + (longest - least) * schedule.uniform();
  const next = (after: number) => {
    if (deck.length === 0) deck.push(...options.kinds);
    const [kind] = deck.splice(schedule.int(deck.length), 1);
    return { kind, time: after + draw(options.every_s), away: draw(options.away_s) };
  };
  const rng = createRng(hashSeed(runSeed, 1));
  const counts: Record<ShockKind, number> = { goal: 0, displaced: 0, obstacle: 0 };
  let due = next(0);
  let struck = 0;
  let sentAway: { readonly goal: Goal; readonly until: number } | undefined;
  let surveyed: { readonly grid: OccupancyGrid; readonly field: DistanceField } | undefined;

  const survey = (): DistanceField => {
    const { grid } = simulator;
    if (surveyed?.grid !== grid) surveyed = { grid, field: computeDistanceField(grid, { unknown: "free" }) };
    return surveyed.field;
  };

  /** The moment as the next tick will see it, in the true world. */
  const momentAfter = (last: TickReport): DriveMoment | undefined => {
    const { scene, plan } = last;
    if (last.phase !== "driving" || scene === undefined || plan === undefined) return undefined;
    const { time, state: x, grid } = simulator;
    return { scene: { ...scene, time, x, grid }, lastPlan: plan, goal: sentAway?.goal ?? home };
  };

  const apply = (kind: ShockKind, moment: DriveMoment): DisturbedScene | undefined => {
    const ground: DriveSurroundings = { problem, grid: simulator.grid, field: survey(), rng };
    const made = DISTURB[kind](moment, ground);
    if (made === undefined) return undefined;
    const { x, grid } = made.scene;
    const field = kind === "obstacle" ? computeDistanceField(grid, { unknown: "free" }) : ground.field;
    const goals = [home, ...(sentAway === undefined || kind === "goal" ? [] : [sentAway.goal])];
    if (goals.some((goal) => route(ground, field, x, goal) === undefined)) return undefined;
    if (kind === "displaced") simulator.displace({ x: x[0], y: x[1], yaw: x[2] });
    if (kind === "obstacle") simulator.setGrid(grid);
    return made;
  };

  return {
    strike(last) {
      const now = simulator.time + 1e-9;
      if (sentAway !== undefined && (now >= sentAway.until || last?.phase === "arrived")) {
        sentAway = undefined;
        return home;
      }
      if (struck >= options.most || now < due.time || last === undefined) return undefined;
      const moment = momentAfter(last);
      if (moment === undefined) return undefined;
      const { kind, time, away } = due;
      const made = apply(kind, moment);
      if (made === undefined && now < time + PATIENCE) return undefined;
      struck++;
      due = next(now);
      if (made === undefined) return undefined;
      counts[kind]++;
      if (made.goal !== undefined) sentAway = { goal: made.goal, until: now + away };
      return made.goal;
    },
    get away() {
      return sentAway !== undefined;
    },
    counts,
  };
}

/** Fills in the defaults and checks every value. @throws ConfigError naming the option and its legal range */
export function resolveShockOptions(given: Partial<ShockOptions> = {}): ShockOptions {
  const options = { ...DEFAULT_SHOCK_OPTIONS, ...given };
  for (const name of ["every_s", "away_s"] as const) {
    const [least, longest] = options[name];
    if (!(least > 0 && longest >= least && Number.isFinite(longest)))
      throw new ConfigError(
        `${name} is [${options[name].join(", ")}], expected [least, longest] seconds > 0`,
      );
  }
  if (!(Number.isInteger(options.most) && options.most >= 0))
    throw new ConfigError(`most is ${options.most}, expected an integer >= 0`);
  if (options.kinds.length === 0)
    throw new ConfigError("kinds is empty, expected at least one kind of shock");
  for (const kind of options.kinds) {
    if (!SHOCK_KINDS.includes(kind))
      throw new ConfigError(`kind of shock is "${kind}", expected one of ${SHOCK_KINDS.join(", ")}`);
  }
  return options;
}
