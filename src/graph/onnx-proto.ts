/** Protocol-buffer messages being written, field by field (wire format of protobuf 3). */
export type Message = {
  /** Integers of at least 0 and below 2^53, and -1 and the like as 64-bit two's complement. */
  int(field: number, value: number): Message;
  float(field: number, value: number): Message;
  text(field: number, value: string): Message;
  bytes(field: number, value: Uint8Array): Message;
  message(field: number, value: Message): Message;
  finish(): Uint8Array;
};

const VARINT = 0;
const DELIMITED = 2;
const FIXED32 = 5;

const encoder = new TextEncoder();

/** An empty message. */
export function createMessage(): Message {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const push = (chunk: Uint8Array): Message => {
    chunks.push(chunk);
    size += chunk.length;
    return self;
  };
  const tag = (field: number, wire: number): Message => push(varint((field << 3) | wire));
  const self: Message = {
    int: (field, value) => {
      tag(field, VARINT);
      return push(varint(value));
    },
    float: (field, value) => {
      tag(field, FIXED32);
      return push(new Uint8Array(Float32Array.of(value).buffer));
    },
    text: (field, value) => self.bytes(field, encoder.encode(value)),
    bytes: (field, value) => {
      tag(field, DELIMITED);
      push(varint(value.length));
      return push(value);
    },
    message: (field, value) => self.bytes(field, value.finish()),
    finish: () => {
      const out = new Uint8Array(size);
      let at = 0;
      for (const chunk of chunks) {
        out.set(chunk, at);
        at += chunk.length;
      }
      return out;
    },
  };
  return self;
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
