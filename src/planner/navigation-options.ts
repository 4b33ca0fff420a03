import { ConfigError, checkName, checkNotNegative } from "../base/index.ts";
import type { SoftPenalty } from "../ocp/index.ts";
import { GLOBAL_PATH_DEFAULTS } from "../route/index.ts";
import { INTERPOLANTS, type Interpolation, type Robot, robotBounds, topSpeed } from "../sim/index.ts";

/** Weights of the navigation problem; stage weights are per stage, not per second. */
export type NavigationWeights = {
  /** Squared distance to the local goal, as a share of the lookahead. */
  readonly position: number;
  readonly terminalPosition: number;
  /** Yaw error e as 4 (1 - cos(e / 2)). */
  readonly terminalYaw: number;
  /** Squared distance to the reference on a route with headings, as a share of the lookahead. */
  readonly trackPosition: number;
  /** Yaw error beside it, likewise. */
  readonly trackYaw: number;
  /** Squared linear speed, as a share of the robot's largest. */
  readonly speed: number;
  readonly terminalSpeed: number;
  /** Squared speed backwards in addition, as a share of the largest forwards, where reversing is discouraged. */
  readonly reverse: number;
  /** Squared turn rate (steering angle on a bicycle), as a share of the largest, see `TURN_PER_HORIZON`. */
  readonly turn: number;
  readonly terminalTurn: number;
  /** Squared linear accelerations, as a share of the largest. */
  readonly acceleration: number;
  /** Squared angular acceleration (steering rate), as a share of the largest. */
  readonly angularAcceleration: number;
};

/**
 * How a robot weighs speed against clearance. `plain`: the margin is the same at every speed, and on the route. `brisk`:
 * its route keeps clear of more, and it spares itself less on it. `cautious`: it goes the slower the nearer something is.
 * Their figures are in docs/driving.md.
 */
export const PROFILES = {
  plain: { reaction: 0, berth: 0, effort: 1 },
  brisk: { reaction: 0.012, berth: 0.025, effort: 0.25 },
  cautious: { reaction: 0.06, berth: 0.06, effort: 0.5 },
} as const satisfies Record<string, Pick<NavigationOptions, "reaction" | "berth" | "effort">>;
export type Profile = keyof typeof PROFILES;

export type NavigationOptions = {
  /** Stages. */
  readonly N: number;
  /** Duration of a stage. [s] */
  readonly dt: number;
  /** Distance of the local goal along the path; by default as `usualLookahead` says. [m] */
  readonly lookahead: number;
  /** Clearance the discs keep beyond their radius. [m] */
  readonly margin: number;
  /** Sets `reaction`, `berth` and `effort`, where those are not given. */
  readonly profile: Profile;
  /** The discs keep clear by what the robot covers in this time, too: the nearer, the slower. [s] */
  readonly reaction: number;
  /** The route would keep clear by what the robot covers at its top speed in this time, too. [s] */
  readonly berth: number;
  /** Share of their weights with which speeds and accelerations count: with less of it the robot hurries more. */
  readonly effort: number;
  /**
   * How the distance field is read between cell centres. Measured on 339 scenes of four families: no
   * interpolant needs noticeably fewer iterations (1.12 to 1.20 from a shifted plan, 2.8 from the path,
   * tolerance 1e-2), so the one that is cheapest and rounds nothing off is the default.
   */
  readonly interpolation: Interpolation;
  readonly weights: NavigationWeights;
  /** Exact penalty of the collision rows, for violations as a share of the lookahead. */
  readonly collision: SoftPenalty;
  /**
   * Exact penalty of the speed limits: multipliers of 7000 optima of a Jackal were at most 9. Much larger ones
   * shorten good steps for millimetres per second.
   */
  readonly speedLimit: SoftPenalty;
};

/** Defaults but for the lookahead, which depends on the robot as the stages' duration may, and for what the profile sets. */
export const DEFAULT_NAVIGATION_OPTIONS: Omit<
  NavigationOptions,
  "lookahead" | "reaction" | "berth" | "effort"
> = {
  N: 30,
  dt: 0.1,
  margin: 0.05,
  profile: "plain",
  interpolation: "bilinear",
  weights: {
    position: 1.8,
    terminalPosition: 54,
    terminalYaw: 2,
    trackPosition: 90,
    trackYaw: 2,
    speed: 0.08,
    terminalSpeed: 0.2,
    reverse: 2,
    turn: 0.4,
    terminalTurn: 2,
    acceleration: 0.8,
    angularAcceleration: 1.6,
  },
  collision: { linear: 300, quadratic: 900 },
  speedLimit: { linear: 400, quadratic: 4000 },
};

/** Share of the time that it takes to stop from the top speed that a horizon is long at least: the rest is on the way. */
const STOPPING = 0.75;

/** How long plans are: 3 s, or as long as it takes to see a stop from the top speed through. [s] */
export function usualHorizon(robot: Robot): number {
  return Math.max(3, STOPPING * stoppingTime(robot));
}

/** Time from the top speed to rest. [s] */
function stoppingTime(robot: Robot): number {
  return topSpeed(robot) / robotBounds(robot).uUpper[0];
}

/**
 * How far ahead the local goal is: what half the top speed covers within the horizon, but three stopping distances where
 * that is more, and no further than the top speed gets. A robot that could not stop before a nearer one never drove at its
 * top speed, however free the way. Between 0.5 m and 3 m, or two stopping distances. [m]
 */
function usualLookahead(robot: Robot, horizon: number): number {
  const most = topSpeed(robot) * horizon;
  const stopping = 0.5 * topSpeed(robot) * stoppingTime(robot);
  const reach = Math.min(most, Math.max(0.5 * most, 3 * stopping));
  return Math.min(Math.max(3, 2 * stopping), Math.max(0.5, reach));
}

/** Clearance that a route would like beyond the discs' radius: the margin and the berth. [m] */
export function routeMargin(robot: Robot, { margin, berth }: NavigationOptions): number {
  return margin + berth * topSpeed(robot);
}

/** A robot keeps clear of less than this nowhere: the field is off by up to a fifth of a cell at corners, tracking by mm. [m] */
export const LEAST_MARGIN = 0.02;

/**
 * Metres of detour that a metre of route without clearance is worth: the usual number where the robot drives as fast in a
 * gap as elsewhere, more by how much slower its rows make it there, `1 + reaction v / margin` times.
 */
export function routeMarginWeight(robot: Robot, { margin, reaction }: NavigationOptions): number {
  const slower = 1 + (reaction * topSpeed(robot)) / Math.max(LEAST_MARGIN, margin);
  return slower * GLOBAL_PATH_DEFAULTS.marginWeight;
}

/** Fills in the defaults. @throws ConfigError naming the option and its legal range */
export function resolveNavigationOptions(
  robot: Robot,
  given: Partial<NavigationOptions> = {},
): NavigationOptions {
  const dt = usualHorizon(robot) / DEFAULT_NAVIGATION_OPTIONS.N;
  const merged = { ...DEFAULT_NAVIGATION_OPTIONS, dt, ...given };
  checkName("profile", merged.profile, Object.keys(PROFILES) as Profile[]);
  const o = {
    ...PROFILES[merged.profile],
    // Along a narrower way than the rows ask for at its top speed it must go slower, through a gap it could only creep.
    ...(given.reaction !== undefined && { berth: given.reaction }),
    ...merged,
    lookahead: given.lookahead ?? usualLookahead(robot, merged.N * merged.dt),
  };
  if (!(Number.isInteger(o.N) && o.N >= 2)) throw new ConfigError(`N is ${o.N}, expected an integer >= 2`);
  for (const name of ["dt", "lookahead"] as const) {
    if (!(o[name] > 0 && Number.isFinite(o[name])))
      throw new ConfigError(`${name} is ${o[name]}, expected a number > 0`);
  }
  if (!Object.hasOwn(INTERPOLANTS, o.interpolation)) {
    const names = Object.keys(INTERPOLANTS).join(", ");
    throw new ConfigError(`interpolation is "${o.interpolation}", expected one of ${names}`);
  }
  checkNotNegative("reaction", o.reaction, "s");
  checkNotNegative("berth", o.berth, "s");
  if (!(o.effort > 0 && Number.isFinite(o.effort)))
    throw new ConfigError(`effort is ${o.effort}, expected a number > 0`);
  if (!(o.margin >= 0)) throw new ConfigError(`margin is ${o.margin}, expected metres >= 0`);
  return o;
}
