import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createRng, FormatError } from "../base/index.ts";
import {
  CIFAR_SOURCES,
  createSyntheticDigits,
  DIGIT_SOURCES,
  type DigitSet,
  poolDigits,
  sliceDigits,
} from "../optim/index.ts";
import { readCifar, readDigitFolder, readDigits } from "../optim/node.ts";
import { UnavailableError } from "./errors.ts";

/** What a task can be told besides its data; each takes some of them. */
export type TaskOptions = {
  /** Folder of a pre-trained model's files. */
  readonly encoder?: string;
  /** Which part is trained. */
  readonly train?: string;
  /** What is read: a text's name, a file, a folder, or files of a folder by a pattern. */
  readonly text?: string;
  /** File of weights that tensors of the same name and size start from (safetensors). */
  readonly pretrained?: string;
  /** File of a vocabulary of byte pairs; learned and written where there is none. */
  readonly vocabulary?: string;
  /** Most examples to train on, and most to judge by. */
  readonly examples?: number;
};

/** The names of {@link TaskOptions}. */
export const TASK_OPTIONS = [
  "encoder",
  "train",
  "text",
  "pretrained",
  "vocabulary",
  "examples",
] as const satisfies readonly (keyof TaskOptions)[];

/** Where images come from; plain data. */
export type DataRequest = {
  /** A published set's name, "synthetic", or a folder of IDX files. */
  readonly data: string;
  /** Side of the squares of pixels whose mean is one pixel. */
  readonly pool: number;
  /** "validation" holds out a sixth of the training images instead of using the test set. */
  readonly heldOut: "test" | "validation";
  /** Most images held out; the first ones are taken. */
  readonly most: number;
  /** Of tasks that take some. */
  readonly options?: TaskOptions;
};

/** Images to train on and images to judge by. */
export type OpenedData = {
  readonly train: DigitSet;
  readonly heldOut: DigitSet;
  /** Tells sets apart: of the images and labels themselves. */
  readonly id: string;
};

/** Sets of images that are known by name. */
export const IMAGE_SETS: readonly string[] = [...Object.keys(DIGIT_SOURCES), ...Object.keys(CIFAR_SOURCES)];
/** Where `mnemosyne download` puts published sets. */
export const DATA_FOLDER = "datasets";
/** The last part of the training images, kept for choosing rates: 10,000 of MNIST's 60,000. */
const VALIDATION_SHARE = 6;
const SYNTHETIC = { train: 6000, test: 1000 } as const;

/**
 * Reads the images that were asked for.
 *
 * @throws UnavailableError where they are not there, with what to do; FormatError for damaged files
 */
export async function openData({ data, pool, heldOut, most }: DataRequest): Promise<OpenedData> {
  const { train, test } = await readBoth(data);
  const cut = train.count - Math.floor(train.count / VALIDATION_SHARE);
  if (heldOut === "validation" && cut === train.count)
    throw new FormatError(`${data} has ${train.count} training images, too few to hold some out`);
  const judged = heldOut === "test" ? test : sliceDigits(train, cut, train.count);
  const first = sliceDigits(judged, 0, Math.min(most, judged.count));
  return {
    train: poolDigits(heldOut === "test" ? train : sliceDigits(train, 0, cut), pool),
    heldOut: poolDigits(first, pool),
    id: idOf(train, test),
  };
}

async function readBoth(data: string): Promise<{ train: DigitSet; test: DigitSet }> {
  if (data === "synthetic") {
    const [train, test] = [createRng(1), createRng(2)];
    return {
      train: createSyntheticDigits(SYNTHETIC.train, train),
      test: createSyntheticDigits(SYNTHETIC.test, test),
    };
  }
  const known = Object.hasOwn(DIGIT_SOURCES, data);
  const cifar = Object.hasOwn(CIFAR_SOURCES, data) ? CIFAR_SOURCES[data] : undefined;
  const folder = known || cifar ? join(DATA_FOLDER, data) : data;
  if (!existsSync(folder)) {
    const how = known
      ? `fetch it by \`npx mnemosyne-mpc download ${data}\``
      : cifar
        ? `put ${cifar.address} (MD5 ${cifar.md5}) there, packed or unpacked`
        : `expected ${IMAGE_SETS.join(", ")}, synthetic, or a folder of IDX files`;
    throw new UnavailableError(`there are no images in ${folder}: ${how}, or use --data synthetic.`);
  }
  if (cifar) return readCifar(folder, cifar);
  const read = (split: "train" | "test"): Promise<DigitSet> =>
    known ? readDigits(folder, data, split) : readDigitFolder(folder, split);
  return { train: await read("train"), test: await read("test") };
}

function idOf(train: DigitSet, test: DigitSet): string {
  const hash = createHash("md5");
  for (const { images, labels } of [train, test]) hash.update(images).update(labels);
  return hash.digest("hex").slice(0, 12);
}
