import { ConfigError, checkCount } from "../../base/index.ts";
import { checkDigits, type DigitSet, imageSize } from "./digit-set.ts";

/**
 * Images made smaller: each pixel is the rounded mean of a square of `factor` x `factor` pixels (28 x 28 becomes
 * 14 x 14 with factor 2, 7 x 7 with 4). The labels are shared with the set given.
 *
 * @param factor an integer >= 1 that divides both sides
 * @throws ConfigError for another factor
 */
export function poolDigits(digits: DigitSet, factor: number): DigitSet {
  checkDigits(digits);
  checkCount("factor", factor, 1);
  const { count, channels = 1, height, width, images } = digits;
  if (height % factor !== 0 || width % factor !== 0)
    throw new ConfigError(
      `factor is ${factor}, expected a divisor of the images' sides, ${height} and ${width} pixels`,
    );
  const [rows, columns] = [height / factor, width / factor];
  const planes = count * channels;
  const pooled = new Uint8Array(planes * rows * columns);
  for (let i = 0, at = 0; i < planes; i++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at++) {
        let sum = 0;
        const corner = (i * height + row * factor) * width + column * factor;
        for (let y = 0; y < factor; y++)
          for (let x = 0; x < factor; x++) sum += images[corner + y * width + x];
        pooled[at] = Math.round(sum / (factor * factor));
      }
    }
  }
  return { ...digits, height: rows, width: columns, images: pooled };
}

/**
 * A part of a set, sharing its memory.
 *
 * @param from first image, `to` the one after the last: 0 <= from < to <= count
 * @throws ConfigError for another range
 */
export function sliceDigits(digits: DigitSet, from: number, to: number): DigitSet {
  const { count, images, labels } = digits;
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from < to && to <= count))
    throw new ConfigError(
      `range of images is ${from}..${to}, expected integers with 0 <= from < to <= ${count}`,
    );
  const size = imageSize(digits);
  return {
    ...digits,
    count: to - from,
    images: images.subarray(from * size, to * size),
    labels: labels.subarray(from, to),
  };
}
