import { FormatError } from "../../base/index.ts";
import { checkDigits, type DigitSet } from "./digit-set.ts";
import { unpacked } from "./gunzip.ts";

/** A tensor of bytes as MNIST's files hold it. */
export type IdxTensor = { readonly shape: readonly number[]; readonly data: Uint8Array };

/**
 * Reads an IDX file of unsigned bytes, packed by gzip or not.
 *
 * Big-endian: two zero bytes, the element type (8: unsigned byte), the number of axes, each axis's size as
 * u32, the elements row-major.
 *
 * @throws FormatError saying what is wrong with the file
 *
 * Source: the format's description beside the MNIST files, LeCun, Cortes and Burges.
 */
export function readIdx(file: Uint8Array): IdxTensor {
  const bytes = unpacked(file);
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0)
    throw new FormatError("IDX file does not begin with two zero bytes");
  if (bytes[2] !== 8)
    throw new FormatError(`IDX file has element type ${bytes[2]}, expected 8, unsigned bytes`);
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (rank < 1 || rank > 4 || bytes.length < start)
    throw new FormatError(
      `IDX file has ${rank} axes in ${bytes.length} bytes, expected 1 to 4 and their sizes`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, d) => product * d, 1);
  if (bytes.length - start !== size)
    throw new FormatError(
      `IDX file has ${bytes.length - start} elements, expected ${size} for its shape (${shape.join(", ")})`,
    );
  return { shape, data: bytes.subarray(start) };
}

/**
 * A digit set from a file of images and one of labels, ten classes.
 *
 * @throws FormatError for a damaged file or two that do not belong together; ConfigError for a label > 9
 */
export function readDigitFiles(imageFile: Uint8Array, labelFile: Uint8Array): DigitSet {
  const images = readIdx(imageFile);
  const labels = readIdx(labelFile);
  if (images.shape.length !== 3)
    throw new FormatError(`image file has ${images.shape.length} axes, expected 3: count, height, width`);
  if (labels.shape.length !== 1)
    throw new FormatError(`label file has ${labels.shape.length} axes, expected 1: count`);
  const [count, height, width] = images.shape;
  if (labels.shape[0] !== count)
    throw new FormatError(`label file has ${labels.shape[0]} labels, expected ${count}, the image file's`);
  const digits = { count, height, width, images: images.data, labels: labels.data, classes: 10 };
  checkDigits(digits);
  return digits;
}
