import { ConfigError, checkLength } from "../../base/index.ts";
import type { TensorData } from "../../graph/index.ts";

/** Grey images of one size with a class each: MNIST, Fashion-MNIST, synthetic digits. */
export type DigitSet = {
  readonly count: number;
  /** [pixels] */
  readonly height: number;
  /** [pixels] */
  readonly width: number;
  /** (count, height, width), 0 .. 255. */
  readonly images: Uint8Array;
  /** (count), 0 .. classes - 1. */
  readonly labels: Uint8Array;
  readonly classes: number;
};

/** Throws unless sizes fit each other and every label is a class. */
export function checkDigits({ count, height, width, images, labels, classes }: DigitSet): void {
  checkLength("images", images.length, count * height * width, "count*height*width");
  checkLength("labels", labels.length, count, "count");
  const at = labels.findIndex((label) => label >= classes);
  if (at >= 0) throw new ConfigError(`labels[${at}] is ${labels[at]}, expected a class in 0..${classes - 1}`);
}

/** The share of white of each grey level. */
const SHARES = Float32Array.from({ length: 256 }, (_, grey) => grey / 255);

/**
 * Images and labels as tensors.
 *
 * @param indices which images, (B)
 * @returns `image` (B, height*width) in [0, 1] and `label` (B, classes), one-hot
 */
export function digitBatch(
  digits: DigitSet,
  indices: ArrayLike<number>,
): { image: TensorData; label: TensorData } {
  const { height, width, images, labels, classes } = digits;
  const B = indices.length;
  const size = height * width;
  const image = new Float32Array(B * size);
  const label = new Float32Array(B * classes);
  for (let b = 0; b < B; b++) {
    const from = indices[b] * size;
    for (let p = 0; p < size; p++) image[b * size + p] = SHARES[images[from + p]];
    label[b * classes + labels[indices[b]]] = 1;
  }
  return { image: { data: image, shape: [B, size] }, label: { data: label, shape: [B, classes] } };
}
