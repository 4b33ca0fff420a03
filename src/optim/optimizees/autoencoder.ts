import { initParameters, mean, mul, square, sub, sum, unpackParameters } from "../../graph/index.ts";
import { digitBatch, imageSize } from "../digits/digit-set.ts";
import { type MlpOptions, perceptron, perceptronLayout } from "./mlp.ts";
import type { Optimizee } from "./optimizee.ts";

/** A squared error of an image is a sum over hundreds of pixels; a tenth is of the size of other losses. */
const SHARE = 0.1;

/**
 * A perceptron that gives back the image it was given, through fewer units: a tenth of the squared error of an image, mean
 * over a batch.
 */
export function createAutoencoder(
  options: Pick<MlpOptions, "digits" | "hidden" | "activation" | "batch">,
): Optimizee {
  const { digits, hidden = [64], activation = "relu", batch = 128 } = options;
  const pixels = imageSize(digits);
  const widths = [pixels, ...hidden, pixels];
  const layout = perceptronLayout(widths, 1);
  return {
    name: `autoencoder-${hidden.join("-")}-${activation}`,
    layout,
    problem: [],
    batch: [{ name: "image", shape: [batch, pixels] }],
    loss(params, { image }) {
      const y = perceptron(unpackParameters(params, layout), image, widths.length - 1, activation);
      return mul(mean(sum(square(sub(y, image)), [1]), [0], true), SHARE);
    },
    init: (rng) => initParameters(layout, rng),
    drawProblem: () => ({}),
    drawBatch(rng) {
      const indices = Array.from({ length: batch }, () => rng.int(digits.count));
      return { image: digitBatch(digits, indices).image };
    },
  };
}
