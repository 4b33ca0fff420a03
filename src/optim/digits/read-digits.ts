import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkName, FormatError } from "../../base/index.ts";
import { DIGIT_SOURCES, type DigitFile } from "./digit-files.ts";
import type { DigitSet } from "./digit-set.ts";
import { unpacked } from "./gunzip.ts";
import { readDigitFiles } from "./idx.ts";

/**
 * Reads a published set from a folder of its four files, packed by gzip or not, and checks their MD5.
 *
 * @param folder that holds the files
 * @param name one of {@link DIGIT_SOURCES}
 * @throws ConfigError for an unknown name; FormatError for a file that is missing, damaged or another one
 */
export async function readDigits(folder: string, name: string, split: "train" | "test"): Promise<DigitSet> {
  checkName("data set", name, Object.keys(DIGIT_SOURCES));
  const { images, labels } = DIGIT_SOURCES[name].files[split];
  return readDigitFiles(await readChecked(folder, name, images), await readChecked(folder, name, labels));
}

/**
 * Reads any set from a folder with files of MNIST's names, packed by gzip or not, whatever their MD5.
 *
 * @throws FormatError for a file that is missing or damaged, or files that do not belong together
 */
export async function readDigitFolder(folder: string, split: "train" | "test"): Promise<DigitSet> {
  const { images, labels } = DIGIT_SOURCES.mnist.files[split];
  const read = async ({ name }: DigitFile): Promise<Uint8Array> =>
    readEither(join(folder, name), "expected a file of that name, or the same without .gz");
  return readDigitFiles(await read(images), await read(labels));
}

/**
 * The content of a published file, unpacked.
 *
 * @param bytes packed by gzip or not
 * @param path names it in messages
 * @throws FormatError for damaged bytes, or a content whose MD5 is not the published one
 */
export function unpackDigitFile(bytes: Uint8Array, { md5 }: DigitFile, path: string): Uint8Array {
  const content = unpacked(bytes);
  const sum = createHash("md5").update(content).digest("hex");
  if (sum !== md5) throw new FormatError(`${path} has MD5 ${sum} unpacked, expected ${md5}`);
  return content;
}

async function readChecked(folder: string, set: string, file: DigitFile): Promise<Uint8Array> {
  const path = join(folder, file.name);
  const bytes = await readEither(path, `it is published at ${DIGIT_SOURCES[set].addresses[0]}${file.name}`);
  return unpackDigitFile(bytes, file, path);
}

/** A file's bytes, or those of the unpacked file beside it. */
async function readEither(packed: string, hint: string): Promise<Uint8Array> {
  return readFile(packed).catch(async (cause) =>
    readFile(packed.replace(/\.gz$/, "")).catch(() => {
      throw new FormatError(`cannot read ${packed}; ${hint}`, { cause });
    }),
  );
}
