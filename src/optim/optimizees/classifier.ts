import {
  add,
  exp,
  initParameters,
  log,
  max,
  mean,
  mul,
  type ParameterLayout,
  stopGradient,
  sub,
  sum,
  type Tensor,
  unpackParameters,
} from "../../graph/index.ts";
import { type DigitSet, digitBatch, imageSize } from "../digits/digit-set.ts";
import type { Optimizee } from "./optimizee.ts";

/**
 * A network that tells images apart, by mean cross-entropy over a batch, drawn with replacement for each step.
 *
 * @param logits of the parameters by their names and of images (batch, numbers of an image): (batch, classes)
 */
export function createClassifier(
  name: string,
  layout: ParameterLayout,
  digits: DigitSet,
  batch: number,
  logits: (parameters: Readonly<Record<string, Tensor>>, image: Tensor) => Tensor,
): Optimizee {
  return {
    name,
    layout,
    problem: [],
    batch: [
      { name: "image", shape: [batch, imageSize(digits)] },
      { name: "label", shape: [batch, digits.classes] },
    ],
    loss: (params, { image, label }) => crossEntropy(logits(unpackParameters(params, layout), image), label),
    init: (rng) => initParameters(layout, rng),
    drawProblem: () => ({}),
    drawBatch(rng) {
      const indices = Array.from({ length: batch }, () => rng.int(digits.count));
      return digitBatch(digits, indices);
    },
  };
}

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
