/** Bytes of a WebAssembly module or of a piece of one. */
export type Bytes = readonly number[];

/** Numbers of one byte: most of what modules are made of. */
const SMALL: readonly Bytes[] = Array.from({ length: 0x80 }, (_, value) => [value]);

/** An unsigned integer below 2^32 in LEB128. */
export function unsigned(value: number): Bytes {
  if (value < SMALL.length) return SMALL[value];
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** A signed integer of 32 bits in LEB128. */
export function signed(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -0x40 || rest > 0x3f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest & 0x7f];
}

/** A float32, little-endian. */
export function float32(value: number): Bytes {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [0, 1, 2, 3].map((i) => view.getUint8(i));
}

/** A float64, little-endian. */
export function float64(value: number): Bytes {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return [0, 1, 2, 3, 4, 5, 6, 7].map((i) => view.getUint8(i));
}

/** A name: its length in bytes and ASCII. */
export function name(text: string): Bytes {
  return [...unsigned(text.length), ...Array.from(text, (c) => c.charCodeAt(0))];
}

/** A list: how many there are, and each. */
export function list(items: readonly Bytes[]): Bytes {
  return joined([unsigned(items.length), ...items]);
}

/** Something that is preceded by its own length in bytes. */
export function sized(bytes: Bytes): Bytes {
  return joined([unsigned(bytes.length), bytes]);
}

/** One after the other; in loops, as spreading thousands of numbers takes longer. */
export function joined(parts: readonly Bytes[]): Bytes {
  const bytes: number[] = [];
  for (const part of parts) for (let i = 0; i < part.length; i++) bytes.push(part[i]);
  return bytes;
}
