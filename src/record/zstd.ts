import { decompress } from "fzstd";

/** Undoes Zstandard. @param size of what comes out [bytes] @throws Error for what is no Zstandard, or damaged */
export function decompressZstd(from: Uint8Array, size: number): Uint8Array {
  return decompress(from, new Uint8Array(size));
}
