import { ConfigError, ShapeError } from "../base/index.ts";
import { checkFloat } from "./elementwise.ts";
import { addNode, addNodeWithOutputs, type Tensor } from "./graph.ts";
import { normalizeAxis, sameShape, shapeText } from "./shapes.ts";

/** e^x / sum e^x along an axis, without overflow. @throws ShapeError for an axis out of range */
export function softmax(x: Tensor, axis = -1): Tensor {
  checkFloat("softmax", x);
  const at = normalizeAxis("softmax", axis, x.shape.length);
  return addNode("Softmax", [x], { shape: x.shape }, { axis: { int: at } });
}

/**
 * Layer normalization of the last axis, `gain (x - mean) / sqrt(variance + epsilon) + bias`.
 *
 * @param x (..., D)
 * @param gain (D)
 * @param bias (D)
 * @throws ShapeError where gain or bias are not (D); ConfigError unless epsilon > 0
 */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  for (const t of [x, gain, bias]) checkFloat("layerNorm", t);
  const D = x.shape.at(-1);
  if (D === undefined) throw new ShapeError("layerNorm: x is a scalar, expected at least one axis");
  for (const [name, t] of [
    ["gain", gain],
    ["bias", bias],
  ] as const)
    if (!sameShape(t.shape, [D]))
      throw new ShapeError(
        `layerNorm: ${name} has shape ${shapeText(t.shape)}, expected (${D}) for x ${shapeText(x.shape)}`,
      );
  if (!(epsilon > 0)) throw new ConfigError(`layerNorm: epsilon is ${epsilon}, expected a number > 0`);
  const statistics = { shape: [...x.shape.slice(0, -1), 1] };
  // The mean and the inverse standard deviation are kept for the gradient; the writer drops them elsewhere.
  return addNodeWithOutputs(
    "LayerNormalization",
    [x, gain, bias],
    [{ shape: x.shape }, statistics, statistics],
    { axis: { int: -1 }, epsilon: { float: epsilon } },
  )[0];
}
