import { createRng, hashSeed } from "../../src/base/index.ts";
import { createFeatureMap } from "../../src/cam/index.ts";
import { layoutParameters } from "../../src/graph/index.ts";
import { BASES, featureSizes, type NetSpec, netParameters } from "../../src/init-net/index.ts";
import { camAttend } from "../cam/attend.ts";

type Vec = Float64Array;

/** The inputs of one scene. */
export type Inputs = {
  readonly patches: Float32Array;
  readonly vector: Float32Array;
  readonly bases: Float32Array;
};

/**
 * The network written out in loops over typed arrays, in double precision: nothing of src/graph but where
 * each parameter lies.
 */
export function referenceNet(
  spec: NetSpec,
  parameters: Float32Array,
  inputs: Inputs,
): { trajectories: Vec; scores: Vec; attention: Vec } {
  const { options: o, N, nx, nu } = spec;
  const sizes = featureSizes(spec);
  const D = o.width;
  const H = o.hypotheses;
  const entries = new Map(layoutParameters(netParameters(spec)).entries.map((entry) => [entry.name, entry]));
  const get = (name: string): Float32Array => {
    const { offset, size } = entries.get(name)!;
    return parameters.subarray(offset, offset + size);
  };
  /** Rows of x (rows, inputs) through a dense layer. */
  const linear = (x: Vec, name: string): Vec => {
    const w = get(`${name}.w`);
    const b = get(`${name}.b`);
    const inner = w.length / b.length;
    const rows = x.length / inner;
    const out = new Float64Array(rows * b.length);
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < b.length; j++) {
        let value = b[j];
        for (let i = 0; i < inner; i++) value += x[r * inner + i] * w[i * b.length + j];
        out[r * b.length + j] = value;
      }
    }
    return out;
  };
  const relu = (x: Vec): Vec => x.map((value) => Math.max(0, value));
  const norm = (x: Vec, name: string): Vec => {
    const gain = get(`${name}.gain`);
    const bias = get(`${name}.bias`);
    const out = new Float64Array(x.length);
    for (let r = 0; r < x.length / D; r++) {
      const row = x.subarray(r * D, (r + 1) * D);
      const mean = row.reduce((a, b) => a + b, 0) / D;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / D;
      for (let i = 0; i < D; i++)
        out[r * D + i] = ((row[i] - mean) / Math.sqrt(variance + 1e-5)) * gain[i] + bias[i];
    }
    return out;
  };
  const join = (...parts: readonly ArrayLike<number>[]): Vec =>
    Float64Array.from(parts.flatMap((part) => Array.from(part)));
  const plus = (a: Vec, b: ArrayLike<number>): Vec => a.map((value, i) => value + b[i % b.length]);

  const context = o.bases ? join(inputs.vector, inputs.bases) : join(inputs.vector);
  let seen: Vec = new Float64Array(0);
  const attention: number[] = [];
  if (o.grid) {
    let x = plus(linear(join(inputs.patches), "patch"), get("position"));
    x = join(get("latent"), x);
    if (o.fusion === "early") x = plus(x, linear(relu(linear(context, "fusion.0")), "fusion.1"));
    for (let l = 0; l < o.layers; l++) {
      const map = createFeatureMap({
        kind: o.map,
        dim: D / o.heads,
        features: o.features,
        rng: createRng(hashSeed(o.featureSeed, l)),
      });
      const h = norm(x, `layer.${l}.norm.0`);
      const [q, k, v] = ["query", "key", "value"].map((name) => linear(h, `layer.${l}.${name}`));
      const merged = new Float64Array(x.length);
      for (let head = 0; head < o.heads; head++) {
        const own = (m: Vec): Vec => m.filter((_, i) => Math.floor((i % D) / (D / o.heads)) === head);
        // Values that are the rows of the identity come back as the weights they are mixed with.
        const T = x.length / D;
        const identity = Float64Array.from({ length: T * T }, (_, i) => (i % (T + 1) === 0 ? 1 : 0));
        attention.push(...camAttend(own(q), own(k), identity, map));
        const read = camAttend(own(q), own(k), own(v), map);
        const d = D / o.heads;
        read.forEach((value, i) => {
          merged[Math.floor(i / d) * D + head * d + (i % d)] = value;
        });
      }
      x = plus(x, linear(merged, `layer.${l}.out`));
      const inner = relu(linear(norm(x, `layer.${l}.norm.1`), `layer.${l}.mlp.0`));
      x = plus(x, linear(inner, `layer.${l}.mlp.1`));
    }
    seen = norm(x.slice(0, D), "norm");
    if (o.readout === "tokenMean") {
      const T = x.length / D;
      const mean = Float64Array.from({ length: D }, (_, i) => {
        let total = 0;
        for (let t = 0; t < T; t++) total += x[t * D + i];
        return total / T;
      });
      seen = join(seen, mean);
    }
  }
  let h = join(seen, context);
  for (const name of ["head.0", "head.1"]) h = relu(linear(h, name));
  const trajectories = linear(h, "head.trajectory");
  if (o.bases) {
    const gates = linear(h, "head.gate");
    const row = nx + nu;
    for (let a = 0; a < H; a++) {
      const weights = Array.from({ length: BASES }, (_, b) => Math.exp(gates[a * BASES + b]));
      const total = weights.reduce((x, y) => x + y, 0);
      for (let b = 0; b < BASES; b++) {
        const own = inputs.bases.subarray(b * sizes.target, (b + 1) * sizes.target);
        const part = o.predicts === "trajectory" ? own : own.filter((_, i) => i % row >= nx);
        part.forEach((value, i) => {
          trajectories[a * sizes.output + i] += (weights[b] / total) * value;
        });
      }
    }
  }
  if (trajectories.length !== H * (o.predicts === "trajectory" ? N * (nx + nu) : N * nu))
    throw new Error("size");
  return { trajectories, scores: linear(h, "head.score"), attention: Float64Array.from(attention) };
}
