import { createRng } from "../../src/base/index.ts";
import {
  createGraph,
  gradients,
  input,
  sum,
  type Tensor,
  type TensorData,
  writeOnnx,
} from "../../src/graph/index.ts";
import { TFJS_CASES } from "./tfjs-cases.ts";

/** All operations and their gradients in one model, and numbers to feed it. */
export function everyOperation(): { model: Uint8Array; feeds: Record<string, TensorData> } {
  const rng = createRng(2);
  const graph = createGraph();
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, TensorData> = {};
  TFJS_CASES.forEach(({ shapes, ours, range: [low, high] = [-2, 2] }, k) => {
    const xs = shapes.map((shape, i) => {
      const size = shape.reduce((n, d) => n * d, 1);
      const data = Float32Array.from({ length: size }, () => low + (high - low) * rng.uniform());
      feeds[`x${k}.${i}`] = { data, shape };
      return input(graph, `x${k}.${i}`, shape);
    });
    const value = ours(xs);
    outputs[`value${k}`] = value;
    const axes = value.shape.map((_, axis) => axis);
    gradients(sum(value, axes), xs).forEach((gradient, i) => {
      outputs[`gradient${k}.${i}`] = gradient;
    });
  });
  return { model: writeOnnx(graph, outputs), feeds };
}
