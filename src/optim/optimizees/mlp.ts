import { ConfigError, checkCount } from "../../base/index.ts";
import { dense, layoutParameters, relu, sigmoid } from "../../graph/index.ts";
import { checkDigits, type DigitSet } from "../digits/digit-set.ts";
import { createClassifier } from "./classifier.ts";
import type { Optimizee } from "./optimizee.ts";

const ACTIVATIONS = { sigmoid, relu } as const;
export type Activation = keyof typeof ACTIVATIONS;

export type MlpOptions = {
  /** Images and labels that batches are drawn from. */
  readonly digits: DigitSet;
  /** Units of each hidden layer. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation;
  /** Images per step, drawn with replacement, >= 1. */
  readonly batch?: number;
};

export const MLP_DEFAULTS = { hidden: [20], activation: "sigmoid", batch: 128 } as const;

/**
 * A perceptron that tells images apart, by mean cross-entropy over a batch. Weights start with a standard deviation of
 * `1 / sqrt(inputs)` of their layer, biases at zero.
 *
 * @throws ConfigError for an illegal option
 *
 * Source: the optimizees of Andrychowicz et al. 2016, section 3.2.
 */
export function createMlp(options: MlpOptions): Optimizee {
  const { digits, hidden, activation, batch } = { ...MLP_DEFAULTS, ...options };
  checkDigits(digits);
  checkCount("batch", batch, 1);
  for (const units of hidden) checkCount("hidden", units, 1);
  if (!Object.hasOwn(ACTIVATIONS, activation))
    throw new ConfigError(`activation is "${activation}", expected ${Object.keys(ACTIVATIONS).join(" or ")}`);

  const widths = [digits.height * digits.width, ...hidden, digits.classes];
  const layers = widths.slice(1);
  const layout = layoutParameters(
    layers.flatMap((width, l) => [
      { name: `w${l}`, shape: [widths[l], width], init: { normal: 1 / Math.sqrt(widths[l]) } },
      { name: `b${l}`, shape: [width], init: "zeros" },
    ]),
  );
  const name = `mlp-${hidden.join("-")}-${activation}`;
  return createClassifier(name, layout, digits, batch, (weights, image) => {
    let x = image;
    for (let l = 0; l < layers.length; l++) {
      x = dense(x, weights[`w${l}`], weights[`b${l}`]);
      if (l < layers.length - 1) x = ACTIVATIONS[activation](x);
    }
    return x;
  });
}
