import type { Rng } from "../../src/base/index.ts";
import {
  add,
  createGraph,
  dense,
  type Graph,
  gradients,
  initParameters,
  input,
  layerNorm,
  layoutParameters,
  matMul,
  mean,
  mul,
  relu,
  softmax,
  square,
  sub,
  type Tensor,
  type TensorData,
  unpackParameters,
} from "../../src/graph/index.ts";

const LAYOUT = layoutParameters([
  { name: "q", shape: [4, 4], init: { normal: 0.5 } },
  { name: "k", shape: [4, 4], init: { normal: 0.5 } },
  { name: "v", shape: [4, 4], init: { normal: 0.5 } },
  { name: "gain", shape: [4], init: "ones" },
  { name: "bias", shape: [4], init: "zeros" },
  { name: "out", shape: [4, 3], init: { normal: 0.5 } },
]);

/** Which output is fed back as which input. */
export const TRAINING_STATE = { parametersNew: "parameters" } as const;

/**
 * One step of gradient descent of a small network with attention, as one graph: inputs x (2, 6, 4) and
 * target (2, 3), output loss, state parametersNew -> parameters; and the gradient of the loss in the parameters.
 */
export function trainingStep(): {
  graph: Graph;
  outputs: { loss: Tensor; parametersNew: Tensor };
  gradient: Tensor;
} {
  const graph = createGraph();
  const x = input(graph, "x", [2, 6, 4]);
  const target = input(graph, "target", [2, 3]);
  const parameters = input(graph, "parameters", [LAYOUT.total]);
  const { q, k, v, gain, bias, out } = unpackParameters(parameters, LAYOUT);
  const scores = matMul(dense(x, q!), dense(x, k!), { transposeB: true });
  const mixed = matMul(softmax(mul(scores, 0.5)), dense(x, v!));
  const pooled = mean(relu(layerNorm(add(x, mixed), gain!, bias!)), [1]);
  const loss = mean(square(sub(dense(pooled, out!), target)), [0, 1]);
  const gradient = gradients(loss, [parameters])[0];
  return { graph, outputs: { loss, parametersNew: sub(parameters, mul(gradient, 0.1)) }, gradient };
}

/** Feeds of the training step, and its first parameters. */
export function trainingData(rng: Rng): { feeds: Record<string, TensorData>; parameters: TensorData } {
  const draw = (...shape: number[]): TensorData => ({
    data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => rng.gauss()),
    shape,
  });
  return {
    feeds: { x: draw(2, 6, 4), target: draw(2, 3) },
    parameters: { data: initParameters(LAYOUT, rng), shape: [LAYOUT.total] },
  };
}
