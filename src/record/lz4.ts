import { FormatError } from "../base/index.ts";

const FRAME = 0x184d2204;
/** The longest block that a frame may hold. [bytes] */
const BLOCK = 2 ** 22;

/**
 * Undoes LZ4 frames, one after another; checksums are left to the chunk that holds them.
 *
 * Source: lz4/lz4, lz4_Frame_format and lz4_Block_format
 *
 * @param size of what comes out [bytes]
 * @throws FormatError for what is no LZ4, needs a dictionary, or gives another size
 */
export function decompressLz4(from: Uint8Array, size: number): Uint8Array {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const out = new Uint8Array(size);
  let at = 0;
  let to = 0;
  const need = (bytes: number): void => {
    if (at + bytes > from.length) throw new FormatError(`LZ4 data end at byte ${from.length}, in a frame`);
  };
  while (at < from.length) {
    need(7);
    if (view.getUint32(at, true) !== FRAME) throw new FormatError(`byte ${at} begins no LZ4 frame`);
    const flags = from[at + 4];
    if (flags >> 6 !== 1) throw new FormatError(`LZ4 frame of version ${flags >> 6}, expected 1`);
    if ((flags & 1) !== 0) throw new FormatError("the LZ4 frame needs a dictionary");
    const begin = to; // matches never reach back into another frame
    at += 7 + ((flags & 8) !== 0 ? 8 : 0);
    for (;;) {
      need(4);
      const head = view.getUint32(at, true);
      at += 4;
      if (head === 0) break;
      const length = head & 0x7fffffff;
      if (length > BLOCK) throw new FormatError(`LZ4 block of ${length} bytes, expected at most ${BLOCK}`);
      need(length);
      const block = from.subarray(at, at + length);
      if (head >>> 31 === 1) {
        if (to + length > size) throw tooLong(size);
        out.set(block, to);
        to += length;
      } else to = decodeBlock(block, out, to, begin);
      at += length + ((flags & 16) !== 0 ? 4 : 0);
    }
    at += (flags & 4) !== 0 ? 4 : 0;
  }
  if (to !== size) throw new FormatError(`LZ4 data give ${to} bytes, expected ${size}`);
  return out;
}

/** Writes a block's content from `to` on. @param begin of what matches may copy @returns the end of what was written */
function decodeBlock(block: Uint8Array, out: Uint8Array, to: number, begin: number): number {
  let at = 0;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) {
      if (at >= block.length) throw new FormatError("an LZ4 length ends in the middle");
      more = block[at++];
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = lengthOf(token >> 4);
    if (at + literals > block.length) throw new FormatError("an LZ4 block ends in its literals");
    if (to + literals > out.length) throw tooLong(out.length);
    out.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === block.length) break; // the last sequence has no match
    if (at + 2 > block.length) throw new FormatError("an LZ4 block ends in an offset");
    const offset = block[at] | (block[at + 1] << 8);
    at += 2;
    const length = lengthOf(token & 15) + 4;
    if (offset === 0 || offset > to - begin) throw new FormatError(`an LZ4 match ${offset} bytes back`);
    if (to + length > out.length) throw tooLong(out.length);
    // A match may reach into what it writes.
    for (const end = to + length; to < end; to++) out[to] = out[to - offset];
  }
  return to;
}

function tooLong(size: number): FormatError {
  return new FormatError(`LZ4 data give more than ${size} bytes`);
}
