import { FormatError } from "../../base/index.ts";

/** One field of a ROS message. */
export type RosField = {
  readonly name: string;
  /** A primitive's name, or one of the definitions'. */ readonly type: string;
  /** None: a single value; a number: so many; "sequence": as many as the message says. */
  readonly array?: number | "sequence";
};

/** Fields of each message by its whole name, `geometry_msgs/Point`. */
export type RosSchema = {
  readonly root: string;
  readonly definitions: ReadonlyMap<string, readonly RosField[]>;
};

/** Primitives of both versions; `char` is one byte in both, `time` and `duration` are two numbers. */
export const ROS_PRIMITIVES: Readonly<Record<string, number>> = {
  bool: 1,
  byte: 1,
  char: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
};

/** What ROS 2 has in a package of its own, and recorders leave out of a schema. */
const BUILTIN: Readonly<Record<string, readonly RosField[]>> = {
  "builtin_interfaces/Time": [
    { name: "sec", type: "int32" },
    { name: "nanosec", type: "uint32" },
  ],
  "builtin_interfaces/Duration": [
    { name: "sec", type: "int32" },
    { name: "nanosec", type: "uint32" },
  ],
};

const MOST_DEFINITIONS = 500;
const SIGN = /^=+$/;

/**
 * Reads a message's definition with those it uses, as MCAP files have them: the first one nameless, each other behind
 * `===` and `MSG: package/Name`. Constants and defaults are passed over.
 *
 * Source: mcap.dev/spec/registry (ros1msg, ros2msg); wiki.ros.org/msg; docs.ros.org, "Interfaces".
 *
 * @param name of the first, `package/Name` or `package/msg/Name`
 * @throws FormatError for a line that is no field, or a type that is not defined
 */
export function parseRosSchema(name: string, text: string): RosSchema {
  const definitions = new Map<string, RosField[]>();
  const root = shortName(name);
  let current = root;
  definitions.set(root, []);
  for (const raw of text.split("\n")) {
    const line = withoutComment(raw).trim();
    if (line === "" || line.startsWith("#") || SIGN.test(line)) continue;
    const next = /^MSG:\s*(\S+)$/.exec(line);
    if (next !== null) {
      current = shortName(next[1]);
      if (definitions.size >= MOST_DEFINITIONS)
        throw new FormatError(`the schema of ${root} has more than ${MOST_DEFINITIONS} messages`);
      definitions.set(current, []);
      continue;
    }
    const field = parseField(line, current);
    if (field !== undefined) definitions.get(current)!.push(field);
  }
  return { root, definitions: resolved(definitions) };
}

/** `geometry_msgs/msg/Point` as `geometry_msgs/Point`. */
function shortName(name: string): string {
  return name.replace(/\/msg\//, "/");
}

/** A `#` within quotes is of a default. */
function withoutComment(line: string): string {
  return /["']/.test(line) ? line.replace(/\s#[^"']*$/, "") : line.replace(/#.*$/, "");
}

const FIELD = /^(?<type>[A-Za-z][\w/]*)(?:<=\d+)?(?<array>\[(?:<=)?\d*\])?\s+(?<name>\w+)\s*(?<constant>=)?/;

function parseField(line: string, message: string): RosField | undefined {
  const found = FIELD.exec(line)?.groups;
  if (found === undefined) throw new FormatError(`${message}: "${line.slice(0, 60)}" is no field`);
  if (found.constant !== undefined) return undefined;
  const type = shortName(found.type);
  const length = found.array === undefined ? undefined : /^\[(\d+)\]$/.exec(found.array)?.[1];
  const array =
    found.array === undefined ? {} : { array: length === undefined ? "sequence" : Number(length) };
  return { name: found.name, type, ...array } as RosField;
}

/** With whole names of types: `Header` is `std_msgs/Header`, and a bare name is of the same package. */
function resolved(definitions: ReadonlyMap<string, RosField[]>): Map<string, RosField[]> {
  const known = new Map<string, RosField[]>(definitions);
  for (const [name, fields] of Object.entries(BUILTIN)) if (!known.has(name)) known.set(name, [...fields]);
  const wholeType = (type: string, message: string): string => {
    if (type in ROS_PRIMITIVES || ["string", "wstring", "time", "duration"].includes(type)) return type;
    if (known.has(type)) return type;
    const own = `${message.slice(0, message.lastIndexOf("/"))}/${type}`;
    if (known.has(own)) return own;
    const found = [...known.keys()].find((name) => name.endsWith(`/${type}`));
    if (found === undefined) throw new FormatError(`${message}: the type "${type}" is not defined`);
    return found;
  };
  const out = new Map<string, RosField[]>();
  for (const [message, fields] of known)
    out.set(
      message,
      fields.map((field) => ({ ...field, type: wholeType(field.type, message) })),
    );
  checkDepth(out);
  return out;
}

/** A message within itself has no end. */
function checkDepth(definitions: ReadonlyMap<string, readonly RosField[]>): void {
  const done = new Set<string>();
  const walk = (name: string, within: readonly string[]): void => {
    if (within.includes(name)) throw new FormatError(`the message ${name} holds itself`);
    if (done.has(name)) return;
    for (const { type } of definitions.get(name) ?? [])
      if (definitions.has(type)) walk(type, [...within, name]);
    done.add(name);
  };
  for (const name of definitions.keys()) walk(name, []);
}
