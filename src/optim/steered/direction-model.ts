import { checkLength, createRng } from "../../base/index.ts";
import {
  createCausalStreams,
  createFeatureMap,
  createStreamStep,
  EMPTY_LOG_SCALE,
  stepStream,
  stepStreams,
} from "../../cam/index.ts";
import {
  add,
  concat,
  constant,
  div,
  layoutParameters,
  matMul,
  mul,
  type ParameterLayout,
  type ParameterSpec,
  reshape,
  slice,
  sum,
  type Tensor,
  unpackParameters,
} from "../../graph/index.ts";
import { type DirectionReader, EVEN, ODD } from "../../rules/index.ts";
import type { DirectionSpec } from "./steered-spec.ts";

/** Numbers of a key and a query. */
const WIDTH = 2;

/**
 * The network that reads coordinates, the same for all, each with a memory of its own; e are even numbers, o odd ones:
 *
 *     out = y'(W e),    y = (o, h),    h = the value at E_q e of an associative memory of pairs (E_k e, o'c)
 *
 * Keys and queries do not change with the gradients' signs, and values do, so that what is read is odd: attention over the gradients of
 * the past by how they were. With the memory "mean" h is what that would be if all keys were the same: the running mean of o'c. Where
 * a tensor's memory blends networks, W is the first one and the sum of the others, each times the tensor's share b of it: W_0 + b_1 W_1 + ... W is
 * zero at first, so that what is not trained is the rule of feedback.
 */
export type DirectionModel = {
  readonly layout: ParameterLayout;
  /** @param weights (layout.total) */
  bind(weights: Float32Array): DirectionReader;
};

/** @param spec a legal one */
export function createDirectionModel({
  memory,
  tau,
  features,
  seed,
  smallest = 0,
  blends = 0,
}: DirectionSpec): DirectionModel {
  const said = ODD + (memory === "linear" ? 0 : 1);
  const key: Omit<ParameterSpec, "name"> = { shape: [EVEN, WIDTH], init: { normal: 1 / Math.sqrt(EVEN) } };
  const value: ParameterSpec = {
    name: "direction/value",
    shape: [ODD, 1],
    init: { normal: 1 / Math.sqrt(ODD) },
  };
  const layout = layoutParameters([
    { name: "direction/out", shape: [(1 + blends) * EVEN, said], init: "zeros" },
    ...(memory === "cam" ? [{ name: "direction/query", ...key }, { name: "direction/key", ...key }] : []), // biome-ignore format: one line
    ...(memory === "linear" ? [] : [value]),
  ]);
  const map = createFeatureMap({ kind: "hf+", dim: WIDTH, features, rho: 1, rng: createRng(seed) });
  const streams = createCausalStreams({ map, valueDim: 1, tau });
  const sizes = { linear: [], mean: [1, 1], cam: streams.sizes }[memory];
  return {
    layout,
    bind(weights) {
      checkLength("weights", weights.length, layout.total, "those of the direction's layout");
      const own = weights.slice();
      const named: Record<string, Float32Array> = {};
      for (const { name, offset, size } of layout.entries) named[name] = own.subarray(offset, offset + size);
      const out = named["direction/out"];
      const remember = {
        linear: () => undefined,
        mean: () => bindMean(tau, named["direction/value"]),
        cam: () => bindMemory(streams, named),
      }[memory]();
      const y = new Float64Array(said);
      const W = Float64Array.from(out.subarray(0, EVEN * said));
      return {
        sizes,
        smallest,
        ...(memory === "linear" && { matrix: W }),
        fills: sizes.map((_, i) => (i === 2 ? EMPTY_LOG_SCALE : 0)),
        blend(shares) {
          for (let i = 0; i < W.length; i++) {
            W[i] = out[i];
            for (let b = 0; b < blends; b++) W[i] += shares[b] * out[(b + 1) * W.length + i];
          }
        },
        read(even, odd, from, to, j) {
          for (let c = 0; c < ODD; c++) y[c] = odd[c];
          if (remember !== undefined) y[ODD] = remember(even, odd, from, to, j);
          let total = 0;
          for (let e = 0; e < EVEN; e++) {
            let dot = 0;
            for (let c = 0; c < said; c++) dot += W[e * said + c] * y[c];
            total += even[e] * dot;
          }
          return total;
        },
        tensors(even, odd, state, blend) {
          const w = unpackParameters(constant(even.graph, own, [layout.total]), layout);
          const [n] = even.shape;
          const project = (name: string, x: typeof even) => matMul(x, w[`direction/${name}`]);
          const values = (): Tensor => project("value", odd);
          const read = {
            linear: () => undefined,
            mean: () => stepMeans(tau, state, values()),
            cam: () => stepStreams(streams, state, project("query", even), project("key", even), values()),
          }[memory]();
          const y = read === undefined ? odd : concat([odd, read.out], 1);
          return {
            out: reshape(sum(mul(matMul(blendRows(even, blend), w["direction/out"]), y), [1], true), [n]),
            state: read?.state ?? [],
          };
        },
      };
    },
  };
}

/** Even numbers (n, EVEN), and behind them the same times each share: (n, (1 + blends) EVEN). */
function blendRows(even: Tensor, blend: Tensor | undefined): Tensor {
  if (blend === undefined) return even;
  const shares = Array.from({ length: blend.shape[1] }, (_, b) => slice(blend, 1, b, b + 1));
  return concat([even, ...shares.map((share) => mul(even, share))], 1);
}

/** What is read of the memory of a coordinate after one more step; parameters as of `DirectionReader.read`. */
type Remember = (
  even: Float64Array,
  odd: Float64Array,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  j: number,
) => number;

/** The running mean of coordinate j, the sum of its weights beside it. */
function bindMean(tau: number, value: Float32Array): Remember {
  const kept = Math.exp(-tau);
  return (_, odd, [sum, weight], [nextSum, nextWeight], j) => {
    let v = 0;
    for (let c = 0; c < ODD; c++) v += value[c] * odd[c];
    nextSum[j] = kept * sum[j] + v;
    nextWeight[j] = kept * weight[j] + 1;
    return nextSum[j] / nextWeight[j];
  };
}

/** The same as graph pieces. @param v (n, 1) */
function stepMeans(tau: number, [sums, weights]: readonly Tensor[], v: Tensor) {
  const [n] = v.shape;
  const kept = Math.exp(-tau);
  const state = [add(mul(sums, kept), reshape(v, [n])), add(mul(weights, kept), 1)];
  return { out: reshape(div(state[0], state[1]), [n, 1]), state };
}

/** What is read of the memory of coordinate j after its pattern is written. */
function bindMemory(
  streams: ReturnType<typeof createCausalStreams>,
  named: Readonly<Record<string, Float32Array>>,
): Remember {
  const { map, scale } = streams;
  const { projections } = map;
  const step = createStreamStep(streams);
  // Projections are folded into the weights: (projections, EVEN).
  const rowsOf = (name: string): Float64Array => {
    const out = new Float64Array(projections * EVEN);
    for (let p = 0; p < projections; p++)
      for (let e = 0; e < EVEN; e++)
        for (let c = 0; c < WIDTH; c++)
          out[p * EVEN + e] += scale * map.weights[p * WIDTH + c] * named[name][e * WIDTH + c];
    return out;
  };
  const [keyRows, queryRows] = [rowsOf("direction/key"), rowsOf("direction/query")];
  const [key, value] = [named["direction/key"], named["direction/value"]];
  return (even, odd, from, to, j) => {
    for (let p = 0; p < projections; p++) {
      let [k, q] = [0, 0];
      for (let e = 0; e < EVEN; e++) {
        k += keyRows[p * EVEN + e] * even[e];
        q += queryRows[p * EVEN + e] * even[e];
      }
      step.keyDots[p] = k;
      step.queryDots[p] = q;
    }
    let squared = 0;
    for (let c = 0; c < WIDTH; c++) {
      let k = 0;
      for (let e = 0; e < EVEN; e++) k += key[e * WIDTH + c] * even[e];
      squared += k * k;
    }
    let v = 0;
    for (let c = 0; c < ODD; c++) v += value[c] * odd[c];
    step.value[0] = v;
    stepStream(streams, from, to, j, step, scale * scale * squared);
    return step.out[0];
  };
}
