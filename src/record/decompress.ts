import { FormatError } from "../base/index.ts";

/** Undoes a compression. @param size of what comes out [bytes] @throws for what cannot be undone */
export type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

/** What MCAP names a compression, and how it is undone; loaded when a log first needs it. */
const LOADERS: Readonly<Record<string, () => Promise<Decompress>>> = {
  lz4: async () => (await import("./lz4.ts")).decompressLz4,
  zstd: async () => (await import("./zstd.ts")).decompressZstd,
};

/** A chunk that says it is larger is damaged: it is held whole. [bytes] */
const LARGEST = 2 ** 30;

/** Loads what undoes a compression of MCAP, checked for size; undefined for one that nobody here knows. */
export async function loadDecompress(name: string): Promise<Decompress | undefined> {
  if (!Object.hasOwn(LOADERS, name)) return undefined;
  const decompress = await LOADERS[name]();
  return (bytes, size) => {
    if (!(size >= 0 && size <= LARGEST))
      throw new FormatError(`a chunk says it holds ${size} bytes, expected at most ${LARGEST}`);
    const out = decompress(bytes, size);
    if (out.length !== size) throw new FormatError(`${name} gives ${out.length} bytes, expected ${size}`);
    return out;
  };
}
