import { open, rename, rm } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { FormatError, MpcError } from "../base/index.ts";
import {
  encodeFeatureCache,
  type FeatureCacheHeader,
  openFeatureCache,
  readFeatureHeader,
} from "./feature-cache.ts";
import type { FeatureRows } from "./feature-rows.ts";
import type { NetSpec } from "./net-spec.ts";
import type { SharedRows } from "./runner-messages.ts";

/** A file of features in memory that threads share. */
export type LoadedFeatures = {
  readonly header: FeatureCacheHeader;
  readonly rows: FeatureRows;
  readonly shared: SharedRows;
};

/** Largest piece read at a time. [bytes] */
const PIECE = 2 ** 30;
/** The header lies within this. [bytes] */
const HEAD = 65_536;

/** Writes a file of features whole or not at all. */
export async function writeFeatureFile(
  path: string,
  header: FeatureCacheHeader,
  body: Uint8Array,
): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  try {
    const file = await open(temporary, "w");
    try {
      for (const part of encodeFeatureCache(header, body, crc32)) await writeAll(file, part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Error && "code" in error ? Object.assign(error, { path }) : error;
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(PIECE, bytes.length - at));
    at += bytesWritten;
  }
}

/** What a file of features says about itself; undefined where there is none, or none that can be read. */
export async function peekFeatureFile(path: string): Promise<FeatureCacheHeader | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const bytes = new Uint8Array(HEAD);
      const { bytesRead } = await file.read(bytes, 0, HEAD, 0);
      return readFeatureHeader(bytes.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FormatError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Reads a file of features. @throws FormatError naming the file where it is damaged or of another network */
export async function readFeatureFile(path: string, spec: NetSpec): Promise<LoadedFeatures> {
  const file = await open(path, "r");
  let buffer: SharedArrayBuffer;
  try {
    const { size } = await file.stat();
    buffer = new SharedArrayBuffer(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(new Uint8Array(buffer), at, Math.min(PIECE, size - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
  try {
    const { header, rows } = openFeatureCache(new Uint8Array(buffer), spec, crc32);
    const shared = { buffer, offset: rows.x.byteOffset, length: rows.length };
    return { header, rows, shared };
  } catch (error) {
    if (!(error instanceof MpcError)) throw error;
    throw new FormatError(`${path}: ${error.message}`, { cause: error });
  }
}
