import { add, exp, log, max, mean, mul, stopGradient, sub, sum, type Tensor } from "../../graph/index.ts";

/**
 * Mean cross-entropy of a softmax, `mean_b log sum_c exp(z_bc) - z_b,label`, without overflow.
 *
 * @param logits (B, classes)
 * @param label (B, classes), one-hot
 * @returns (1)
 */
export function crossEntropy(logits: Tensor, label: Tensor): Tensor {
  const largest = stopGradient(max(logits, [1], true));
  const total = add(log(sum(exp(sub(logits, largest)), [1], true)), largest);
  const own = sum(mul(logits, label), [1], true);
  return mean(sub(total, own), [0], false);
}
