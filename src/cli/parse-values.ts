import { InvalidArgumentError } from "commander";
import { ConfigError, checkKeys, didYouMean, wrapAngle } from "../base/index.ts";
import {
  checkLatency,
  checkLidar,
  type Goal,
  type Latency,
  type Lidar,
  MAX_MOVERS,
  MAX_WORLD_SEED,
  type MoverOptions,
  type Pose,
  parseWorldName,
  parseWorldRange,
  resolveMoverOptions,
  type WorldFamily,
  type WorldId,
} from "../sim/index.ts";

/** A generated world; without a seed of its own it takes `--seed`'s. */
export type WorldRef = { readonly family: WorldFamily; readonly seed: number | undefined };

/** The largest seed, of worlds and of everything else. */
export const MAX_SEED = MAX_WORLD_SEED;
/** Coordinates beyond this are taken for a slip. [m] */
const MAX_COORDINATE = 1e7;

// Every parser takes the text of a flag's value and throws commander's InvalidArgumentError, to whose
// message commander adds the name of the flag and the value.

function refuse(message: string): never {
  throw new InvalidArgumentError(message);
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

function toNumber(text: string): number {
  return text.length <= 40 && DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** A whole number from `min` to `max`. */
export function parseInteger(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) refuse(`Expected a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A number from `min` to `max`, in a unit that messages name. */
export function parseReal(min: number, max: number, unit: string): (text: string) => number {
  return (text) => {
    const value = toNumber(text);
    if (!(value >= min && value <= max)) refuse(`Expected a number from ${min} to ${max} [${unit}].`);
    return value;
  };
}

/** `DELAY,LAG`, in seconds each. */
export function parseLatency(text: string): Latency {
  const [delay, lag, ...rest] = text
    .slice(0, 200)
    .split(",")
    .map((part) => toNumber(part.trim()));
  if (delay === undefined || lag === undefined || rest.length > 0)
    refuse("Expected DELAY,LAG (seconds each), such as 0.15,0.05.");
  return asArgument(() => checkLatency("latency", { delay, lag }));
}

/** `M[,RAD]`: standard deviations of place and yaw; one number is both. */
export function parsePoseNoise(text: string): { readonly position: number; readonly yaw: number } {
  const [position, yaw = position, ...rest] = text
    .slice(0, 200)
    .split(",")
    .map((part) => toNumber(part.trim()));
  const legal = rest.length === 0 && position >= 0 && position <= 5 && yaw! >= 0 && yaw! <= Math.PI;
  return legal
    ? { position, yaw: yaw! }
    : refuse("Expected M,RAD, such as 0.02,0.01 (0 to 5 m, 0 to pi rad), or one number for both.");
}

/** `NAME=NUMBER,...` of a lidar: fov and yaw in degrees, lengths in metres. */
export function parseLidar(text: string): Partial<Lidar> {
  const given = parseShares((values) => values, "fov=270,range=10")(text);
  const radians = Object.entries(given).map(([name, value]) => {
    if (name !== "fov" && name !== "yaw") return [name, value];
    const least = name === "fov" ? 1 : -360;
    if (!(value >= least && value <= 360))
      refuse(`${name} is ${value}, expected a number ${least} .. 360 [deg].`);
    return [name, (value * Math.PI) / 180];
  });
  return asArgument(() => checkLidar("lidar", Object.fromEntries(radians)));
}

/** `N`, or `N,blind=0.2,straight=0.1`: how many movers there are, and of what kind. */
export function parseMovers(text: string): Partial<MoverOptions> {
  const comma = text.indexOf(",");
  const count = parseInteger(0, MAX_MOVERS)(comma < 0 ? text : text.slice(0, comma));
  if (comma < 0) return { count };
  const shares = parseShares(({ blind, straight, ...others }) => {
    checkKeys("movers", others, ["blind", "straight"]);
    return { ...(blind === undefined ? {} : { blind }), ...(straight === undefined ? {} : { straight }) };
  }, "10,blind=0.2,straight=0.1")(text.slice(comma + 1));
  return asArgument(() => {
    resolveMoverOptions({ count, ...shares });
    return { count, ...shares };
  });
}

/** Address of a WebSocket server. */
export function parseSocket(text: string): string {
  const isSocket = /^wss?:\/\/[^/\s]/.test(text) && URL.canParse(text);
  return isSocket ? text : refuse("Expected an address such as ws://HOST:PORT, PORT 1 .. 65535.");
}

/** Name of a ROS topic. */
export function parseTopic(text: string): string {
  return /^\/?[A-Za-z][\w/]{0,200}$/.test(text) ? text : refuse("Expected a topic's name, such as /scan.");
}

/** One word out of a list. */
export function parseChoice<T extends string>(legal: readonly T[]): (text: string) => T {
  return (text) => {
    const found = legal.find((word) => word === text);
    return found ?? refuse(`Legal: ${legal.join(", ")}${didYouMean(text, legal)}.`);
  };
}

/** One or more words out of a list, separated by commas, each once. */
export function parseList<T extends string>(legal: readonly T[]): (text: string) => T[] {
  const parse = parseChoice(legal);
  return (text) => {
    const words = text
      .slice(0, 500)
      .split(",")
      .map((word) => parse(word.trim()));
    if (new Set(words).size < words.length) refuse("Expected each word once.");
    return words;
  };
}

/** A file or folder; refuses what is more likely a forgotten value than a path. */
export function parsePath(text: string): string {
  if (text === "") refuse("Expected a path, got nothing.");
  if (text.startsWith("--"))
    refuse(`Expected a path, got what looks like a flag (write ./${text} if it is a path).`);
  if (text.includes("\0")) refuse("A path cannot contain a zero byte.");
  return text;
}

/** A path that ends in one of some extensions. */
export function parseFile(...extensions: readonly string[]): (text: string) => string {
  return (text) => {
    const path = parsePath(text);
    const fits = extensions.some((extension) => path.toLowerCase().endsWith(extension));
    return fits ? path : refuse(`Expected a file that ends in ${extensions.join(" or ")}.`);
  };
}

/** `X,Y,YAW_DEG` in metres and degrees. */
export function parseStart(text: string): Pose {
  const [x, y, yawDeg] = parseCoordinates(text, 3, 3, "X,Y,YAW_DEG (metres, metres, degrees)");
  return { x: x!, y: y!, yaw: toRadians(yawDeg!) };
}

/** `X,Y[,YAW_DEG]` in metres and degrees. */
export function parseGoal(text: string): Goal {
  const [x, y, yawDeg] = parseCoordinates(text, 2, 3, "X,Y or X,Y,YAW_DEG (metres, metres, degrees)");
  return { x: x!, y: y!, yaw: yawDeg === undefined ? undefined : toRadians(yawDeg) };
}

function parseCoordinates(text: string, min: number, max: number, form: string): number[] {
  const values = text
    .slice(0, 200)
    .split(",")
    .map((part) => toNumber(part.trim()));
  const legal = values.length >= min && values.length <= max && values.every(Number.isFinite);
  if (!legal || text.length > 200) refuse(`Expected ${form}, such as ${min === 3 ? "1,2,90" : "8.5,2"}.`);
  if (values.some((value) => Math.abs(value) > MAX_COORDINATE))
    refuse(`Coordinates must lie within ${MAX_COORDINATE} of 0.`);
  return values;
}

function toRadians(degrees: number): number {
  return wrapAngle((degrees * Math.PI) / 180);
}

/** `FAMILY:SEED`, or `FAMILY` alone for the seed of `--seed`. */
export function parseWorld(text: string): WorldRef {
  if (text.includes(":")) return asArgument(() => parseWorldName(text.slice(0, MAX_NAME)));
  const { family } = asArgument(() => parseWorldName(`${text.slice(0, MAX_NAME)}:0`));
  return { family, seed: undefined };
}

/** `FAMILY:FROM-TO`, both ends included, or `FAMILY:SEED`. */
export function parseWorlds(text: string): WorldId[] {
  return asArgument(() => parseWorldRange(text.slice(0, MAX_NAME)));
}

/** Ranges of worlds, `FAMILY:FROM-TO` or `FAMILY:SEED`, with commas between. */
export function parseWorldList(text: string): WorldId[] {
  return splitList(text).flatMap((part) => parseWorlds(part.trim()));
}

/** `NAME=NUMBER,...`, checked by `resolve`. */
export function parseShares<T>(
  resolve: (weights: Readonly<Record<string, number>>) => T,
  example = "ordinary=1,goal=2",
): (text: string) => T {
  return (text) => {
    const weights = new Map<string, number>();
    for (const part of splitList(text)) {
      const [name = "", value = "", ...rest] = part.split("=").map((word) => word.trim());
      if (name === "" || rest.length > 0 || Number.isNaN(toNumber(value)))
        refuse(`Expected NAME=NUMBER,... such as ${example}.`);
      if (weights.has(name)) refuse(`${name.slice(0, MAX_NAME)} is named twice.`);
      weights.set(name, toNumber(value));
    }
    return asArgument(() => resolve(Object.fromEntries(weights)));
  };
}

export function splitList(text: string): string[] {
  if (text.length > MAX_LIST) refuse(`Expected at most ${MAX_LIST} characters.`);
  return text.split(",");
}
const MAX_LIST = 10_000;
/** Names are read up to here; nothing legal is longer. */
const MAX_NAME = 100;

/** Makes a value's complaint about itself one about the flag that it was given to. */
function asArgument<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ConfigError) refuse(`${error.message}.`);
    throw error;
  }
}
