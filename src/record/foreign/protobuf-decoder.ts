import {
  FormatError,
  type ProtobufField,
  type ProtobufMessage,
  readFields,
  readMessage,
} from "../../base/index.ts";
import { ELEMENTS_READ } from "./ros-decoder.ts";

type Field = {
  readonly name: string;
  /** As in `FieldDescriptorProto.Type`. */ readonly type: number;
  readonly repeated: boolean;
  /** Of a message, its whole name. */ readonly message: string;
};
/** Fields of each message, by its whole name and their numbers. */
type Messages = ReadonlyMap<string, ReadonlyMap<number, Field>>;

const TYPE = { double: 1, float: 2, int64: 3, uint64: 4, int32: 5, fixed64: 6, fixed32: 7, bool: 8 } as const;
const MORE = {
  message: 11,
  uint32: 13,
  enum: 14,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
} as const;
const REPEATED = 3;
/** Messages within one another, at most. */
const DEEPEST = 32;

/**
 * Reads protobuf messages whose schema is a `FileDescriptorSet`, as MCAP files have it.
 *
 * Source: mcap.dev/spec/registry (protobuf); protobuf.dev, "Encoding"; google/protobuf/descriptor.proto.
 *
 * @param name whole name of the message, `foxglove.Imu`
 * @returns a message as plain data: numbers and messages, without strings and bytes; absent numbers are 0
 * @throws FormatError for a schema that cannot be read, or that lacks the message
 */
export function createProtobufDecoder(name: string, schema: Uint8Array): (data: Uint8Array) => unknown {
  const messages = readDescriptors(schema);
  if (!messages.has(name)) throw new FormatError(`the schema does not hold the message "${name}"`);
  return (data) => decode(messages, name, data, 0);
}

function readDescriptors(schema: Uint8Array): Messages {
  const messages = new Map<string, Map<number, Field>>();
  const take = (message: ProtobufMessage, within: string, depth: number): void => {
    if (depth > DEEPEST) throw new FormatError(`the schema has messages more than ${DEEPEST} deep`);
    const name = join(within, message.text(1, "DescriptorProto.name") ?? "");
    const fields = new Map<number, Field>();
    for (const field of message.messages(2, "DescriptorProto.field", "FieldDescriptorProto"))
      fields.set(field.number(3, "number") ?? 0, {
        name: field.text(1, "name") ?? "",
        type: field.number(5, "type") ?? 0,
        repeated: field.number(4, "label") === REPEATED,
        message: field.text(6, "type_name") ?? "",
      });
    messages.set(name, fields);
    for (const inner of message.messages(3, "DescriptorProto.nested_type", "DescriptorProto"))
      take(inner, name, depth + 1);
  };
  for (const file of readMessage(schema, "FileDescriptorSet").messages(1, "file", "FileDescriptorProto")) {
    const within = file.text(2, "FileDescriptorProto.package") ?? "";
    for (const message of file.messages(4, "message_type", "DescriptorProto")) take(message, within, 0);
  }
  for (const [name, fields] of messages)
    for (const [number, field] of fields)
      fields.set(number, { ...field, message: wholeName(messages, name, field.message) });
  return messages;
}

/** A name that begins with a dot is whole; others are looked up from the inside to the outside. */
function wholeName(messages: ReadonlyMap<string, unknown>, within: string, name: string): string {
  if (name.startsWith(".")) return name.slice(1);
  for (let scope = within; scope !== ""; scope = scope.slice(0, Math.max(0, scope.lastIndexOf(".")))) {
    if (messages.has(`${scope}.${name}`)) return `${scope}.${name}`;
  }
  return name;
}

function join(within: string, name: string): string {
  return within === "" ? name : `${within}.${name}`;
}

function decode(messages: Messages, name: string, data: Uint8Array, depth: number): unknown {
  const fields = messages.get(name);
  if (fields === undefined || depth > DEEPEST) return undefined;
  const out: Record<string, unknown> = Object.create(null);
  // Numbers that are their defaults are not written: proto3 leaves out every 0.
  for (const field of fields.values()) if (isNumber(field) && !field.repeated) out[field.name] = 0;
  for (const part of readFields(data, name)) {
    const field = fields.get(part.number);
    if (field === undefined) continue;
    const values = valuesOf(messages, field, part, depth);
    if (!field.repeated) {
      if (values.length > 0) out[field.name] = values.at(-1);
      continue;
    }
    const list = (out[field.name] as unknown[] | undefined) ?? [];
    out[field.name] = list;
    for (const value of values) if (list.length < ELEMENTS_READ) list.push(value);
  }
  return out;
}

/** The values of a field in one part of a message: several where numbers are packed. */
function valuesOf(messages: Messages, field: Field, part: ProtobufField, depth: number): unknown[] {
  const { type } = field;
  if (type === MORE.message)
    return part.kind === "bytes" ? [decode(messages, field.message, part.bytes, depth + 1)] : [];
  if (!isNumber(field)) return [];
  if (part.kind === "value") return [ofVarint(type, part.value)];
  const size = FIXED_SIZES.get(type);
  if (size === undefined) return [...packedVarints(part.bytes)].map((value) => ofVarint(type, value));
  const view = new DataView(part.bytes.buffer, part.bytes.byteOffset, part.bytes.byteLength);
  const values: number[] = [];
  for (let at = 0; at + size <= part.bytes.length && values.length < ELEMENTS_READ; at += size)
    values.push(ofFixed(type, view, at));
  return values;
}

const FIXED_SIZES: ReadonlyMap<number, number> = new Map<number, number>([
  [TYPE.double, 8],
  [TYPE.float, 4],
  [TYPE.fixed64, 8],
  [TYPE.fixed32, 4],
  [MORE.sfixed32, 4],
  [MORE.sfixed64, 8],
]);

function ofFixed(type: number, view: DataView, at: number): number {
  switch (type) {
    case TYPE.double:
      return view.getFloat64(at, true);
    case TYPE.float:
      return view.getFloat32(at, true);
    case TYPE.fixed64:
      return Number(view.getBigUint64(at, true));
    case TYPE.fixed32:
      return view.getUint32(at, true);
    case MORE.sfixed32:
      return view.getInt32(at, true);
    default:
      return Number(view.getBigInt64(at, true));
  }
}

function ofVarint(type: number, value: number): number {
  if (type === MORE.sint32 || type === MORE.sint64) {
    const unsigned = value < 0 ? value + 2 ** 64 : value;
    return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2;
  }
  if (type === TYPE.uint64 && value < 0) return value + 2 ** 64;
  return value;
}

/** Numbers that lie one after the other: those of fields 1 of as many messages would look the same. */
function* packedVarints(bytes: Uint8Array): Generator<number> {
  let value = 0;
  let scale = 1;
  let found = 0;
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (scale > 2 ** 70) throw new FormatError("a packed number is longer than ten bytes");
    if (byte >= 0x80) continue;
    yield value >= 2 ** 63 ? value - 2 ** 64 : value;
    if (++found >= ELEMENTS_READ) return;
    value = 0;
    scale = 1;
  }
}

function isNumber({ type }: Field): boolean {
  return (type >= TYPE.double && type <= TYPE.bool) || (type >= MORE.uint32 && type <= MORE.sint64);
}
