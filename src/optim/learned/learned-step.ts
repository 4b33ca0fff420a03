/**
 * One step of all coordinates; scratch does not depend on their number.
 *
 * @param grads (n)
 * @param from the state before, the i-th array (n * sizes[i])
 * @param to the state after; shares no array with `from`
 * @param updates (n), written
 * @returns whether the state after is finite
 */
export type LearnedStep = (
  grads: Float32Array,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  hyper: Float32Array,
  updates: Float32Array,
) => boolean;
