import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { FormatError } from "../../base/index.ts";
import { type CifarSource, readCifarFiles } from "./cifar.ts";
import type { DigitSet } from "./digit-set.ts";
import { unpacked } from "./gunzip.ts";
import { untar } from "./untar.ts";

/**
 * Reads a set in CIFAR's binary version from a folder: of the archive as published, whose MD5 is checked, or where there is none of the
 * files that were in it, whose sizes are.
 *
 * @param folder that holds the archive or its files
 * @throws FormatError for files that are missing, of another size, or an archive of another checksum, with the publisher's address
 */
export async function readCifar(
  folder: string,
  source: CifarSource,
): Promise<{ readonly train: DigitSet; readonly test: DigitSet }> {
  const path = join(folder, basename(source.address));
  const archive = await readFile(path).catch(() => undefined);
  const files = archive && untar(unpackChecked(archive, path, source));
  const contents = async (name: string): Promise<Uint8Array> => {
    if (files === undefined) return readOne(join(folder, name), source);
    const content = files.get(name);
    if (content === undefined) throw new FormatError(`${path} has no ${name}`);
    return content;
  };
  const part = async (of: "train" | "test"): Promise<DigitSet> =>
    readCifarFiles(await Promise.all(source.files[of].map(contents)), of, source);
  return { train: await part("train"), test: await part("test") };
}

function unpackChecked(archive: Uint8Array, path: string, { md5, address }: CifarSource): Uint8Array {
  const sum = createHash("md5").update(archive).digest("hex");
  if (sum !== md5)
    throw new FormatError(`${path} has MD5 ${sum}, expected ${md5}; it is published at ${address}`);
  return unpacked(archive);
}

async function readOne(path: string, { address, md5 }: CifarSource): Promise<Uint8Array> {
  return readFile(path).catch((cause) => {
    throw new FormatError(
      `cannot read ${path}, nor the archive ${basename(address)} beside it; it is published at ${address}, MD5 ${md5}`,
      { cause },
    );
  });
}
