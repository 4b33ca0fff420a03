import { FormatError } from "../../base/index.ts";
import { ROS_PRIMITIVES, type RosField, type RosSchema } from "./ros-schema.ts";

/** Elements of an array that are looked at; the rest are passed over. */
export const ELEMENTS_READ = 64;

/**
 * Reads messages as ROS 1 writes them: little-endian, nothing aligned.
 *
 * Source: wiki.ros.org/ROS/Technical Overview, "Message serialization".
 *
 * @returns a message as plain data: strings empty, of long arrays the first {@link ELEMENTS_READ} elements
 */
export function createRos1Decoder(schema: RosSchema): (data: Uint8Array) => unknown {
  return (data) => readStruct(createBytes(data, 0, true, 1), schema, schema.root);
}

/** CDR of the second version aligns eight-byte numbers to four. Source: OMG DDS-XTYPES 1.3, 7.4.3.5. */
const FIRST_XCDR2 = 6;

/**
 * Reads messages as ROS 2 writes them: four bytes that say how, then CDR, each number aligned to its size.
 *
 * Source: OMG CORBA 3.3 part 2, 9.3 (CDR); design.ros2.org, "ROS on DDS".
 *
 * @returns as {@link createRos1Decoder}
 */
export function createRos2Decoder(schema: RosSchema): (data: Uint8Array) => unknown {
  return (data) => {
    if (data.length < 4) throw new FormatError(`a CDR message has ${data.length} bytes, expected at least 4`);
    const kind = data[1];
    return readStruct(
      createBytes(data, 4, (kind & 1) === 1, kind >= FIRST_XCDR2 ? 4 : 8),
      schema,
      schema.root,
    );
  };
}

/** Reads one value after the other. */
type Bytes = {
  number(type: string): number;
  /** Goes on behind a string. */ passText(): void;
  /** How many elements follow. */ count(): number;
  /** Goes on behind so many numbers. */ pass(type: string, count: number): void;
  /** Counts a structure: no message has more of them than bytes. */ step(): void;
  /** Whether lengths are those of CDR. */ readonly aligned: boolean;
  readonly left: number;
};

/** Structures without a byte of their own, at most. */
const MOST_EMPTY = 1000;

/** @param from where the first value is, and what is aligned to @param most alignment; 1: none */
function createBytes(data: Uint8Array, from: number, little: boolean, most: number): Bytes {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = from;
  let steps = 0;
  const take = (size: number, count = 1): number => {
    const step = Math.min(size, most);
    at += (step - ((at - from) % step)) % step;
    const begin = at;
    at += size * count;
    if (at > data.length) throw new FormatError(`the message ends ${at - data.length} bytes too early`);
    return begin;
  };
  const count = (): number => view.getUint32(take(4), little);
  return {
    aligned: most > 1,
    step() {
      if (++steps > data.length + MOST_EMPTY)
        throw new FormatError(`the message has more structures than its ${data.length} bytes`);
    },
    get left() {
      return data.length - at;
    },
    count,
    number(type) {
      const begin = take(ROS_PRIMITIVES[type]);
      return READ[type](view, begin, little);
    },
    passText() {
      take(1, count());
    },
    pass(type, n) {
      if (n > 0) take(ROS_PRIMITIVES[type], n);
    },
  };
}

const READ: Readonly<Record<string, (view: DataView, at: number, little: boolean) => number>> = {
  bool: (v, at) => v.getUint8(at),
  byte: (v, at) => v.getUint8(at),
  char: (v, at) => v.getUint8(at),
  int8: (v, at) => v.getInt8(at),
  uint8: (v, at) => v.getUint8(at),
  int16: (v, at, le) => v.getInt16(at, le),
  uint16: (v, at, le) => v.getUint16(at, le),
  int32: (v, at, le) => v.getInt32(at, le),
  uint32: (v, at, le) => v.getUint32(at, le),
  int64: (v, at, le) => Number(v.getBigInt64(at, le)),
  uint64: (v, at, le) => Number(v.getBigUint64(at, le)),
  float32: (v, at, le) => v.getFloat32(at, le),
  float64: (v, at, le) => v.getFloat64(at, le),
};

function readStruct(bytes: Bytes, schema: RosSchema, name: string): Record<string, unknown> {
  bytes.step();
  const fields = schema.definitions.get(name)!;
  // CDR has one byte where a structure has no member.
  if (fields.length === 0 && bytes.aligned) bytes.pass("uint8", Math.min(1, bytes.left));
  const out: Record<string, unknown> = Object.create(null);
  for (const field of fields) out[field.name] = readField(bytes, schema, field);
  return out;
}

function readField(bytes: Bytes, schema: RosSchema, { type, array }: RosField): unknown {
  if (array === undefined) return readOne(bytes, schema, type);
  const count = array === "sequence" ? bytes.count() : array;
  const kept = Math.min(count, ELEMENTS_READ);
  const values: unknown[] = [];
  if (type in ROS_PRIMITIVES) {
    // Bytes are pictures and clouds, nobody plots them one by one.
    const wanted = type === "uint8" || type === "byte" || type === "char" ? 0 : kept;
    for (let i = 0; i < wanted; i++) values.push(bytes.number(type));
    bytes.pass(type, count - wanted);
    return values;
  }
  // A structure has at least a byte, but where it has no member: nobody can ask for more of them than there are bytes.
  if (count > bytes.left) throw new FormatError(`${count} elements of ${type} in ${bytes.left} bytes`);
  for (let i = 0; i < count; i++) {
    const value = readOne(bytes, schema, type);
    if (i < kept) values.push(value);
  }
  return values;
}

function readOne(bytes: Bytes, schema: RosSchema, type: string): unknown {
  if (type in ROS_PRIMITIVES) return bytes.number(type);
  if (type === "string") {
    bytes.passText();
    return undefined;
  }
  if (type === "wstring")
    throw new FormatError("a wstring cannot be read: each implementation writes its own");
  if (type === "time" || type === "duration") {
    const whole = type === "time" ? "uint32" : "int32";
    return { sec: bytes.number(whole), nsec: bytes.number(whole) };
  }
  return readStruct(bytes, schema, type);
}
