import { type Document, isAlias, isMap, isScalar, isSeq, parseAllDocuments, type YAMLMap } from "yaml";
import { check, FormatError } from "../base/index.ts";
import { MAX_RESOLUTION, MIN_RESOLUTION, type Pose } from "./grid.ts";

/** How brightness becomes occupancy. */
export type MapMode = "trinary" | "scale" | "raw";
/** The modes of a map's YAML. */
export const MAP_MODES: readonly MapMode[] = ["trinary", "scale", "raw"];

/** The YAML half of a ROS map: how its image is to be read. */
export type MapYaml = {
  /** Path of the image, relative to the YAML file's folder unless absolute. */ readonly image: string;
  /** Side of a pixel. [m] */ readonly resolution: number;
  /** Pose of the lower left pixel's outer corner in the map frame. [m, m, rad] */ readonly origin: Pose;
  /** True: bright is occupied. */ readonly negate: boolean;
  /** Above this occupancy a pixel is an obstacle. 0 .. 1 */ readonly occupiedThresh: number;
  /** Below this occupancy a pixel is free. 0 .. occupiedThresh */ readonly freeThresh: number;
  readonly mode: MapMode;
};

/** A map's YAML is some 150 bytes long; a longer text is refused unread. [characters] */
export const MAX_YAML_LENGTH = 2 ** 16;

/**
 * Reads the YAML of a map as nav2_map_server does: `image`, `resolution`, `origin: [x, y, yaw]`, `negate`,
 * `occupied_thresh`, `free_thresh`, and `mode` (default trinary, any case); further keys are ignored, and so
 * are further documents. Stricter than ROS where ROS would go on with nonsense: numbers are finite,
 * 0 <= free_thresh <= occupied_thresh <= 1, negate is 0, 1 or a boolean, and no key comes twice.
 *
 * @param text the whole file
 * @param name what to call the file in messages
 * @throws FormatError that names the key, what it is and what it may be
 *
 * Source: navigation2, nav2_map_server/src/map_io.cpp, `loadMapYaml`.
 */
export function parseMapYaml(text: string, name = "map YAML"): MapYaml {
  const fields = readFields(text, name);
  const image = readText(fields, "image");
  if (image === "")
    throw new FormatError(`${name}: image is empty, expected the path of a PGM, PNG or BMP file`);
  const resolution = readNumber(fields, "resolution");
  const fine = resolution >= MIN_RESOLUTION && resolution <= MAX_RESOLUTION;
  const range = `a number > 0 (${MIN_RESOLUTION} .. ${MAX_RESOLUTION}) [m per pixel]`;
  check(`${name}: resolution`, resolution, fine, range, FormatError);
  const origin = readOrigin(fields);
  const occupiedThresh = readNumber(fields, "occupied_thresh");
  const freeThresh = readNumber(fields, "free_thresh");
  if (!(freeThresh >= 0 && freeThresh <= occupiedThresh && occupiedThresh <= 1)) {
    throw new FormatError(
      `${name}: free_thresh is ${freeThresh} and occupied_thresh is ${occupiedThresh}, ` +
        "expected 0 <= free_thresh <= occupied_thresh <= 1",
    );
  }
  const mode = fields.root.has("mode") ? readText(fields, "mode").toLowerCase() : "trinary";
  check(`${name}: mode`, mode, isMode(mode), `one of ${MAP_MODES.join(", ")}`, FormatError);
  return { image, resolution, origin, negate: readNegate(fields), occupiedThresh, freeThresh, mode };
}

/** What the YAML of a costmap filter's mask says beside the map: how its values are meant. */
export type FilterInfo = { readonly type?: number; readonly base?: number; readonly multiplier?: number };

/**
 * Reads `type`, `base` and `multiplier` beside a map's keys, as Nav2's costmap filter info server has them for a mask.
 *
 * @throws FormatError for what is there and no number
 */
export function parseFilterInfo(text: string, name = "mask YAML"): FilterInfo {
  const fields = readFields(text, name);
  const given = (["type", "base", "multiplier"] as const).filter((key) => fields.root.has(key));
  return Object.fromEntries(given.map((key) => [key, readNumber(fields, key)]));
}

/** Writes what {@link parseMapYaml} reads, every number to its last bit. */
export function formatMapYaml(map: MapYaml): string {
  const { x, y, yaw } = map.origin;
  return [
    `image: ${/^[\w][\w./-]*$/.test(map.image) ? map.image : JSON.stringify(map.image)}`,
    `mode: ${map.mode}`,
    `resolution: ${map.resolution}`,
    `origin: [${x}, ${y}, ${yaw}]`,
    `negate: ${map.negate ? 1 : 0}`,
    `occupied_thresh: ${map.occupiedThresh}`,
    `free_thresh: ${map.freeThresh}`,
    "",
  ].join("\n");
}

type Fields = { readonly root: YAMLMap; readonly document: Document; readonly name: string };

function readFields(text: string, name: string): Fields {
  if (text.length > MAX_YAML_LENGTH) {
    throw new FormatError(
      `${name} has ${text.length} characters, expected at most ${MAX_YAML_LENGTH}: is it a map's YAML?`,
    );
  }
  let documents: ReturnType<typeof parseAllDocuments>;
  try {
    // In the failsafe schema every scalar stays text, so what a number is gets decided here, not by YAML's version.
    documents = parseAllDocuments(text, { schema: "failsafe", prettyErrors: true, logLevel: "silent" });
  } catch (cause) {
    // Nesting deep enough to exhaust the stack ends up here.
    throw new FormatError(`${name} is not YAML: ${(cause as Error).message}`, { cause });
  }
  const document = documents[0];
  const error = document?.errors[0];
  if (error) throw new FormatError(`${name} is not YAML: ${error.message.split("\n")[0]}`, { cause: error });
  if (!document || !isMap(document.contents)) {
    throw new FormatError(
      `${name} has no keys, expected image, resolution, origin, negate, occupied_thresh, free_thresh`,
    );
  }
  return { root: document.contents, document: document as Document, name };
}

function readOrigin(fields: Fields): Pose {
  const { name } = fields;
  const node = readNode(fields, "origin");
  if (!isSeq(node) || node.items.length !== 3) {
    const got = isSeq(node) ? `a list of ${node.items.length}` : describe(node);
    throw new FormatError(`${name}: origin is ${got}, expected a list of 3 numbers [x, y, yaw] [m, m, rad]`);
  }
  const [x, y, yaw] = node.items.map((item, k) => toNumber(resolve(fields, item), `origin[${k}]`, name)) as [
    number,
    number,
    number,
  ];
  return { x, y, yaw };
}

function readNegate(fields: Fields): boolean {
  const text = readText(fields, "negate");
  const yes = text === "1" || TRUE.test(text);
  const legal = yes || text === "0" || FALSE.test(text);
  check(`${fields.name}: negate`, text, legal, "0, 1, true or false", FormatError);
  return yes;
}

/** The booleans of yaml-cpp. */
const TRUE = /^(true|yes|on|y)$/i;
const FALSE = /^(false|no|off|n)$/i;

function readNumber(fields: Fields, key: string): number {
  return toNumber(readNode(fields, key), key, fields.name);
}

function readText(fields: Fields, key: string): string {
  const node = readNode(fields, key);
  if (!isScalar(node)) {
    throw new FormatError(`${fields.name}: ${key} is ${describe(node)}, expected a single value`);
  }
  return String(node.value ?? "");
}

function readNode(fields: Fields, key: string): unknown {
  const pair = fields.root.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (!pair) throw new FormatError(`${fields.name}: ${key} is missing`);
  return resolve(fields, pair.value);
}

/** What an alias stands for. Nothing is ever expanded, so a YAML bomb has nothing to blow up. */
function resolve({ document }: Fields, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function toNumber(node: unknown, key: string, name: string): number {
  const text = isScalar(node) ? String(node.value ?? "") : undefined;
  const value = text !== undefined && NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw new FormatError(
      `${name}: ${key} is ${text === undefined ? describe(node) : JSON.stringify(text)}, expected a finite number`,
    );
  }
  return value;
}

/** A decimal number; no .inf, .nan, hexadecimal, octal or sexagesimal. */
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/;

function describe(node: unknown): string {
  if (isSeq(node)) return "a list";
  if (isMap(node)) return "a mapping";
  return isScalar(node) ? JSON.stringify(String(node.value)) : "empty";
}

function isMode(text: string): text is MapMode {
  return (MAP_MODES as readonly string[]).includes(text);
}
