import { checkLength, FormatError } from "../../base/index.ts";
import type { DigitSet } from "./digit-set.ts";

/** A set of coloured images in CIFAR's binary version, and how to know its archive. */
export type CifarSource = {
  readonly title: string;
  /** Where its publisher has the archive. */
  readonly address: string;
  /** Of the archive as published, packed. */
  readonly md5: string;
  /** Files of each part, in order. */
  readonly files: Readonly<Record<"train" | "test", readonly string[]>>;
  /** Images of each file of a part. */
  readonly count: Readonly<Record<"train" | "test", number>>;
  /** Bytes before an image's pixels; the last one is its class. */
  readonly labels: number;
  readonly classes: number;
};

const PUBLISHER = "https://www.cs.toronto.edu/~kriz/";

/** The sets that can be read by name, from folders of the same name. */
export const CIFAR_SOURCES: Readonly<Record<string, CifarSource>> = {
  "cifar-10": {
    title: "CIFAR-10, 60,000 small photographs of 10 kinds (Krizhevsky, Nair, Hinton)",
    address: `${PUBLISHER}cifar-10-binary.tar.gz`,
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    files: {
      train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
      test: ["test_batch.bin"],
    },
    count: { train: 10_000, test: 10_000 },
    labels: 1,
    classes: 10,
  },
  "cifar-100": {
    title: "CIFAR-100, 60,000 small photographs of 100 kinds (Krizhevsky, Nair, Hinton)",
    address: `${PUBLISHER}cifar-100-binary.tar.gz`,
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    files: { train: ["train.bin"], test: ["test.bin"] },
    count: { train: 50_000, test: 10_000 },
    labels: 2,
    classes: 100,
  },
};

const SIDE = 32;
const CHANNELS = 3;
const PIXELS = CHANNELS * SIDE * SIDE;

/**
 * The images of one part of a set.
 *
 * A file is records of `labels` bytes and 3072 pixels: red, green and blue planes of 32 x 32, row by row. Of two labels the first is the
 * coarse one, and is left out.
 *
 * @param files contents of the part's files, in order
 * @throws FormatError for a file of another size, or a label that is no class
 *
 * Source: the description beside the published files.
 */
export function readCifarFiles(
  files: readonly Uint8Array[],
  part: "train" | "test",
  { labels, classes, count, files: names }: CifarSource,
): DigitSet {
  checkLength("files", files.length, names[part].length, `files of ${part}`);
  const record = labels + PIXELS;
  const total = files.length * count[part];
  const images = new Uint8Array(total * PIXELS);
  const own = new Uint8Array(total);
  files.forEach((bytes, f) => {
    const name = names[part][f];
    if (bytes.length !== count[part] * record)
      throw new FormatError(
        `${name} has ${bytes.length} bytes, expected ${count[part] * record}: ${count[part]} images of ${labels} + ${PIXELS}`,
      );
    for (let i = 0; i < count[part]; i++) {
      const at = f * count[part] + i;
      const pixels = i * record + labels;
      const label = bytes[pixels - 1];
      if (label >= classes)
        throw new FormatError(`${name}: image ${i} has class ${label}, expected 0..${classes - 1}`);
      own[at] = label;
      images.set(bytes.subarray(pixels, pixels + PIXELS), at * PIXELS);
    }
  });
  return { count: total, channels: CHANNELS, height: SIDE, width: SIDE, images, labels: own, classes };
}
