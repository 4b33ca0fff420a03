import { FormatError } from "../base/index.ts";

/**
 * A table of FlatBuffers. Every place is looked up in the file's bytes, so that one which is not there is a
 * `RangeError`, and a count is believed only where the bytes for so many are there.
 *
 * Source: flatbuffers.dev/internals (tables, vtables, vectors, strings, structs inline)
 */
export type FlatTable = {
  /** Where the field `slot` lies in the file; undefined where it has its default. [bytes] */
  at(slot: number): number | undefined;
  u8(slot: number): number;
  i16(slot: number): number;
  i32(slot: number): number;
  i64(slot: number): number;
  table(slot: number): FlatTable | undefined;
  tables(slot: number): FlatTable[];
  /** Where the structs of a vector begin, each of `size` bytes. */
  structs(slot: number, size: number): number[];
  text(slot: number): string;
};

/** What is read of one file. */
export type FlatFile = {
  /** The table that an offset at `at` leads to. */
  root(at: number): FlatTable;
  /** A 64-bit integer that counts or places something. @throws FormatError for one below 0 or beyond 2^53 */
  i64(at: number): number;
};

/** More entries has no vector of tables that is sound: columns, and words about a table. */
const MOST_TABLES = 1000;

/** Reads FlatBuffers anywhere in some bytes. All texts together are no longer than the bytes are. */
export function openFlatFile(bytes: Uint8Array): FlatFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  let left = bytes.length;
  const i64 = (at: number): number => {
    const value = Number(view.getBigInt64(at, true));
    if (!Number.isSafeInteger(value) || value < 0)
      throw new FormatError(`byte ${at} says ${value}, expected a count`);
    return value;
  };
  const follow = (at: number): number => at + view.getUint32(at, true);
  /** Where the elements of a vector begin, and how many there are. */
  const vector = (at: number | undefined, size: number): readonly [begin: number, count: number] => {
    if (at === undefined) return [0, 0];
    const start = follow(at);
    const count = view.getUint32(start, true);
    if (start + 4 + count * size > bytes.length)
      throw new FormatError(`byte ${start} says that ${count} elements of ${size} bytes follow`);
    return [start + 4, count];
  };
  const places = ([begin, count]: readonly [number, number], size: number): number[] =>
    Array.from({ length: count }, (_, i) => begin + i * size);

  const tableAt = (start: number): FlatTable => {
    const vtable = start - view.getInt32(start, true);
    const end = vtable + view.getUint16(vtable, true);
    const at = (slot: number): number | undefined => {
      const entry = vtable + 4 + 2 * slot;
      const offset = entry + 2 > end ? 0 : view.getUint16(entry, true);
      return offset === 0 ? undefined : start + offset;
    };
    const scalar =
      (read: (at: number) => number) =>
      (slot: number): number => {
        const place = at(slot);
        return place === undefined ? 0 : read(place);
      };
    return {
      at,
      u8: scalar((place) => view.getUint8(place)),
      i16: scalar((place) => view.getInt16(place, true)),
      i32: scalar((place) => view.getInt32(place, true)),
      i64: scalar(i64),
      table(slot) {
        const place = at(slot);
        return place === undefined ? undefined : tableAt(follow(place));
      },
      tables(slot) {
        const found = vector(at(slot), 4);
        if (found[1] > MOST_TABLES)
          throw new FormatError(`${found[1]} tables in a row, expected at most ${MOST_TABLES}`);
        return places(found, 4).map((place) => tableAt(follow(place)));
      },
      structs: (slot, size) => places(vector(at(slot), size), size),
      text(slot) {
        const [begin, length] = vector(at(slot), 1);
        left -= length;
        if (left < 0) throw new FormatError("its texts are longer than itself");
        return decoder.decode(bytes.subarray(begin, begin + length));
      },
    };
  };
  return { root: (at) => tableAt(follow(at)), i64 };
}
