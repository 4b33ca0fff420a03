import { createRng, hashSeed } from "../base/index.ts";
import { type AttentionMap, camAttention, createFeatureMap } from "../cam/index.ts";
import {
  add,
  concat,
  dense,
  expand,
  gelu,
  layerNorm,
  mean,
  mul,
  type ParameterSpec,
  relu,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { BASES, featureSizes, type NetSpec, predictedRows } from "./net-spec.ts";

/** A batch of scenes: patches (B, tokens, patch), vector (B, features), bases (B, BASES, target). */
export type NetInputs = { readonly patches: Tensor; readonly vector: Tensor; readonly bases: Tensor };

/** Trajectories (B, hypotheses, output) in the robot's frame, and a logit for each (B, hypotheses). */
export type NetOutputs = { readonly trajectories: Tensor; readonly scores: Tensor };

/** Hears of every layer's queries and keys, each (B, heads, tokens + 1, width / heads), as the network is built. */
export type AttentionWatcher = (q: Tensor, k: Tensor, map: AttentionMap) => void;

/** Standard deviation of positional encodings and of the latent token at the start. */
const TOKEN_STD = 0.02;
/** The last layer begins small, so that an untrained network proposes about the mean of its bases. */
const LAST_STD = 0.1;
const FUSION_WIDTH = 128;

/** The network's trained numbers. (He and Glorot scales by the layer's inputs.) */
export function netParameters(spec: NetSpec): ParameterSpec[] {
  const { options: o } = spec;
  const sizes = featureSizes(spec);
  const D = o.width;
  const list: ParameterSpec[] = [];
  const matrix = (name: string, rows: number, columns: number, gain = 1): void => {
    list.push({ name, shape: [rows, columns], init: { normal: gain / Math.sqrt(rows) } });
  };
  const layer = (name: string, rows: number, columns: number, gain = 1): void => {
    matrix(`${name}.w`, rows, columns, gain);
    list.push({ name: `${name}.b`, shape: [columns], init: "zeros" });
  };
  const norm = (name: string, columns = D): void => {
    list.push(
      { name: `${name}.gain`, shape: [columns], init: "ones" },
      { name: `${name}.bias`, shape: [columns], init: "zeros" },
    );
  };
  const context = sizes.vector + (o.bases ? sizes.bases : 0);
  if (o.grid) {
    layer("patch", sizes.patch, D);
    list.push({ name: "position", shape: [sizes.tokens, D], init: { normal: TOKEN_STD } });
    list.push({ name: "latent", shape: [1, D], init: { normal: TOKEN_STD } });
    if (o.fusion === "early") {
      layer("fusion.0", context, FUSION_WIDTH, Math.SQRT2);
      layer("fusion.1", FUSION_WIDTH, D);
    }
    for (let l = 0; l < o.layers; l++) {
      norm(`layer.${l}.norm.0`);
      for (const name of ["query", "key", "value", "out"]) layer(`layer.${l}.${name}`, D, D);
      norm(`layer.${l}.norm.1`);
      layer(`layer.${l}.mlp.0`, D, D * o.mlp, Math.SQRT2);
      layer(`layer.${l}.mlp.1`, D * o.mlp, D);
    }
    norm("norm");
  }
  const latent = o.grid ? D * (o.readout === "tokenMean" ? 2 : 1) : 0;
  if (o.head === "norm") norm("head.norm", latent + context);
  layer("head.0", latent + context, o.hidden, Math.SQRT2);
  layer("head.1", o.hidden, o.hidden, Math.SQRT2);
  layer("head.trajectory", o.hidden, o.hypotheses * sizes.output, LAST_STD);
  layer("head.score", o.hidden, o.hypotheses, LAST_STD);
  if (o.bases) layer("head.gate", o.hidden, o.hypotheses * BASES, LAST_STD);
  return list;
}

/**
 * The Vision Transformer of docs/learned-start.md#what-it-is: patches, positional encoding, pre-norm layers of associative-memory
 * attention and MLP, a latent token; a head of two hidden layers. Where it is given bases, every hypothesis is
 * a convex combination of them plus a correction.
 */
export function buildNet(
  p: Record<string, Tensor>,
  inputs: NetInputs,
  spec: NetSpec,
  watch: AttentionWatcher = () => {},
): NetOutputs {
  const { options: o } = spec;
  const sizes = featureSizes(spec);
  const B = inputs.vector.shape[0];
  const H = o.hypotheses;
  const linear = (x: Tensor, name: string): Tensor => dense(x, p[`${name}.w`], p[`${name}.b`]);
  const context = o.bases
    ? concat([inputs.vector, reshape(inputs.bases, [B, sizes.bases])], 1)
    : inputs.vector;
  const seen = o.grid ? [...readGrid(p, inputs.patches, context, spec, watch)] : [];
  let h = seen.length === 0 ? context : concat([...seen, context], 1);
  if (o.head === "norm") h = layerNorm(h, p["head.norm.gain"], p["head.norm.bias"]);
  const bend = o.head === "gelu" ? gelu : relu;
  h = bend(linear(h, "head.0"));
  h = bend(linear(h, "head.1"));
  let trajectories = reshape(linear(h, "head.trajectory"), [B, H, sizes.output]);
  if (o.bases) {
    const gate = softmax(reshape(linear(h, "head.gate"), [B, H, BASES, 1]), 2);
    const bases = reshape(predicted(inputs.bases, [B, BASES], spec), [B, 1, BASES, sizes.output]);
    trajectories = add(trajectories, sum(mul(gate, bases), [2]));
  }
  return { trajectories, scores: linear(h, "head.score") };
}

/** The part of whole trajectories (..., N * (nx + nu)) that the network predicts (..., output). */
export function predicted(trajectories: Tensor, lead: readonly number[], spec: NetSpec): Tensor {
  const { nx, nu, N } = spec;
  const { from, to } = predictedRows(spec);
  if (to - from === nx + nu) return trajectories;
  const stages = reshape(trajectories, [...lead, N, nx + nu]);
  return reshape(slice(stages, lead.length + 1, from, to), [...lead, N * (to - from)]);
}

/** Latents (B, width) of the grid. */
function readGrid(
  p: Record<string, Tensor>,
  patches: Tensor,
  context: Tensor,
  spec: NetSpec,
  watch: AttentionWatcher,
): Tensor[] {
  const { options: o } = spec;
  const { tokens } = featureSizes(spec);
  const B = patches.shape[0];
  const D = o.width;
  const T = tokens + 1;
  const linear = (x: Tensor, name: string): Tensor => dense(x, p[`${name}.w`], p[`${name}.b`]);
  let x = add(linear(patches, "patch"), p.position);
  x = concat([expand(reshape(p.latent, [1, 1, D]), [B, 1, D]), x], 1);
  if (o.fusion === "early") {
    const fused = linear(relu(linear(context, "fusion.0")), "fusion.1");
    x = add(x, reshape(fused, [B, 1, D]));
  }
  const heads = (t: Tensor): Tensor => transpose(reshape(t, [B, T, o.heads, D / o.heads]), [0, 2, 1, 3]);
  for (let l = 0; l < o.layers; l++) {
    const name = `layer.${l}`;
    const h = layerNorm(x, p[`${name}.norm.0.gain`], p[`${name}.norm.0.bias`]);
    const [q, k, v] = ["query", "key", "value"].map((part) => heads(linear(h, `${name}.${part}`)));
    const map = layerMap(spec, l);
    watch(q, k, map);
    const attended = camAttention(q, k, v, map);
    const merged = reshape(transpose(attended, [0, 2, 1, 3]), [B, T, D]);
    x = add(x, linear(merged, `${name}.out`));
    const m = layerNorm(x, p[`${name}.norm.1.gain`], p[`${name}.norm.1.bias`]);
    x = add(x, linear(relu(linear(m, `${name}.mlp.0`)), `${name}.mlp.1`));
  }
  const token = reshape(slice(x, 1, 0, 1), [B, D]);
  const latent = layerNorm(token, p["norm.gain"], p["norm.bias"]);
  return o.readout === "token" ? [latent] : [latent, mean(x, [1])];
}

/** The random features of a layer, the same whenever the same specification is built. */
function layerMap({ options: o }: NetSpec, layer: number): AttentionMap {
  return createFeatureMap({
    kind: o.map,
    dim: o.width / o.heads,
    features: o.features,
    rng: createRng(hashSeed(o.featureSeed, layer)),
  });
}
