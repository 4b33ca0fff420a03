import {
  ConfigError,
  FormatError,
  isJsonObject,
  type Json,
  MpcError,
  parseJson,
  shown,
} from "../base/index.ts";
import { parseRobot, ROBOT_MODELS, robotKinematics } from "../sim/index.ts";
import { type NetOptions, OLDER_NET, resolveNetOptions } from "./net-options.ts";
import { type NetBody, type NetSpec, netBody } from "./net-spec.ts";
import { ROBOT_WORDS, SHARED_SPEEDS } from "./robot-words.ts";

/** Key of the network's own entry in an ONNX file's `metadata_props`. */
export const NET_METADATA_KEY = "mnemosyne.net";
/** Version of that entry and of the meaning of a network's inputs and outputs; changes with either. */
export const NET_FORMAT = 1;

/** What a network's file says about it. */
export type NetMetadata = {
  readonly format: typeof NET_FORMAT;
  readonly spec: NetSpec;
  /** Data, seeds, steps, figures: for people and cards, plain JSON. */
  readonly training?: Readonly<Record<string, unknown>>;
};

/** The entry as text. */
export function formatNetMetadata(spec: NetSpec, training?: NetMetadata["training"]): string {
  return JSON.stringify({ format: NET_FORMAT, spec, training } satisfies NetMetadata);
}

/**
 * Reads the entry and checks every field of the specification, so that nothing made from it can go wrong.
 *
 * @throws FormatError naming the field, what was got and what is legal
 */
export function parseNetMetadata(text: string): NetMetadata {
  const entry = objectOf(parseJson(text, `${NET_METADATA_KEY} is `), NET_METADATA_KEY);
  if (entry.format !== NET_FORMAT)
    throw new FormatError(
      `${NET_METADATA_KEY}.format is ${JSON.stringify(entry.format)}, expected ${NET_FORMAT}: ` +
        "the network was written by another version of this program",
    );
  const training = entry.training === undefined ? undefined : objectOf(entry.training, "training");
  return { format: NET_FORMAT, spec: specOf(objectOf(entry.spec, "spec")), training };
}

function specOf(spec: Json): NetSpec {
  if (typeof spec.robot !== "string" || spec.robot === "") refuse("spec.robot", spec.robot, "a robot's name");
  const nx = integer(spec, "nx", 4, 64);
  const nu = integer(spec, "nu", 1, 64);
  if (nx !== 3 + nu) refuse("spec.nx", nx, `3 + nu = ${3 + nu}`);
  const options = optionsOf(objectOf(spec.options, "spec.options"));
  if (options.robots === "any" && nu !== SHARED_SPEEDS)
    refuse("spec.nu", nu, `${SHARED_SPEEDS} for any robot`);
  return {
    robot: spec.robot as string,
    ...(spec.body === undefined ? {} : { body: bodyOf(spec.robot as string, spec.body, nu, options.robots) }),
    ...(spec.trainedOn === undefined ? {} : { trainedOn: rangesOf(spec.trainedOn) }),
    nx,
    nu,
    N: integer(spec, "N", 2, 10_000),
    dt: positive(spec.dt, "spec.dt"),
    lookahead: positive(spec.lookahead, "spec.lookahead"),
    speedScale: scales(spec, "speedScale", nx - 3),
    controlScale: scales(spec, "controlScale", nu),
    options,
  };
}

/** The body, which a file says in the words of a robot file; its model must have the sizes of the specification. */
function bodyOf(name: string, given: unknown, nu: number, robots: NetOptions["robots"]): NetBody {
  const body = objectOf(given, "spec.body");
  const lengths = ROBOT_MODELS.flatMap((model) => robotKinematics({ model }).lengths);
  const known = ["model", "footprint", "limits", "reverse", ...lengths].filter((key) => key in body);
  try {
    const robot = parseRobot({ name, ...Object.fromEntries(known.map((key) => [key, body[key]])) });
    const own = robots === "any" ? SHARED_SPEEDS : robotKinematics(robot).nu;
    if (own === nu) return netBody(robot);
    return refuse("spec.body.model", robot.model, `a model of ${3 + nu} states and ${nu} controls`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new FormatError(`${NET_METADATA_KEY}: spec.body: ${error.message}`, { cause: error });
  }
}

/** Least and largest of each word of a robot. */
function rangesOf(given: unknown): NetSpec["trainedOn"] {
  const isRange = (pair: unknown): pair is readonly [number, number] =>
    Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite) && pair[0] <= pair[1];
  if (!Array.isArray(given) || given.length !== ROBOT_WORDS.length || !given.every(isRange))
    return refuse("spec.trainedOn", given, `${ROBOT_WORDS.length} pairs of numbers, each a range`);
  return given;
}

/** Missing options are not filled in: a file says all of them that were there when it was written. */
function optionsOf(given: Json): NetSpec["options"] {
  const options: Json = { ...OLDER_NET, ...given };
  const legal = resolveNetOptions();
  for (const [name, example] of Object.entries(legal)) {
    const value = options[name];
    const fits = Array.isArray(example) ? Array.isArray(value) : typeof value === typeof example;
    if (!fits)
      refuse(`spec.options.${name}`, value, Array.isArray(example) ? "a list" : `a ${typeof example}`);
  }
  try {
    const known = Object.keys(legal).map((name) => [name, options[name]]);
    return resolveNetOptions(Object.fromEntries(known));
  } catch (error) {
    if (!(error instanceof MpcError)) throw error;
    throw new FormatError(`spec.options.${error.message}`, { cause: error });
  }
}

function refuse(name: string, got: unknown, expected: string): never {
  throw new FormatError(`${NET_METADATA_KEY}: ${name} is ${shown(got)}, expected ${expected}`);
}

function objectOf(value: unknown, name: string): Json {
  if (!isJsonObject(value)) return refuse(name, value, "an object");
  return value;
}

function integer(spec: Json, name: string, low: number, high: number): number {
  const value = spec[name];
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high)
    return value as number;
  return refuse(`spec.${name}`, value, `an integer from ${low} to ${high}`);
}

function positive(value: unknown, name: string): number {
  if (typeof value === "number" && value > 0 && value < 1e6) return value;
  return refuse(name, value, "a number > 0");
}

function scales(spec: Json, name: string, length: number): number[] {
  const list = spec[name];
  if (!Array.isArray(list) || list.length !== length)
    return refuse(`spec.${name}`, list, `${length} numbers > 0`);
  return list.map((value, i) => positive(value, `spec.${name}[${i}]`));
}
