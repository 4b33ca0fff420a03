import { ConfigError, checkLength, FormatError } from "../base/index.ts";
import { camWeights } from "../cam/index.ts";
import { concat, createGraph, readOnnx, reshape, type Tensor, writeOnnx } from "../graph/index.ts";
import type { NetAttention } from "./attention-choice.ts";
import { readNetMetadata } from "./net-file.ts";
import { createSceneInputs, type NetSession } from "./net-inference.ts";
import { buildNet } from "./net-model.ts";
import { featureSizes, type NetScene, type NetSpec } from "./net-spec.ts";
import { netConstants, netInputs, netLayout } from "./training-models.ts";

/** Looks at scenes with an attention model. */
export type AttentionReader = {
  readonly spec: NetSpec;
  /** One at a time. */
  read(scene: NetScene): Promise<NetAttention>;
};

/**
 * Makes of a network's file a model that gives its attention too, from the file's own parameters. Inputs as the
 * network's; outputs `trajectories`, `scores` and `attention` (1, layers, heads, tokens + 1, tokens + 1). The file
 * that is driven with stays as it is.
 *
 * @throws FormatError for bytes that are no network of this program; ConfigError for a network without attention
 */
export function writeAttentionModel(file: Uint8Array): { bytes: Uint8Array; spec: NetSpec } {
  const { spec } = readNetMetadata(file);
  checkAttentive(spec);
  const { constants } = readOnnx(file).graph;
  const parameters = new Float32Array(netLayout(spec).total);
  for (const { name, shape, offset, size } of netLayout(spec).entries) {
    const found = constants.get(name);
    const got = found === undefined ? "missing" : `of shape (${found.tensor.shape.join(", ")})`;
    if (!(found?.data instanceof Float32Array) || found.data.length !== size)
      throw new FormatError(`parameter ${name} is ${got}, expected shape (${shape.join(", ")})`);
    parameters.set(found.data, offset);
  }
  return { bytes: writeAttention(spec, parameters), spec };
}

/** The attention model of given parameters (total). @throws ConfigError for a network without attention */
export function writeAttention(spec: NetSpec, parameters: Float32Array): Uint8Array {
  checkAttentive(spec);
  checkLength("parameters", parameters.length, netLayout(spec).total, "total");
  const graph = createGraph();
  const layers: Tensor[] = [];
  const T = featureSizes(spec).tokens + 1;
  const outputs = buildNet(
    netConstants(graph, spec, parameters),
    netInputs(graph, spec, 1),
    spec,
    (q, k, map) => {
      layers.push(reshape(camWeights(q, k, map), [1, 1, spec.options.heads, T, T]));
    },
  );
  return writeOnnx(graph, { ...outputs, attention: concat(layers, 1) });
}

/**
 * Makes a session of an attention model look at scenes.
 *
 * @param session runs a model of {@link writeAttentionModel}
 */
export function createAttentionReader(session: NetSession, spec: NetSpec): AttentionReader {
  const { layers, heads } = spec.options;
  const tokens = featureSizes(spec).tokens + 1;
  const inputs = createSceneInputs(spec);
  return {
    spec,
    async read(scene) {
      inputs.write(scene);
      const outputs = await session.run(inputs.feeds);
      const weights = outputs.attention?.data;
      const trajectories = outputs.trajectories?.data;
      if (!(weights instanceof Float32Array && trajectories instanceof Float32Array))
        throw new FormatError("the session gave no attention, expected that of an attention model");
      checkLength("attention", weights.length, layers * heads * tokens * tokens, "layers*heads*tokens^2");
      return { layers, heads, tokens, weights, trajectories };
    },
  };
}

function checkAttentive({ options }: NetSpec): void {
  if (!options.grid)
    throw new ConfigError("the network sees no grid (grid is false): it has no patches to attend to");
  if (options.layers === 0)
    throw new ConfigError("the network has no layers (layers is 0): no token attends to another");
}
