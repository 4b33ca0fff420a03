import { InvalidArgumentError } from "commander";
import { didYouMean } from "../base/index.ts";
import { SENSORS } from "../drive/index.ts";
import { UsageError } from "../node/index.ts";
import { PROFILES, type Profile, WARM_START_NAMES } from "../planner/index.ts";
import { REVERSE_POLICIES, ROBOT_NAMES } from "../sim/index.ts";
import { HESSIAN_KINDS } from "../sqp/index.ts";
import { choiceFlag, type FlagValues, flag, switchFlag } from "./flag-table.ts";
import {
  MAX_SEED,
  parseChoice,
  parseFile,
  parseGoal,
  parseInteger,
  parsePath,
  parseReal,
  parseStart,
  parseWorld,
} from "./parse-values.ts";

const SHARED = {
  map: flag("--map <FILE.yaml>", "a ROS map_server map", parseFile(".yaml", ".yml")),
  world: flag("--world <FAMILY:SEED>", "a generated world", parseWorld),
  start: flag("--start <X,Y,YAW_DEG>", "start in the map frame [m, m, deg]", parseStart),
  goal: flag("--goal <X,Y[,YAW_DEG]>", "goal in the map frame [m, m, deg]", parseGoal),
  robot: flag(
    "--robot <NAME|FILE.json>",
    `one of ${ROBOT_NAMES.join(", ")}, or a file`,
    parseRobot,
    "jackal",
  ),
  reverse: flag(
    "--reverse <POLICY>",
    `driving backwards: ${REVERSE_POLICIES.join(", ")} (as the robot's file says)`,
    parseChoice(REVERSE_POLICIES),
  ),
  init: choiceFlag("--init <WAY>", "start of the optimization", WARM_START_NAMES, "best"),
  iterations: flag(
    "--iterations <N>",
    "SQP iterations per tick (1 with net and best, else up to 10)",
    parseInteger(1, 1000),
  ),
  rate: flag("--rate <HZ>", "control rate [Hz]", parseReal(0.1, 1000, "Hz"), 10),
  deadline: flag("--deadline <MS>", "time for one plan [ms] (one period)", parseReal(0.01, 60_000, "ms")),
  sensor: choiceFlag("--sensor <KIND>", "what the robot sees", SENSORS, "truth"),
  timeout: flag(
    "--timeout <S>",
    "give up after this much simulated time [s]",
    parseReal(0.1, 100_000, "s"),
    100,
  ),
  model: flag("--model <FILE.onnx>", "the network behind net and best", parseFile(".onnx")),
  params: flag("--params <FILE.yaml>", "parameters of the planner", parseFile(".yaml", ".yml", ".json")),
  keepout: flag(
    "--keepout <FILE.yaml>",
    "zones that no part of the robot enters: a mask of Nav2's keepout filter",
    parseFile(".yaml", ".yml"),
  ),
  speedZones: flag(
    "--speed-zones <FILE.yaml>",
    "zones with speed limits: a mask of Nav2's speed filter, with type, base and multiplier",
    parseFile(".yaml", ".yml"),
  ),
  profile: flag(
    "--profile <NAME>",
    `how speed is weighed against clearance: ${Object.keys(PROFILES).join(", ")} (plain)`,
    parseChoice(Object.keys(PROFILES) as Profile[]),
  ),
  seed: flag("--seed <N>", "seed of everything random", parseInteger(0, MAX_SEED), 0),
  json: switchFlag("--json", "print JSON on stdout"),
  out: flag("--out <PATH>", "where to write", parsePath),
};

/** Values of the shared options as verbs get them: checked, in SI units, but for `deadline` [ms]. */
export type SharedOptions = FlagValues<typeof SHARED>;

/** The rows of some shared options, in the order given. */
export function shared<Name extends keyof typeof SHARED>(
  ...names: readonly Name[]
): Pick<typeof SHARED, Name> {
  return Object.fromEntries(names.map((name) => [name, SHARED[name]])) as Pick<typeof SHARED, Name>;
}

/** What `plan` and `bench sqp` ask of the QP. */
export const HESSIAN_FLAG = choiceFlag("--hessian <KIND>", "curvature in the QP", HESSIAN_KINDS, "full");

/** Where to drive, from where and where to. */
export const PLACE_FLAGS = shared("map", "world", "start", "goal");
/** Where not to drive, and where not so fast. */
export const ZONE_FLAGS = shared("keepout", "speedZones");
/** What plans, and how long it may. */
export const PLANNING_FLAGS = shared("robot", "reverse", "init", "model", "iterations", "deadline");
/** What a closed loop has beyond that. */
export const DRIVING_FLAGS = shared("rate", "sensor", "timeout", "params", "profile");

/** Reads the name of a robot of the house, or the path of a robot file. */
export function parseRobot(text: string): string {
  return parseRobotOr([], text);
}

/** Checks one of these words, or what {@link parseRobot} takes. */
export function parseRobotOr(words: readonly string[], text: string): string {
  if (text.toLowerCase().endsWith(".json")) return parsePath(text);
  const names = [...words, ...ROBOT_NAMES];
  if (names.includes(text)) return text;
  const legal = `${names.join(", ")}, or a file that ends in .json`;
  throw new InvalidArgumentError(`Legal: ${legal}${didYouMean(text.slice(0, 100), names)}.`);
}

/**
 * Checks that the options name exactly one place to drive in, and on a map where from and where to.
 *
 * @throws UsageError
 */
export function checkPlace(options: FlagValues<typeof PLACE_FLAGS>): void {
  const { map, world, start, goal } = options;
  if (map !== undefined && world !== undefined) throw new UsageError("Give --map or --world, not both.");
  if (map === undefined && world === undefined)
    throw new UsageError("Say where to drive: --map FILE.yaml or --world FAMILY:SEED (such as cells:7).");
  if (map !== undefined && (start === undefined || goal === undefined))
    throw new UsageError(
      `A map has no start and goal of its own: --map needs ${start === undefined ? "--start X,Y,YAW_DEG" : ""}${
        start === undefined && goal === undefined ? " and " : ""
      }${goal === undefined ? "--goal X,Y" : ""}.`,
    );
}
