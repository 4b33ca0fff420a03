import { check, checkKeys, checkName, isJsonObject } from "../base/index.ts";
import type { DriveOptions } from "../drive/index.ts";
import { complainAbout, readText } from "../node/index.ts";
import {
  DEFAULT_NAVIGATION_OPTIONS,
  type NavigationOptions,
  type NavigationWeights,
  PROFILES,
  type Profile,
} from "../planner/index.ts";
import { INTERPOLANTS } from "../sim/index.ts";
import { parsePlainYaml } from "./plain-yaml.ts";

/** What a file of parameters sets of a run; what it does not name stays as it is. Plain data. */
export type Params = Pick<DriveOptions, "navigation" | "tolerance">;

/** One value: a number within bounds, or a word out of a list. */
type ValueRow = {
  readonly text: string;
  readonly integer?: true;
  readonly least?: number;
  /** The value is larger than this. */
  readonly above?: number;
  readonly most?: number;
  readonly words?: readonly string[];
};
type GroupRow = { readonly text: string; readonly fields: Fields };
type Fields = { readonly [name: string]: ValueRow | GroupRow };

const weight = (text: string): ValueRow => ({ text, least: 0, most: 1e6 });
const penalty = (text: string): GroupRow => ({
  text,
  fields: {
    linear: weight("price of a violation, per unit; exact above the row's multiplier"),
    quadratic: weight("price of half its square"),
  },
});

const WEIGHTS: Record<keyof NavigationWeights, ValueRow> = {
  position: weight("squared distance to the local goal, as a share of the lookahead, at every stage"),
  terminalPosition: weight("the same at the last stage"),
  terminalYaw: weight("error of the heading at the last stage, as 1 - cos"),
  trackPosition: weight(
    "squared distance to the reference on a route with headings, as a share of the lookahead",
  ),
  trackYaw: weight("error of the heading beside it, as 1 - cos"),
  speed: weight("squared speed, as a share of the robot's largest"),
  terminalSpeed: weight("the same at the last stage"),
  turn: weight("squared turn rate (steering angle of a bicycle), as a share of the largest"),
  terminalTurn: weight("the same at the last stage"),
  acceleration: weight("squared acceleration, as a share of the largest"),
  angularAcceleration: weight("squared angular acceleration (steering rate), as a share of the largest"),
  reverse: weight(
    "squared speed backwards in addition, as a share of the largest forwards, where reversing is discouraged",
  ),
};

const NAVIGATION: Record<keyof NavigationOptions, ValueRow | GroupRow> = {
  N: { text: "stages of the horizon; a network is made for one N", integer: true, least: 2, most: 1000 },
  dt: { text: "duration of a stage [s]", above: 0, most: 10 },
  lookahead: { text: "distance of the local goal along the path [m]", above: 0, most: 100 },
  margin: { text: "clearance that the discs keep beyond their radius [m]", least: 0, most: 10 },
  profile: {
    text: "sets reaction, berth and effort, where those are not given",
    words: Object.keys(PROFILES),
  },
  reaction: {
    text: "time whose way at the present speed the discs keep clear by, too [s]",
    least: 0,
    most: 2,
  },
  berth: {
    text: "time whose way at the top speed the route would keep clear by, too [s]; by default the reaction, if given",
    least: 0,
    most: 2,
  },
  effort: {
    text: "share of their weights with which speeds and accelerations count; with less the robot hurries more",
    above: 0,
    most: 100,
  },
  interpolation: { text: "how distances are read between cells", words: Object.keys(INTERPOLANTS) },
  weights: { text: "what the plan weighs against what, per stage", fields: WEIGHTS },
  collision: penalty("of coming nearer to an obstacle than the margin, as a share of the lookahead"),
  speedLimit: penalty("of going faster than the robot may"),
};

const PARAMS: Record<keyof Params, GroupRow> = {
  navigation: { text: "the optimization of every tick", fields: NAVIGATION },
  tolerance: {
    text: "when a goal counts as reached; --tolerance wins over it",
    fields: {
      position: { text: "distance [m]", above: 0, most: 100 },
      yaw: { text: "error of the heading, where the goal has one [rad]", above: 0, most: Math.PI },
    },
  },
};

/** What an editor may write on the first line of a file, and nobody here reads. */
const SCHEMA_KEY = "$schema";

/**
 * Reads a file of parameters: YAML, or JSON, which is YAML. What is not named keeps its value; a group that is named in part
 * keeps the others' defaults. Flags beside the groups are `expandConfig`'s.
 *
 * @param text content of the file
 * @throws FormatError for what is not YAML, ConfigError naming the key, what it is and what it may be
 */
export function parseParams(text: string): Params {
  const file = parsePlainYaml(text) ?? {};
  check("the file", file, isJsonObject(file), `${Object.keys(PARAMS).join(", ")} and flags`);
  const groups = Object.entries(file).filter(([name]) => name in PARAMS);
  const { navigation, tolerance } = checkGroup("", Object.fromEntries(groups), PARAMS) as Params;
  return {
    ...(navigation !== undefined && { navigation: completeGroups(navigation) }),
    ...(tolerance !== undefined && { tolerance }),
  };
}

/** Reads a file of parameters. @throws as `parseParams`, naming the file */
export function readParams(file: string): Promise<Params> {
  return complainAbout(file, async () => parseParams(await readText(file)));
}

/** The planner's parameters of a command line: those of a file, and a profile beside them. @throws as `readParams` */
export async function givenParams(options: {
  readonly params?: string;
  readonly profile?: Profile;
}): Promise<Params> {
  const { params, profile } = options;
  const file = params === undefined ? {} : await readParams(params);
  return profile === undefined ? file : { ...file, navigation: { ...file.navigation, profile } };
}

/** Weights and penalties are taken as a whole: what a file leaves out of one is the default's. */
function completeGroups(given: Partial<NavigationOptions>): Partial<NavigationOptions> {
  const groups = (["weights", "collision", "speedLimit"] as const).filter(
    (name) => given[name] !== undefined,
  );
  return {
    ...given,
    ...Object.fromEntries(
      groups.map((name) => [name, { ...DEFAULT_NAVIGATION_OPTIONS[name], ...given[name] }]),
    ),
  };
}

function checkGroup(path: string, value: unknown, fields: Fields): Record<string, unknown> {
  const legal = Object.keys(fields);
  const name = path === "" ? "the file" : path;
  check(name, value, isJsonObject(value), legal.join(", "));
  checkKeys(name, value, legal);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const row = fields[key]!;
      const where = path === "" ? key : `${path}.${key}`;
      return [key, "fields" in row ? checkGroup(where, item, row.fields) : checkValue(where, item, row)];
    }),
  );
}

function checkValue(where: string, value: unknown, row: ValueRow): unknown {
  const {
    text,
    words,
    integer,
    least = Number.NEGATIVE_INFINITY,
    above = Number.NEGATIVE_INFINITY,
    most,
  } = row;
  if (words !== undefined) {
    checkName(where, value, words);
    return value;
  }
  const within = typeof value === "number" && value >= least && value > above && value <= most!;
  const kind = integer === true ? "a whole number" : "a number";
  const from = row.above === undefined ? `>= ${least}` : `> ${above}`;
  const legal = within && (integer !== true || Number.isInteger(value));
  check(where, value, legal, `${kind} ${from} and <= ${most} (${text})`);
  return value;
}

/**
 * The JSON schema of the file, made of the same tables that check it; `schemas/params.schema.json` is its text.
 *
 * @param flags properties of the flags that it may hold, too
 */
export function paramsSchema(flags: object = {}): object {
  const { properties, ...schema } = schemaOf(
    { text: "what is not named keeps its value; flags are named as on the command line", fields: PARAMS },
    DEFAULTS,
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title:
      "What a run has, the planner's parameters and flags: navigate, evaluate and connect --params FILE.yaml",
    ...schema,
    properties: { ...flags, ...(properties as object) },
    type: ["object", "null"], // an empty file is null
  };
}

const DEFAULTS = { navigation: DEFAULT_NAVIGATION_OPTIONS };

function schemaOf(row: ValueRow | GroupRow, usual: unknown): Readonly<Record<string, unknown>> {
  if ("fields" in row) {
    const of = (name: string): unknown => (isJsonObject(usual) ? usual[name] : undefined);
    const properties = Object.entries(row.fields).map(([name, field]) => [name, schemaOf(field, of(name))]);
    const open =
      row.fields === PARAMS ? { [SCHEMA_KEY]: { description: "where this schema lies, for editors" } } : {};
    return {
      description: row.text,
      type: "object",
      additionalProperties: false,
      properties: { ...open, ...Object.fromEntries(properties) },
    };
  }
  const { text, words, integer, least, above, most } = row;
  const shared = { description: text, ...(usual !== undefined && { default: usual }) };
  if (words !== undefined) return { ...shared, enum: words };
  return {
    ...shared,
    type: integer === true ? "integer" : "number",
    ...(least !== undefined && { minimum: least }),
    ...(above !== undefined && { exclusiveMinimum: above }),
    maximum: most,
  };
}
