import { ConfigError, checkName, checkNotNegative } from "../base/index.ts";
import type { SoftPenalty } from "../ocp/index.ts";
import { INTERPOLANTS, type Interpolation, type Robot, topSpeed } from "../sim/index.ts";

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
 * How a robot weighs speed against clearance: the time of `reaction` [s]. `plain`: the margin is the same at every speed.
 * Its figures, and those of the other two, are in docs/latency.md.
 */
export const PROFILES = { plain: 0, brisk: 0.05, cautious: 0.1 } as const;
export type Profile = keyof typeof PROFILES;

export type NavigationOptions = {
  /** Stages. */
  readonly N: number;
  /** Duration of a stage. [s] */
  readonly dt: number;
  /** Distance of the local goal along the path; by default what half the largest speed covers, 0.5 to 3 m. [m] */
  readonly lookahead: number;
  /** Clearance the discs keep beyond their radius. [m] */
  readonly margin: number;
  /** Sets `reaction`, where that is not given. */
  readonly profile: Profile;
  /** The discs keep clear by what the robot covers in this time, too: the nearer, the slower. [s] */
  readonly reaction: number;
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

/** Defaults but for the lookahead, which depends on the robot, and the reaction, which depends on the profile. */
export const DEFAULT_NAVIGATION_OPTIONS: Omit<NavigationOptions, "lookahead" | "reaction"> = {
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

/** Fills in the defaults. @throws ConfigError naming the option and its legal range */
export function resolveNavigationOptions(
  robot: Robot,
  given: Partial<NavigationOptions> = {},
): NavigationOptions {
  const merged = { ...DEFAULT_NAVIGATION_OPTIONS, ...given };
  const reach = 0.5 * topSpeed(robot) * merged.N * merged.dt;
  checkName("profile", merged.profile, Object.keys(PROFILES) as Profile[]);
  const { reaction = PROFILES[merged.profile] } = given;
  checkNotNegative("reaction", reaction, "s");
  const o = { ...merged, reaction, lookahead: given.lookahead ?? Math.min(3, Math.max(0.5, reach)) };
  if (!(Number.isInteger(o.N) && o.N >= 2)) throw new ConfigError(`N is ${o.N}, expected an integer >= 2`);
  for (const name of ["dt", "lookahead"] as const) {
    if (!(o[name] > 0 && Number.isFinite(o[name])))
      throw new ConfigError(`${name} is ${o[name]}, expected a number > 0`);
  }
  if (!Object.hasOwn(INTERPOLANTS, o.interpolation)) {
    const names = Object.keys(INTERPOLANTS).join(", ");
    throw new ConfigError(`interpolation is "${o.interpolation}", expected one of ${names}`);
  }
  if (!(o.margin >= 0)) throw new ConfigError(`margin is ${o.margin}, expected metres >= 0`);
  return o;
}
