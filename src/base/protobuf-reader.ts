import { FormatError } from "./errors.ts";

/** One field of a protobuf message: a number, or the bytes of a string, a message or a packed list. */
export type ProtobufField =
  | { readonly number: number; readonly kind: "value"; readonly value: number }
  | { readonly number: number; readonly kind: "bytes"; readonly bytes: Uint8Array };

/** Wire types (protobuf.dev/programming-guides/encoding). */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * Goes through the fields of one protobuf message, in the order of the file. Byte strings are views of
 * `message`, not copies. Integers are signed, of 64 bits; beyond 2^53 they lose their last digits.
 *
 * @param where what the message is, for complaints ("ModelProto")
 * @throws FormatError where the bytes are no protobuf message, or end too early
 */
export function* readFields(message: Uint8Array, where: string): Generator<ProtobufField> {
  let at = 0;
  const fail = (what: string): never => {
    throw new FormatError(`${where}: ${what} at byte ${at} of ${message.length}`);
  };
  const varint = (): number => {
    let low = 0; // bits 0..48
    let high = 0; // bits 49..63
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      if (at >= message.length) fail("the bytes end within a number");
      const byte = message[at++];
      if (length < 7) low += (byte & 0x7f) * scale;
      else high += (byte & 0x7f) * scale;
      scale = length === 6 ? 1 : scale * 128;
      if (byte < 0x80) return (high >= 2 ** 14 ? high - 2 ** 15 : high) * 2 ** 49 + low;
    }
    return fail("a number is longer than ten bytes");
  };
  const skip = (length: number): Uint8Array => {
    const left = message.length - at;
    if (length < 0 || length > left) fail(`a field of ${length} bytes begins where ${left} are left`);
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number < 1 || number > 0x1fffffff) fail(`field number ${number} is not legal`);
    switch (tag % 8) {
      case VARINT:
        yield { number, kind: "value", value: varint() };
        break;
      case BYTES:
        yield { number, kind: "bytes", bytes: skip(varint()) };
        break;
      case FIXED64:
        yield { number, kind: "bytes", bytes: skip(8) };
        break;
      case FIXED32:
        yield { number, kind: "bytes", bytes: skip(4) };
        break;
      default:
        fail(`wire type ${tag % 8} is not legal`);
    }
  }
}

/** The fields of one message by their numbers; where a single one is given several times, the last counts. */
export type ProtobufMessage = {
  /** All fields of a number, in the order of the file. */
  all(field: number): readonly ProtobufField[];
  number(field: number, where: string): number | undefined;
  text(field: number, where: string): string | undefined;
  bytes(field: number, where: string): Uint8Array | undefined;
  /** @param name what the inner message is, for complaints */
  message(field: number, where: string, name: string): ProtobufMessage | undefined;
  messages(field: number, where: string, name: string): ProtobufMessage[];
};

/**
 * Reads one message; the messages in it are read when they are asked for.
 *
 * @throws FormatError as {@link readFields}, and where a field is asked for as what it is not
 */
export function readMessage(message: Uint8Array, name: string): ProtobufMessage {
  const fields = new Map<number, ProtobufField[]>();
  for (const field of readFields(message, name)) {
    const known = fields.get(field.number);
    if (known) known.push(field);
    else fields.set(field.number, [field]);
  }
  const all = (field: number): readonly ProtobufField[] => fields.get(field) ?? [];
  const lastAs =
    <T>(read: (field: ProtobufField, where: string) => T) =>
    (field: number, where: string): T | undefined => {
      const last = all(field).at(-1);
      return last && read(last, where);
    };
  const bytes = lastAs(bytesOf);
  return {
    all,
    number: lastAs(protobufNumber),
    text: lastAs(protobufText),
    bytes,
    message(field, where, inner) {
      const own = bytes(field, where);
      return own && readMessage(own, inner);
    },
    messages: (field, where, inner) => all(field).map((one) => readMessage(bytesOf(one, where), inner)),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A field as text. @throws FormatError for a number or for bytes that are not UTF-8 */
export function protobufText(field: ProtobufField, where: string): string {
  try {
    return utf8.decode(bytesOf(field, where));
  } catch (error) {
    throw new FormatError(`${where}: not UTF-8`, { cause: error });
  }
}

/** A field as bytes. @throws FormatError for a number */
export function bytesOf(field: ProtobufField, where: string): Uint8Array {
  if (field.kind === "bytes") return field.bytes;
  throw new FormatError(`${where}: got a number, expected bytes`);
}

/** A field as a number. @throws FormatError for bytes */
export function protobufNumber(field: ProtobufField, where: string): number {
  if (field.kind === "value") return field.value;
  throw new FormatError(`${where}: got bytes, expected a number`);
}
