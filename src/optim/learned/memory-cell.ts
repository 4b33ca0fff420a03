import { createRng, hashSeed } from "../../base/index.ts";
import {
  type CachedStreams,
  type CausalStreams,
  createCachedStreams,
  createCausalStreams,
  createFeatureMap,
  createStreamStep,
  EMPTY_LOG_SCALE,
  stepCachedStream,
  stepCachedStreams,
  stepStream,
  stepStreams,
} from "../../cam/index.ts";
import { add, dense, matMul, type ParameterSpec, relu, type Tensor } from "../../graph/index.ts";
import type { Cell, CellStep, CellWeights } from "./cell.ts";
import { addDense, multiply } from "./dense-rows.ts";
import type { CellMemorySpec, MnemosyneSpec } from "./learned-spec.ts";

/**
 * A cell of Mnemosyne: `q = W_Q x, k = W_K x, v = W_V x`, the memory of the coordinate is discounted, written
 * and read, and what was read is added to x; then, where asked for, a dense layer with a residual of its own.
 *
 * Source: Mnemosyne (Jain et al. 2023), section 3, the coordinate-wise optimizer.
 */
export function createMemoryCell(spec: MnemosyneSpec, index: number): Cell {
  const { width, feedForward, memory } = spec;
  const tau = spec.taus[index];
  const std = 1 / Math.sqrt(width);
  const square: ParameterSpec["shape"] = [width, width];
  const parameters: ParameterSpec[] = [
    { name: "query", shape: square, init: { normal: std } },
    { name: "key", shape: square, init: { normal: std } },
    { name: "value", shape: square, init: { normal: std } },
  ];
  if (feedForward > 0)
    parameters.push(
      { name: "up", shape: [width, feedForward], init: { normal: std } },
      { name: "upBias", shape: [feedForward], init: "zeros" },
      { name: "down", shape: [feedForward, width], init: { normal: 1 / Math.sqrt(feedForward) } },
      { name: "downBias", shape: [width], init: "zeros" },
    );
  const streams = createStreams(memory, width, tau, index);
  const isCache = "capacity" in streams;
  return {
    parameters,
    inputs: width,
    outputs: width,
    sizes: streams.sizes,
    fills: streams.sizes.map((_, i) => (i === 2 ? EMPTY_LOG_SCALE : 0)),
    bind: (weights) =>
      withFeedForward(isCache ? bindCached(streams, weights) : bindCausal(streams, weights), spec, weights),
    tensors(weights, x, state) {
      const [q, k, v] = ["query", "key", "value"].map((name) => matMul(x, weights[name]));
      const read = isCache
        ? stepCachedStreams(streams, state, q, k, v)
        : stepStreams(streams, state, q, k, v);
      return { out: feedForwardTensors(add(x, read.out), weights, feedForward), state: read.state };
    },
  };
}

export function createStreams(
  memory: CellMemorySpec,
  width: number,
  tau: number,
  index: number,
): CausalStreams | CachedStreams {
  const { kind, features, rho, slices, seed } = memory;
  if (kind === "cache") return createCachedStreams({ dim: width, valueDim: width, capacity: features, tau });
  const rng = createRng(hashSeed(seed, index));
  const map = createFeatureMap({ kind, dim: width, features, rho, rng });
  return createCausalStreams({ map, valueDim: width, tau, slices });
}

/** The projections are folded into the weights: `scale w'(W x) = (scale w'W) x`. */
function bindCausal(streams: CausalStreams, weights: CellWeights): CellStep {
  const { map, valueDim: width, scale } = streams;
  const { projections } = map;
  const step = createStreamStep(streams);
  const { key, query, value, keyDots, queryDots, out: read } = step;
  const keyRows = foldProjections(map.weights, weights.key, projections, width, scale);
  const queryRows = foldProjections(map.weights, weights.query, projections, width, scale);
  const toKey = transposed(weights.key, width, width);
  const toValue = transposed(weights.value, width, width);
  const toQuery = transposed(weights.query, width, width);
  const isThickened = streams.rhos.length > 1;
  return (x, from, to, j, out) => {
    multiply(keyRows, x, projections, width, keyDots);
    multiply(queryRows, x, projections, width, queryDots);
    multiply(toKey, x, width, width, key);
    multiply(toValue, x, width, width, value);
    if (isThickened) multiply(toQuery, x, width, width, query);
    let squared = 0;
    for (let c = 0; c < width; c++) squared += key[c] * key[c];
    stepStream(streams, from, to, j, step, scale * scale * squared);
    for (let c = 0; c < width; c++) out[c] = x[c] + read[c];
  };
}

function bindCached(streams: CachedStreams, weights: CellWeights): CellStep {
  const { dim: width } = streams;
  const [toQuery, toKey, toValue] = ["query", "key", "value"].map((name) =>
    transposed(weights[name], width, width),
  );
  const [query, key, value, read] = Array.from({ length: 4 }, () => new Float64Array(width));
  return (x, from, to, j, out) => {
    multiply(toQuery, x, width, width, query);
    multiply(toKey, x, width, width, key);
    multiply(toValue, x, width, width, value);
    stepCachedStream(streams, from, to, j, query, key, value, read);
    for (let c = 0; c < width; c++) out[c] = x[c] + read[c];
  };
}

function withFeedForward(step: CellStep, spec: MnemosyneSpec, weights: CellWeights): CellStep {
  const { width, feedForward } = spec;
  if (feedForward === 0) return step;
  const up = transposed(weights.up, width, feedForward);
  const down = transposed(weights.down, feedForward, width);
  const hidden = new Float64Array(feedForward);
  const change = new Float64Array(width);
  return (x, from, to, j, out) => {
    step(x, from, to, j, out);
    addDense(up, weights.upBias, out, feedForward, width, hidden);
    for (let c = 0; c < feedForward; c++) if (hidden[c] < 0) hidden[c] = 0;
    addDense(down, weights.downBias, hidden, width, feedForward, change);
    for (let c = 0; c < width; c++) out[c] += change[c];
  };
}

function feedForwardTensors(x: Tensor, weights: Readonly<Record<string, Tensor>>, hidden: number): Tensor {
  if (hidden === 0) return x;
  return add(x, dense(relu(dense(x, weights.up, weights.upBias)), weights.down, weights.downBias));
}

/** (rows, inputs) of a (inputs, rows) matrix, in float64. */
function transposed(w: Float32Array, inputs: number, rows: number): Float64Array {
  const out = new Float64Array(inputs * rows);
  for (let i = 0; i < inputs; i++) for (let r = 0; r < rows; r++) out[r * inputs + i] = w[i * rows + r];
  return out;
}

/** (projections, inputs): `scale w_p'W'` for W stored as (inputs, dim). */
export function foldProjections(
  projections: Float64Array,
  weights: Float32Array,
  count: number,
  width: number,
  scale: number,
): Float64Array {
  const out = new Float64Array(count * width);
  for (let p = 0; p < count; p++)
    for (let i = 0; i < width; i++) {
      let dot = 0;
      for (let c = 0; c < width; c++) dot += projections[p * width + c] * weights[i * width + c];
      out[p * width + i] = scale * dot;
    }
  return out;
}
