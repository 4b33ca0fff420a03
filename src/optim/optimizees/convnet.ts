import { ConfigError, checkCount } from "../../base/index.ts";
import {
  concat,
  dense,
  layoutParameters,
  mean,
  relu,
  reshape,
  slice,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import { checkDigits, type DigitSet } from "../digits/digit-set.ts";
import { createClassifier } from "./classifier.ts";
import type { Optimizee } from "./optimizee.ts";

export type ConvnetOptions = {
  /** Images and labels that batches are drawn from, of at least 8 pixels a side. */
  readonly digits: DigitSet;
  /** Channels after each of the two convolutions. */
  readonly channels?: readonly [number, number];
  /** Images per step, drawn with replacement, >= 1. */
  readonly batch?: number;
};

export const CONVNET_DEFAULTS = { channels: [8, 16], batch: 128 } as const;

/** Side of a kernel. */
const KERNEL = 3;
/** Side of the squares whose mean is taken after the first convolution. */
const POOL = 2;

/**
 * A small convolutional network that tells images apart, by mean cross-entropy over a batch: a convolution of 3 x 3, the mean of squares
 * of 2 x 2, another convolution, and a linear map to the classes; relus after convolutions, no padding.
 *
 * @throws ConfigError for an illegal option, or images that are too small
 */
export function createConvnet(options: ConvnetOptions): Optimizee {
  const { digits, channels, batch } = { ...CONVNET_DEFAULTS, ...options };
  const { channels: colours = 1 } = digits;
  checkDigits(digits);
  checkCount("batch", batch, 1);
  for (const count of channels) checkCount("channels", count, 1);
  const sides = [digits.height, digits.width].map(
    (side) => Math.floor((side - KERNEL + 1) / POOL) - KERNEL + 1,
  );
  if (sides.some((side) => side < 1))
    throw new ConfigError(`images have sides ${digits.height} and ${digits.width}, expected at least 8`);
  const [first, second] = channels;
  const read = sides[0] * sides[1] * second;
  const layer = (name: string, inputs: number, outputs: number, gain: number) =>
    [
      { name: `${name}.w`, shape: [inputs, outputs], init: { normal: gain / Math.sqrt(inputs) } },
      { name: `${name}.b`, shape: [outputs], init: "zeros" },
    ] as const;
  const layout = layoutParameters([
    ...layer("conv.0", KERNEL ** 2 * colours, first, Math.SQRT2),
    ...layer("conv.1", KERNEL ** 2 * first, second, Math.SQRT2),
    ...layer("head", read, digits.classes, 1),
  ]);
  return createClassifier(`convnet-${first}-${second}`, layout, digits, batch, (p, image) => {
    const linear = (x: Tensor, name: string): Tensor => dense(x, p[`${name}.w`], p[`${name}.b`]);
    const [B] = image.shape;
    const x = transpose(reshape(image, [B, colours, digits.height, digits.width]), [0, 2, 3, 1]);
    const pooled = poolSquares(relu(linear(windowsOf(x), "conv.0")));
    const found = relu(linear(windowsOf(pooled), "conv.1"));
    return linear(reshape(found, [B, read]), "head");
  });
}

/** All windows of 3 x 3 of x (B, rows, columns, channels), as (B, rows - 2, columns - 2, 9 channels). */
function windowsOf(x: Tensor): Tensor {
  const [, rows, columns] = x.shape;
  const [height, width] = [rows - KERNEL + 1, columns - KERNEL + 1];
  const shifted: Tensor[] = [];
  for (let i = 0; i < KERNEL; i++)
    for (let j = 0; j < KERNEL; j++) shifted.push(slice(slice(x, 1, i, i + height), 2, j, j + width));
  return concat(shifted, 3);
}

/** Means of squares of 2 x 2; an odd last row or column is left out. */
function poolSquares(x: Tensor): Tensor {
  const [B, rows, columns, channels] = x.shape;
  const [height, width] = [Math.floor(rows / POOL), Math.floor(columns / POOL)];
  const whole = slice(slice(x, 1, 0, height * POOL), 2, 0, width * POOL);
  return mean(mean(reshape(whole, [B, height, POOL, width, POOL, channels]), [4]), [2]);
}
