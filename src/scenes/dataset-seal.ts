import { FormatError } from "../base/index.ts";

// An Arrow file ends in its footer, the footer's length (int32) and "ARROW1". What lies before the footer is found
// through it, so that a gap there is nobody's: a shard has its checksum in one. Without it damage would reach Arrow's
// reader, which takes lengths for granted and can loop for minutes over one that is wrong.

const MAGIC = "ARROW1";
/** Eight letters, the checksum (uint32, little-endian), four zeros: Arrow aligns to eight bytes. */
const TAG = "mnemoFNV";
const SEAL = 16;
const TAIL = 4 + MAGIC.length;

/** A shard's bytes with their checksum. */
export function sealShard(bytes: Uint8Array): Uint8Array {
  const at = footerAt(bytes);
  const sealed = new Uint8Array(bytes.length + SEAL);
  sealed.set(bytes.subarray(0, at));
  for (let i = 0; i < TAG.length; i++) sealed[at + i] = TAG.charCodeAt(i);
  sealed.set(bytes.subarray(at), at + SEAL);
  new DataView(sealed.buffer).setUint32(at + TAG.length, checksum(sealed, at), true);
  return sealed;
}

/**
 * Checks both ends of an Arrow file and, where it has one, its checksum.
 *
 * @throws FormatError for bytes that are no Arrow file, cut off or damaged
 */
export function checkSeal(bytes: Uint8Array): void {
  if (bytes.length < MAGIC.length || !spells(bytes, 0, MAGIC))
    throw new FormatError(`not an Arrow file: it does not begin with ${MAGIC}`);
  if (!spells(bytes, bytes.length - MAGIC.length, MAGIC))
    throw new FormatError(`Arrow file is cut off: it does not end with ${MAGIC}`);
  const at = footerAt(bytes) - SEAL;
  if (at < 0 || !spells(bytes, at, TAG)) return; // another program's file
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [said, found] = [view.getUint32(at + TAG.length, true), checksum(bytes, at)];
  if (said !== found)
    throw new FormatError(
      `damaged shard: its checksum is ${found.toString(16)}, expected ${said.toString(16)}; collect it again`,
    );
}

/** @throws FormatError where there is no room for a footer of the length that the file says it has */
function footerAt(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 2 * TAIL ? -1 : view.getInt32(bytes.length - TAIL, true);
  const at = bytes.length - TAIL - length;
  if (length <= 0 || at < MAGIC.length)
    throw new FormatError(`damaged Arrow file: its footer has ${length} of ${bytes.length} bytes`);
  return at;
}

/**
 * FNV-1a over the words (int32) before the seal and the bytes behind it. A change of one word or byte always
 * changes it: each step is one-to-one.
 *
 * Source: G. Fowler, L. C. Noll, K.-P. Vo, 1991, with words for bytes.
 */
function checksum(bytes: Uint8Array, seal: number): number {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(whole.buffer, whole.byteOffset, seal >> 2);
  let h = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) h = Math.imul(h ^ words[i], 0x01000193);
  for (let i = 4 * words.length; i < seal; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  for (let i = seal + SEAL; i < bytes.length; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  return h >>> 0;
}

function spells(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
