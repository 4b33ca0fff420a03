import { type Command, InvalidArgumentError, Option } from "commander";
import { didYouMean } from "../base/index.ts";
import { SENSORS, type SensorKind } from "../drive/index.ts";
import { UsageError } from "../node/index.ts";
import { WARM_START_NAMES, type WarmStartName } from "../planner/index.ts";
import { type Goal, type Pose, ROBOT_NAMES } from "../sim/index.ts";
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
  type WorldRef,
} from "./parse-values.ts";

/** Values of the shared options as verbs get them: checked, in SI units, but for `deadline`. */
export type SharedOptions = {
  readonly map?: string;
  readonly world?: WorldRef;
  readonly start?: Pose;
  readonly goal?: Goal;
  /** A name out of {@link ROBOT_NAMES} or the path of a JSON file. */
  readonly robot: string;
  readonly init: WarmStartName;
  readonly iterations?: number;
  /** Control rate. [Hz] */
  readonly rate: number;
  /** Time for one plan, as given on the command line. [ms] */
  readonly deadline?: number;
  readonly sensor: SensorKind;
  /** Longest run in simulated time. [s] */
  readonly timeout: number;
  readonly model?: string;
  readonly seed: number;
  readonly json?: boolean;
  readonly out?: string;
};
export type SharedName = keyof SharedOptions;

const SHARED: { readonly [Name in SharedName]-?: () => Option } = {
  map: () => new Option("--map <FILE.yaml>", "a ROS map_server map").argParser(parseFile(".yaml", ".yml")),
  world: () => new Option("--world <FAMILY:SEED>", "a generated world").argParser(parseWorld),
  start: () =>
    new Option("--start <X,Y,YAW_DEG>", "start in the map frame [m, m, deg]").argParser(parseStart),
  goal: () => new Option("--goal <X,Y[,YAW_DEG]>", "goal in the map frame [m, m, deg]").argParser(parseGoal),
  robot: () =>
    new Option("--robot <NAME|FILE.json>", `one of ${ROBOT_NAMES.join(", ")}, or a file`)
      .argParser(parseRobot)
      .default("jackal"),
  init: () =>
    new Option("--init <WAY>", `start of the optimization: ${WARM_START_NAMES.join(", ")}`)
      .argParser(parseChoice(WARM_START_NAMES))
      .default("best"),
  iterations: () =>
    new Option("--iterations <N>", "SQP iterations per tick (1 with net and best, else up to 10)").argParser(
      parseInteger(1, 1000),
    ),
  rate: () =>
    new Option("--rate <HZ>", "control rate [Hz]").argParser(parseReal(0.1, 1000, "Hz")).default(10),
  deadline: () =>
    new Option("--deadline <MS>", "time for one plan [ms] (one period)").argParser(
      parseReal(0.01, 60_000, "ms"),
    ),
  sensor: () =>
    new Option("--sensor <KIND>", `what the robot sees: ${SENSORS.join(", ")}`)
      .argParser(parseChoice(SENSORS))
      .default("truth"),
  timeout: () =>
    new Option("--timeout <S>", "give up after this much simulated time [s]")
      .argParser(parseReal(0.1, 100_000, "s"))
      .default(100),
  model: () =>
    new Option("--model <FILE.onnx>", "the network behind net and best").argParser(parseFile(".onnx")),
  seed: () =>
    new Option("--seed <N>", "seed of everything random").argParser(parseInteger(0, MAX_SEED)).default(0),
  json: () => new Option("--json", "print JSON on stdout"),
  out: () => new Option("--out <PATH>", "where to write").argParser(parsePath),
};

/** Where to drive, from where and where to. */
export const PLACE = ["map", "world", "start", "goal"] as const satisfies readonly SharedName[];
/** What plans, and how long it may. */
export const PLANNING = [
  "robot",
  "init",
  "model",
  "iterations",
  "deadline",
] as const satisfies readonly SharedName[];
/** What a closed loop has beyond that. */
export const DRIVING = ["rate", "sensor", "timeout"] as const satisfies readonly SharedName[];

/** Adds shared options to a verb, in the order given. */
export function addShared(verb: Command, ...names: readonly SharedName[]): Command {
  for (const name of names) verb.addOption(SHARED[name]());
  return verb;
}

function parseRobot(text: string): string {
  if (text.toLowerCase().endsWith(".json")) return parsePath(text);
  if (ROBOT_NAMES.some((name) => name === text)) return text;
  const legal = `${ROBOT_NAMES.join(", ")}, or a file that ends in .json`;
  throw new InvalidArgumentError(`Legal: ${legal}${didYouMean(text.slice(0, 100), ROBOT_NAMES)}.`);
}

/**
 * Checks that the options name exactly one place to drive in, and on a map where from and where to.
 *
 * @throws UsageError
 */
export function checkPlace(options: Pick<SharedOptions, "map" | "world" | "start" | "goal">): void {
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
