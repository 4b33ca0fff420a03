import { decompress } from "fzstd";

/** Undoes Zstandard frames. @param size of what comes out [bytes] @throws for what is no Zstandard */
export function decompressZstd(from: Uint8Array, size: number): Uint8Array {
  return decompress(from, new Uint8Array(size));
}
