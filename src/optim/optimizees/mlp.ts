import { ConfigError, checkCount } from "../../base/index.ts";
import {
  dense,
  layoutParameters,
  type ParameterLayout,
  relu,
  sigmoid,
  type Tensor,
  tanh,
} from "../../graph/index.ts";
import { checkDigits, type DigitSet, imageSize } from "../digits/digit-set.ts";
import { createClassifier } from "./classifier.ts";
import type { Optimizee } from "./optimizee.ts";

export const ACTIVATIONS = { sigmoid, relu, tanh } as const;
export type Activation = keyof typeof ACTIVATIONS;

export type MlpOptions = {
  /** Images and labels that batches are drawn from. */
  readonly digits: DigitSet;
  /** Units of each hidden layer. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation;
  /** Weights start with a standard deviation of `gain / sqrt(inputs)`. */
  readonly gain?: number;
  /** Images per step, drawn with replacement, >= 1. */
  readonly batch?: number;
};

export const MLP_DEFAULTS = { hidden: [20], activation: "sigmoid", gain: 1, batch: 128 } as const;

/**
 * A perceptron that tells images apart, by mean cross-entropy over a batch. Weights start with a standard deviation of
 * `gain / sqrt(inputs)` of their layer, biases at zero.
 *
 * @throws ConfigError for an illegal option
 *
 * Source: the optimizees of Andrychowicz et al. 2016, section 3.2.
 */
export function createMlp(options: MlpOptions): Optimizee {
  const { digits, hidden, activation, gain, batch } = { ...MLP_DEFAULTS, ...options };
  checkDigits(digits);
  checkCount("batch", batch, 1);
  for (const units of hidden) checkCount("hidden", units, 1);
  if (!Object.hasOwn(ACTIVATIONS, activation))
    throw new ConfigError(`activation is "${activation}", expected ${Object.keys(ACTIVATIONS).join(", ")}`);

  const widths = [imageSize(digits), ...hidden, digits.classes];
  const layout = perceptronLayout(widths, gain);
  const name = `mlp-${hidden.join("-")}-${activation}`;
  return createClassifier(name, layout, digits, batch, (weights, image) =>
    perceptron(weights, image, widths.length - 1, activation),
  );
}

/** Matrices `w0, w1, ...` and biases `b0, ...` between layers of these widths. */
export function perceptronLayout(widths: readonly number[], gain: number): ParameterLayout {
  return layoutParameters(
    widths.slice(1).flatMap((width, l) => [
      { name: `w${l}`, shape: [widths[l], width], init: { normal: gain / Math.sqrt(widths[l]) } },
      { name: `b${l}`, shape: [width], init: "zeros" as const },
    ]),
  );
}

/** What a perceptron of so many layers makes of x (batch, inputs); the last layer is affine. */
export function perceptron(
  weights: Readonly<Record<string, Tensor>>,
  x: Tensor,
  layers: number,
  activation: Activation,
): Tensor {
  for (let l = 0; l < layers; l++) {
    x = dense(x, weights[`w${l}`], weights[`b${l}`]);
    if (l < layers - 1) x = ACTIVATIONS[activation](x);
  }
  return x;
}
