import { createRng, hashSeed } from "../base/index.ts";
import {
  constant,
  createGraph,
  type Graph,
  gradients,
  initParameters,
  input,
  layoutParameters,
  type ParameterLayout,
  reshape,
  type Tensor,
  unpackParameters,
  writeOnnx,
} from "../graph/index.ts";
import { type LossOptions, netLoss } from "./net-loss.ts";
import { buildNet, type NetInputs, netParameters } from "./net-model.ts";
import { BASES, featureSizes, type NetSpec } from "./net-spec.ts";

/** Where the parameters lie in the flat vector. */
export function netLayout(spec: NetSpec): ParameterLayout {
  return layoutParameters(netParameters(spec));
}

/** (total) the parameters before training. */
export function initNet(spec: NetSpec, seed: number): Float32Array {
  return initParameters(netLayout(spec), createRng(hashSeed(seed, 0x696e6974)));
}

/**
 * The forward and backward half of a training step as an ONNX model. Inputs: `parameters` (total) and
 * `patches`, `vector`, `bases`, `target` of a batch, as far as the network reads them; outputs: `loss` (1) and
 * `gradient` (total).
 */
export function writeGradientModel(spec: NetSpec, batch: number, loss?: Partial<LossOptions>): Uint8Array {
  const { parameters, value } = buildLoss(spec, batch, loss);
  return writeOnnx(parameters.graph, { loss: value, gradient: gradients(value, [parameters])[0] });
}

/**
 * The network and its loss on a batch by its parameters, inputs as in {@link writeGradientModel}. Outputs:
 * `trajectories`, `scores`, `errors` of every example and hypothesis, and the batch's `loss`.
 */
export function writeEvaluationModel(spec: NetSpec, batch: number, loss?: Partial<LossOptions>): Uint8Array {
  const { parameters, outputs, errors, value } = buildLoss(spec, batch, loss);
  return writeOnnx(parameters.graph, { ...outputs, errors, loss: value });
}

/**
 * The network for one scene with its parameters inside: what is shipped. Inputs `patches`, `vector`, `bases`,
 * as far as the network reads them; outputs `trajectories`, `scores`.
 */
export function writeInferenceModel(
  spec: NetSpec,
  parameters: Float32Array,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const graph = createGraph();
  const outputs = buildNet(netConstants(graph, spec, parameters), netInputs(graph, spec, 1), spec);
  return writeOnnx(graph, outputs, { metadata });
}

/** Parameters (total) as constants of a graph, by their names. */
export function netConstants(graph: Graph, spec: NetSpec, parameters: Float32Array): Record<string, Tensor> {
  const values: Record<string, Tensor> = {};
  for (const { name, shape, offset, size } of netLayout(spec).entries)
    values[name] = constant(graph, parameters.subarray(offset, offset + size), shape, name);
  return values;
}

/** The loss of a batch as a graph, with the parameters as one flat input. */
export function buildLoss(spec: NetSpec, batch: number, options?: Partial<LossOptions>) {
  const graph = createGraph();
  const layout = netLayout(spec);
  const parameters = input(graph, "parameters", [layout.total]);
  const inputs = netInputs(graph, spec, batch);
  const target = input(graph, "target", [batch, featureSizes(spec).target]);
  const outputs = buildNet(unpackParameters(parameters, layout), inputs, spec);
  const { loss, errors } = netLoss(outputs, target, spec, options);
  return { parameters, outputs, errors, value: reshape(loss, [1]) };
}

/** Inputs for a batch. */
export function netInputs(graph: Graph, spec: NetSpec, batch: number): NetInputs {
  const sizes = featureSizes(spec);
  return {
    patches: input(graph, "patches", [batch, sizes.tokens, sizes.patch]),
    vector: input(graph, "vector", [batch, sizes.vector]),
    bases: input(graph, "bases", [batch, BASES, sizes.target]),
  };
}
