import { dirname, resolve } from "node:path";
import { check, didYouMean, FormatError, isJsonObject, type Json, parseJson, shown } from "../base/index.ts";
import { type Goal, type MoverOptions, type Pose, ROBOT_NAMES, type Walker } from "../sim/index.ts";
import { formatWalker, parseScenarioMovers } from "./scenario-movers.ts";

/** One run of `evaluate`. */
export type Scenario = {
  readonly id: string;
  /** Path of the map's YAML file. */
  readonly map: string;
  /** [m, m, rad] */
  readonly start: Pose;
  readonly goal: Goal;
  /** The goal is reached within this distance. [m] */
  readonly goalTolerance: number;
  /** A robot's name or the path of its JSON file; undefined: as the command line says. */
  readonly robot: string | undefined;
  /** Longest run in simulated time. [s]; undefined: as the command line says. */
  readonly timeout: number | undefined;
  /** How many movers there are and of what kind. */ readonly crowd?: Partial<MoverOptions>;
  /** Who they are, to the last. */ readonly movers?: readonly Walker[];
};

/** How near the goal counts as reached where a scenario does not say. [m] */
export const DEFAULT_GOAL_TOLERANCE_M = 1;

/** The most scenarios in one file. */
export const MAX_SCENARIOS = 1_000_000;

const FIELDS = ["id", "map", "start", "goal", "goal_tolerance_m", "robot", "timeout_s", "movers"];

/**
 * Reads `evaluate`'s JSON Lines: one scenario per line, blank lines ignored, a byte order mark allowed.
 * Paths come out relative to the file's folder. A field that is not ours is ignored, unless it is a likely typo of one.
 *
 * @param text content of the file
 * @param file its path; for paths in it and for messages
 * @throws FormatError with the number of the line
 */
export function parseScenarios(text: string, file: string): Scenario[] {
  const scenarios: Scenario[] = [];
  const lineOf = new Map<string, number>();
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const where = `${file}, line ${index + 1}`;
    const scenario = parseScenario(line, where, dirname(file));
    const earlier = lineOf.get(scenario.id);
    if (earlier !== undefined)
      throw new FormatError(`${where}: id '${scenario.id}' was used before, in line ${earlier}`);
    lineOf.set(scenario.id, index + 1);
    scenarios.push(scenario);
    if (scenarios.length > MAX_SCENARIOS)
      throw new FormatError(`${file}: more than ${MAX_SCENARIOS} scenarios`);
  }
  if (scenarios.length === 0) throw new FormatError(`${file}: no scenario in it, expected one per line`);
  return scenarios;
}

/** A scenario as a line of `evaluate`'s file; paths are written as they are. */
export function formatScenario(scenario: Scenario): string {
  const { id, map, start, goal, goalTolerance, robot, timeout, crowd, movers } = scenario;
  const line = {
    id,
    map,
    start: [start.x, start.y, start.yaw],
    goal: goal.yaw === undefined ? [goal.x, goal.y] : [goal.x, goal.y, goal.yaw],
    goal_tolerance_m: goalTolerance,
    robot,
    timeout_s: timeout,
    movers: movers?.map(formatWalker) ?? crowd,
  };
  return `${JSON.stringify(line)}\n`;
}

function parseScenario(line: string, where: string, folder: string): Scenario {
  const fields = parseObject(line, where);
  const missing = FIELDS.filter((name) => !Object.hasOwn(fields, name));
  for (const name of Object.keys(fields)) {
    const hint = FIELDS.includes(name) ? "" : didYouMean(name, missing);
    if (hint !== "") throw new FormatError(`${where}: unknown field '${clip(name)}'${hint}`);
  }
  const start = numbers(fields, "start", where, "[x, y, yaw] (metres, metres, radians)", [3]);
  const goal = numbers(fields, "goal", where, "[x, y] or [x, y, yaw] (metres, metres, radians)", [2, 3]);
  return {
    id: id(fields, where),
    map: resolve(folder, text(fields, "map", where, "the path of a map's YAML file")),
    start: { x: start[0], y: start[1], yaw: start[2] },
    goal: { x: goal[0], y: goal[1], yaw: goal[2] },
    goalTolerance: positive(fields, "goal_tolerance_m", where) ?? DEFAULT_GOAL_TOLERANCE_M,
    robot: robot(fields, where, folder),
    timeout: positive(fields, "timeout_s", where),
    ...parseScenarioMovers(fields.movers, `${where}: movers`),
  };
}

function parseObject(line: string, where: string): Json {
  const value = parseJson(line, `${where}: `);
  if (!isJsonObject(value))
    throw new FormatError(`${where}: expected a JSON object with ${FIELDS.join(", ")}, got ${shown(value)}`);
  return value;
}

function id(fields: Json, where: string): string {
  if (typeof fields.id === "number" && Number.isFinite(fields.id)) return String(fields.id);
  return text(fields, "id", where, "a name of its own for each line");
}

function robot(fields: Json, where: string, folder: string): string | undefined {
  if (fields.robot === undefined || fields.robot === null) return undefined;
  const legal = `one of ${ROBOT_NAMES.join(", ")}, or the path of a .json file`;
  const name = text(fields, "robot", where, legal);
  if (ROBOT_NAMES.some((known) => known === name)) return name;
  if (name.toLowerCase().endsWith(".json")) return resolve(folder, name);
  throw new FormatError(
    `${where}: robot is '${clip(name)}', expected ${legal}${didYouMean(name, ROBOT_NAMES)}`,
  );
}

function text(fields: Json, name: string, where: string, expected: string): string {
  const value = fields[name];
  const legal = typeof value === "string" && value !== "" && value.length <= 4096 && !value.includes("\0");
  check(`${where}: ${name}`, value, legal, expected, FormatError);
  return value;
}

function numbers(
  fields: Json,
  name: string,
  where: string,
  form: string,
  lengths: readonly number[],
): number[] {
  const value = fields[name];
  const isLegal = (item: unknown): boolean => typeof item === "number" && Math.abs(item) <= 1e7;
  const legal = Array.isArray(value) && lengths.includes(value.length) && value.every(isLegal);
  check(`${where}: ${name}`, value, legal, form, FormatError);
  return value;
}

function positive(fields: Json, name: string, where: string): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const legal = typeof value === "number" && value > 0 && value <= 1e6;
  check(`${where}: ${name}`, value, legal, "a number above 0 and up to 1e6", FormatError);
  return value;
}

function clip(long: string): string {
  return long.length > 60 ? `${long.slice(0, 60)} ...` : long;
}
