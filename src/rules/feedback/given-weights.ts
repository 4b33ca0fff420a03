import type { TensorPlaces } from "../flat-ranges.ts";

/**
 * Whether weights are those of a network that has been trained. Networks begin with matrices drawn at random, which tell nothing, and
 * with vectors, biases and gains, of one number each; training moves these apart. One vector that differs within itself is
 * enough, where there is a matrix, too: else the vector is what is looked for.
 *
 * @param params (layout.total)
 */
export function areGiven({ entries }: TensorPlaces, params: Float32Array): boolean {
  const tensors = entries.filter(({ size }) => size > 0);
  const moved = tensors.some(
    ({ shape, offset, size }) =>
      shape.length < 2 && params.subarray(offset, offset + size).some((x) => x !== params[offset]),
  );
  return moved && tensors.some(({ shape }) => shape.length > 1);
}
