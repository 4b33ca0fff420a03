/**
 * Optimizers that square gradients take each within +-1e18 first: its square and any average of squares
 * then fit float32 (3.4e38). Such a rule does not depend on the gradient's scale, so a gradient of 1e30
 * still moves the parameters by about the learning rate, instead of freezing them by an infinite moment.
 */
export const GRADIENT_LIMIT = 1e18;

/** A number taken within +-{@link GRADIENT_LIMIT}; NaN stays NaN. */
export function limitGradient(g: number): number {
  return g > GRADIENT_LIMIT ? GRADIENT_LIMIT : g < -GRADIENT_LIMIT ? -GRADIENT_LIMIT : g;
}
