import { type FileHandle, open, readFile } from "node:fs/promises";
import { decodeText } from "../base/index.ts";
import { nameFile } from "./errors.ts";

/** Node reads larger files in parts alone. [bytes] */
const MOST_AT_ONCE = 2 ** 31 - 1;
const PART = 2 ** 28;

/** The text of a file, see `decodeText`. @throws FormatError where it is none; the file system's error */
export async function readText(path: string): Promise<string> {
  return decodeText(await readFile(path));
}

/** What a file holds. @throws the file system's error, naming the file */
export async function readBytes(path: string): Promise<Uint8Array> {
  const found = await readFileIfThere(path);
  if (found === undefined) return readFile(path); // says that there is none
  return new Uint8Array(found.buffer, found.byteOffset, found.byteLength);
}

/** What a file holds; undefined where there is none. @throws the file system's error, naming the file */
export async function readFileIfThere(path: string): Promise<Buffer | undefined> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      return size > MOST_AT_ONCE ? await readInParts(file, size) : await readFile(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw nameFile(error, path);
  }
}

/** A checkpoint of a network of millions of parameters with a learned optimizer's memory is that large. */
async function readInParts(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(PART, size - at), at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}
