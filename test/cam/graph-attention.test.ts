import { afterAll, describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  ATTENTION_KINDS,
  type AttentionMap,
  camAttention,
  createFeatureMap,
  FEATURE_MAP_KINDS,
} from "../../src/cam/index.ts";
import {
  createGraph,
  type Executor,
  gradients,
  input,
  mul,
  sum,
  type Tensor,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { camAttend } from "./attend.ts";
import { gaussians, ofNorm } from "./monte-carlo.ts";

const [batch, heads, tokens, dim, valueDim] = [2, 3, 6, 4, 5];
const executors: Executor[] = [];
afterAll(() => Promise.all(executors.map((executor) => executor.dispose())));

type Data = { readonly q: Float64Array; readonly k: Float64Array; readonly v: Float64Array };

/** Numbers that float32 holds exactly, so that both sides compute with the same. */
function rounded(values: Float64Array): Float64Array {
  return Float64Array.from(Float32Array.from(values));
}

function gaussianData(seed: number, scale = 1): Data {
  const rng = createRng(seed);
  const count = batch * heads * tokens;
  return {
    q: rounded(gaussians(count * dim, rng, scale)),
    k: rounded(gaussians(count * dim, rng, scale)),
    v: rounded(gaussians(count * valueDim, rng)),
  };
}

/** The maps of both sides hold the same float32 projections. */
function draw(kind: (typeof ATTENTION_KINDS)[number], rho?: number): AttentionMap {
  const map = createFeatureMap({ kind, dim, features: 8, rng: createRng(2), rho });
  if (map.kind === "softmax") return map;
  return { ...map, weights: rounded(map.weights) };
}

async function build(map: AttentionMap, withGradients = false) {
  const g = createGraph();
  const q = input(g, "q", [batch, heads, tokens, dim]);
  const k = input(g, "k", [batch, heads, tokens, dim]);
  const v = input(g, "v", [batch, heads, tokens, valueDim]);
  const out = camAttention(q, k, v, map);
  const outputs: Record<string, Tensor> = { out };
  if (withGradients) {
    const weights = input(g, "weights", out.shape);
    const [dq, dk, dv] = gradients(sum(mul(out, weights), [0, 1, 2, 3]), [q, k, v]);
    Object.assign(outputs, { dq, dk, dv });
  }
  const executor = await createOrtExecutor(writeOnnx(g, outputs));
  executors.push(executor);
  return executor;
}

function feed(values: Float64Array, width: number) {
  return { data: Float32Array.from(values), shape: [batch, heads, tokens, width] };
}

function feeds({ q, k, v }: Data) {
  return { q: feed(q, dim), k: feed(k, dim), v: feed(v, valueDim) };
}

/** The typed-array code, head by head. */
function perHead({ q, k, v }: Data, map: AttentionMap): Float64Array {
  const out = new Float64Array(batch * heads * tokens * valueDim);
  for (let h = 0; h < batch * heads; h++) {
    const rows = (a: Float64Array, width: number) => a.subarray(h * tokens * width, (h + 1) * tokens * width);
    camAttend(rows(q, dim), rows(k, dim), rows(v, valueDim), map, { out: rows(out, valueDim) });
  }
  return out;
}

function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((gap, value, i) => Math.max(gap, Math.abs(value - b[i])), 0);
}

const variants: [string, AttentionMap][] = [
  ...ATTENTION_KINDS.map((kind): [string, AttentionMap] => [kind, draw(kind)]),
  ["favor++ at rho 0.4", draw("favor++", 0.4)],
  ["hf++ at rho 0.7", draw("hf++", 0.7)],
];

describe("attention as graph nodes", () => {
  for (const [name, map] of variants) {
    it(`equals the typed-array code: ${name}`, async () => {
      const executor = await build(map);
      for (const scale of [0.1, 1, 2]) {
        const data = gaussianData(3, scale);
        const { out } = await executor.run(feeds(data));
        // Values of order one, weights from exponents of order ten: float32 leaves 1e-6 to 1e-5.
        expect(largestGap(out.data as Float32Array, perHead(data, map))).toBeLessThan(1e-5);
      }
    });

    it(`has the gradient of the typed-array code's finite differences: ${name}`, async () => {
      const executor = await build(map, true);
      const data = gaussianData(4, 0.8);
      const weights = gaussians(data.v.length, createRng(5));
      const result = await executor.run({ ...feeds(data), weights: feed(weights, valueDim) });
      // rho* passes no gradient: the reference holds it at the data's value, head by head.
      const loss = lossAtFixedRho(data, map, weights);
      for (const key of ["q", "k", "v"] as const) {
        const gradient = result[`d${key}`].data as Float32Array;
        const width = data[key].length / (batch * heads * tokens);
        for (let i = 1; i < data[key].length; i += 2 * width + 3) {
          const at = (step: number) => {
            const moved = Float64Array.from(data[key]);
            moved[i] += step;
            return loss({ ...data, [key]: moved });
          };
          const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
          expect(Math.abs(gradient[i] - difference)).toBeLessThan(2e-5 * (1 + Math.abs(difference)));
        }
      }
    });

    it(`is finite with its gradients at |q| = |k| = 30: ${name}`, async () => {
      const rng = createRng(6);
      const rows = () =>
        Float64Array.from(
          Array.from({ length: batch * heads * tokens }, () => [...ofNorm(dim, 30, rng)]).flat(),
        );
      const data = { q: rows(), k: rows(), v: gaussianData(7).v };
      const executor = await build(map, true);
      const weights = feed(gaussians(data.v.length, rng), valueDim);
      const result = await executor.run({ ...feeds(data), weights });
      const bound = Math.max(...data.v.map(Math.abs)) + 1e-4;
      expect((result.out.data as Float32Array).every((value) => Math.abs(value) <= bound)).toBe(true);
      for (const key of ["dq", "dk", "dv"])
        expect((result[key].data as Float32Array).every(Number.isFinite)).toBe(true);
    });

    it(`moves with the order of the tokens: ${name}`, async () => {
      const executor = await build(map);
      const data = gaussianData(8);
      const order = [4, 0, 5, 2, 1, 3];
      const shuffled = (a: Float64Array) => {
        const width = a.length / (batch * heads * tokens);
        return Float64Array.from(a, (_, i) => {
          const row = Math.floor(i / width);
          const from = row - (row % tokens) + order[row % tokens];
          return a[from * width + (i % width)];
        });
      };
      const plain = (await executor.run(feeds(data))).out.data as Float32Array;
      const moved = await executor.run(
        feeds({ q: shuffled(data.q), k: shuffled(data.k), v: shuffled(data.v) }),
      );
      // Sums in another order differ by rounding.
      expect(largestGap(moved.out.data as Float32Array, shuffled(Float64Array.from(plain)))).toBeLessThan(
        5e-6,
      );
    });
  }

  it("nears exact attention as the features grow", async () => {
    const data = gaussianData(9, 0.4);
    const exact = perHead(data, { kind: "softmax", dim });
    for (const kind of FEATURE_MAP_KINDS) {
      const error = async (features: number) => {
        const map = createFeatureMap({ kind, dim, features, rng: createRng(10) });
        const { out } = await (await build(map)).run(feeds(data));
        return Math.sqrt(
          exact.reduce((total, value, i) => total + (value - Number(out.data[i])) ** 2, 0) / exact.length,
        );
      };
      const many = await error(4096);
      expect(many).toBeLessThan(0.01);
      // 64 times the features: an eighth of the error, within a factor of two.
      expect(many).toBeLessThan((await error(64)) / 4);
    }
  });

  it("takes other numbers of queries than keys, and refuses shapes that do not fit", () => {
    const g = createGraph();
    const map = draw("hf+");
    const q = input(g, "q", [1, 2, 1, dim]);
    const k = input(g, "k", [1, 2, 9, dim]);
    const v = input(g, "v", [1, 2, 9, 7]);
    expect(camAttention(q, k, v, map).shape).toEqual([1, 2, 1, 7]);
    expect(() => camAttention(q, v, v, map)).toThrow("k has shape (1, 2, 9, 7), expected (1, 2, 9, 4)");
    expect(() => camAttention(q, k, q, map)).toThrow("v has shape (1, 2, 1, 4), expected (1, 2, 9, 4)");
    expect(() => camAttention(input(g, "flat", [2, 4]), k, v, map)).toThrow("expected (B, H, T, d)");
  });
});

/** `sum weights * attention` with every head's rho fixed where the data put it. */
function lossAtFixedRho(data: Data, map: AttentionMap, weights: Float64Array): (moved: Data) => number {
  const rows = (a: Float64Array, head: number) => {
    const size = a.length / (batch * heads);
    return a.subarray(head * size, (head + 1) * size);
  };
  const maps = Array.from({ length: batch * heads }, (_, head): AttentionMap => {
    if (map.kind === "softmax" || map.rho !== "data") return map;
    return { ...map, rho: rhoOfHead(rows(data.q, head), rows(data.k, head)) };
  });
  return (moved) => {
    let total = 0;
    for (let head = 0; head < batch * heads; head++) {
      const out = camAttend(rows(moved.q, head), rows(moved.k, head), rows(moved.v, head), maps[head]);
      const factor = rows(weights, head);
      for (let i = 0; i < out.length; i++) total += factor[i] * out[i];
    }
    return total;
  };
}

/** rho* from all pairs, by bisection of its quadratic. */
function rhoOfHead(q: Float64Array, k: Float64Array): number {
  let g = 0;
  for (let i = 0; i < tokens; i++)
    for (let j = 0; j < tokens; j++)
      for (let l = 0; l < dim; l++)
        g += (q[i * dim + l] + k[j * dim + l]) ** 2 / (tokens * tokens * Math.sqrt(dim));
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (2 * g * middle * middle + (2 * g + dim) * middle > dim) high = middle;
    else low = middle;
  }
  return low;
}
