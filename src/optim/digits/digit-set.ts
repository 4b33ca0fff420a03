import { ConfigError, checkLength } from "../../base/index.ts";
import type { TensorData } from "../../graph/index.ts";

/** Images of one size with a class each: grey (MNIST, Fashion-MNIST, synthetic digits) or coloured (CIFAR). */
export type DigitSet = {
  readonly count: number;
  /** [pixels] */
  readonly height: number;
  /** [pixels] */
  readonly width: number;
  /** Numbers per pixel; 1, grey, where it is not said. */
  readonly channels?: number;
  /** (count, channels, height, width), 0 .. 255. */
  readonly images: Uint8Array;
  /** (count), 0 .. classes - 1. */
  readonly labels: Uint8Array;
  readonly classes: number;
};

/** Numbers of one image: channels * height * width. */
export function imageSize({ channels = 1, height, width }: DigitSet): number {
  return channels * height * width;
}

/** Throws unless sizes fit each other and every label is a class. */
export function checkDigits(digits: DigitSet): void {
  const { count, channels = 1, images, labels, classes } = digits;
  const formula = channels === 1 ? "count*height*width" : "count*channels*height*width";
  checkLength("images", images.length, count * imageSize(digits), formula);
  checkLength("labels", labels.length, count, "count");
  const at = labels.findIndex((label) => label >= classes);
  if (at >= 0) throw new ConfigError(`labels[${at}] is ${labels[at]}, expected a class in 0..${classes - 1}`);
}

/** The share of the most of each level. */
const SHARES = Float32Array.from({ length: 256 }, (_, grey) => grey / 255);

/**
 * Images and labels as tensors.
 *
 * @param indices which images, (B)
 * @returns `image` (B, channels*height*width) in [0, 1] and `label` (B, classes), one-hot
 */
export function digitBatch(
  digits: DigitSet,
  indices: ArrayLike<number>,
): { image: TensorData; label: TensorData } {
  const { images, labels, classes } = digits;
  const B = indices.length;
  const size = imageSize(digits);
  const image = new Float32Array(B * size);
  const label = new Float32Array(B * classes);
  for (let b = 0; b < B; b++) {
    const from = indices[b] * size;
    for (let p = 0; p < size; p++) image[b * size + p] = SHARES[images[from + p]];
    label[b * classes + labels[indices[b]]] = 1;
  }
  return { image: { data: image, shape: [B, size] }, label: { data: label, shape: [B, classes] } };
}
