import {
  abs,
  div,
  greater,
  max,
  maximum,
  mul,
  sqrt,
  square,
  sum,
  type Tensor,
  where,
} from "../graph/index.ts";

/** In place of a divisor that may be zero. */
const TINY = 1e-30;

/**
 * Euclidean norm of a vector, (n), summed in float64: gradients of 1e30 do not overflow it. NaN or
 * infinite where an element is.
 */
export function globalNorm(grads: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < grads.length; i++) sum += grads[i] * grads[i];
  return Math.sqrt(sum);
}

/**
 * The factor that shortens a gradient to a norm of at most `maxNorm`: `min(1, maxNorm / |g|)`.
 *
 * @param maxNorm > 0
 *
 * Source: Pascanu, Mikolov and Bengio 2013, algorithm 1, over all parameters at once.
 */
export function clipFactor(grads: Float32Array, maxNorm: number): number {
  const norm = globalNorm(grads);
  return norm > maxNorm ? maxNorm / norm : 1;
}

/** Shortens a gradient to a norm of at most `maxNorm`, in place. @returns its norm before */
export function clipByGlobalNorm(grads: Float32Array, maxNorm: number): number {
  const norm = globalNorm(grads);
  if (norm > maxNorm) {
    const factor = maxNorm / norm;
    for (let i = 0; i < grads.length; i++) grads[i] *= factor;
  }
  return norm;
}

/**
 * The same as a graph piece, on `g / max |g|`, so that nothing overflows float32 on the way.
 *
 * @param grads (n)
 * @returns (n)
 */
export function clipTensorByGlobalNorm(grads: Tensor, maxNorm: number): Tensor {
  const { largest, unit, unitNorm } = splitNorm(grads);
  const shortened = mul(unit, div(maxNorm, unitNorm));
  return where(greater(mul(largest, unitNorm), maxNorm), shortened, grads);
}

/**
 * Euclidean norm of a vector as a graph piece; like {@link globalNorm}, it does not overflow for gradients
 * of 1e30.
 *
 * @param grads (n)
 * @returns (1); not finite where an element is not
 */
export function tensorGlobalNorm(grads: Tensor): Tensor {
  const { largest, unitNorm } = splitNorm(grads);
  return mul(largest, unitNorm);
}

/** A vector as its largest magnitude (1) times `unit` (n), which is `unitNorm` (1) long. */
function splitNorm(grads: Tensor): { largest: Tensor; unit: Tensor; unitNorm: Tensor } {
  const largest = maximum(max(abs(grads), [0], true), TINY);
  const unit = div(grads, largest);
  return { largest, unit, unitNorm: sqrt(sum(square(unit), [0], true)) };
}
