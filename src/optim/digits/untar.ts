import { FormatError } from "../../base/index.ts";

const BLOCK = 512;
const NAME = { from: 0, size: 100 } as const;
const SIZE = { from: 124, size: 12 } as const;
const TYPE = 156;
/** Type flags of ordinary files: "0", and zero in old archives. */
const FILE = [0x30, 0];

/**
 * The ordinary files of a tar archive, by the last part of their paths; they share the archive's memory.
 *
 * @throws FormatError for an archive that is damaged or cut short
 *
 * Source: POSIX.1-1988, ustar interchange format.
 */
export function untar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return files;
    const sizeText = textOf(header, SIZE).trim();
    const size = Number.parseInt(sizeText, 8);
    if (!/^[0-7]+$/.test(sizeText) || at + BLOCK + size > archive.length)
      throw new FormatError(
        `tar archive: the file at byte ${at} has size "${sizeText.slice(0, 12)}", expected octal digits, and so many bytes`,
      );
    if (FILE.includes(header[TYPE])) {
      const name = textOf(header, NAME).split("/").at(-1)!;
      files.set(name, archive.subarray(at + BLOCK, at + BLOCK + size));
    }
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  throw new FormatError("tar archive has no end: it is damaged or cut short");
}

/** Text up to the first zero. */
function textOf(header: Uint8Array, { from, size }: { from: number; size: number }): string {
  const bytes = header.subarray(from, from + size);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}
