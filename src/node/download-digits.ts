import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { FormatError } from "../base/index.ts";
import type { DigitFile, DigitSource } from "../optim/index.ts";
import { unpackDigitFile } from "../optim/node.ts";
import { UnavailableError } from "./errors.ts";
import { type FetchOptions, fetchBytes } from "./fetch-bytes.ts";
import { writeFileAtomic } from "./write-file.ts";

/** What became of one file. */
export type FetchedFile = {
  readonly name: string;
  /** "kept": it was there, whole and right. */
  readonly status: "kept" | "fetched";
  /** As written. */
  readonly bytes: number;
  /** Of the unpacked file, as published. */
  readonly md5: string;
  /** Where it came from; none where it was kept. */
  readonly from?: string;
};

export type DownloadOptions = Pick<FetchOptions, "signal" | "patienceMs"> & {
  /** What to fetch: one of `DIGIT_SOURCES`. */
  readonly source: DigitSource;
  /** Where to; made where it is missing. */
  readonly folder: string;
  /** Folders and addresses to try in this order, instead of the published ones. */
  readonly from?: readonly string[];
  /** Is told the files done and what goes on with the next. */
  readonly onProgress?: (done: number, note: string) => void;
};

/**
 * Fetches the files of a published set that a folder lacks. A file is written when it is there whole and its
 * content has the published MD5, so that a folder never holds half a file or another one; files that are there
 * and right are kept.
 *
 * @throws UnavailableError that names every source and what was wrong with it
 */
export async function downloadDigits(options: DownloadOptions): Promise<FetchedFile[]> {
  const { source, folder, signal, onProgress } = options;
  const { files, addresses } = source;
  const wanted = [files.train, files.test].flatMap(({ images, labels }) => [images, labels]);
  const done: FetchedFile[] = [];
  for (const file of wanted) {
    signal.throwIfAborted();
    const { name, md5 } = file;
    const path = join(folder, name);
    const kept = await rightBytes(path, file);
    if (kept !== undefined) done.push({ name, status: "kept", bytes: kept.length, md5 });
    else {
      const { bytes, from } = await fetchFile(file, options.from ?? addresses, options, (note) =>
        onProgress?.(done.length, `${name} ${note}`),
      );
      signal.throwIfAborted();
      await writeFileAtomic(path, bytes);
      done.push({ name, status: "fetched", bytes: bytes.length, md5, from });
    }
    onProgress?.(done.length, name);
  }
  return done;
}

/** A file's bytes where it is there, whole and right. */
async function rightBytes(path: string, file: DigitFile): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(path);
    unpackDigitFile(bytes, file, path);
    return bytes;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing || error instanceof FormatError) return undefined;
    throw error;
  }
}

async function fetchFile(
  file: DigitFile,
  sources: readonly string[],
  { signal, patienceMs }: DownloadOptions,
  onNote: (note: string) => void,
): Promise<{ bytes: Uint8Array; from: string }> {
  const complaints: string[] = [];
  for (const source of sources) {
    const from = isAddress(source) ? `${source.replace(/\/*$/, "/")}${file.name}` : join(source, file.name);
    try {
      const bytes = isAddress(source)
        ? await fetchBytes(from, {
            signal,
            ...(patienceMs !== undefined && { patienceMs }),
            onBytes: (got, of) => onNote(sizeText(got, of)),
          })
        : await readEither(from);
      const content = unpackDigitFile(bytes, file, from);
      // Some servers have it unpacked on the way: the name says that it is packed.
      return { bytes: content === bytes ? gzipSync(content) : bytes, from };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UnavailableError || error instanceof FormatError)) throw error;
      complaints.push(error.message.includes(from) ? error.message : `${from}: ${error.message}`);
    }
  }
  throw new UnavailableError(
    `${file.name} is not to be had:\n${complaints.map((line) => `  ${line}`).join("\n")}\n` +
      "  If you have it elsewhere: --from FOLDER or --from URL.",
  );
}

/** Whether a source is an address of the web rather than a folder. */
export function isAddress(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/** A file, or the unpacked one of the same name. */
async function readEither(packed: string): Promise<Uint8Array> {
  try {
    return await readFile(packed).catch(() => readFile(packed.replace(/\.gz$/, "")));
  } catch (cause) {
    throw new UnavailableError(`${packed}: cannot be read, packed or not`, { cause });
  }
}

function sizeText(got: number, of: number | undefined): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  return of === undefined ? `${megabytes(got)} MB` : `${megabytes(got)} of ${megabytes(of)} MB`;
}
