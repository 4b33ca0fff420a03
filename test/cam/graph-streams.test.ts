import * as tf from "@tensorflow/tfjs";
import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createCachedStreams,
  createCausalStreams,
  createFeatureMap,
  type StreamTensors,
  stepCachedStreams,
  stepStreams,
} from "../../src/cam/index.ts";
import {
  add,
  createGraph,
  gradients,
  input,
  mul,
  sum,
  type Tensor,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { createTfjsExecutor } from "../../src/graph/tfjs-executor.ts";
import { dot } from "./monte-carlo.ts";
import {
  drawRows,
  emptyStreams,
  largestDifference,
  MEMORIES,
  type StreamRows,
  stepCached,
  stepCausal,
} from "./stream-runs.ts";

const [dim, valueDim, B] = [5, 3, 4];
const rows = drawRows(B, 25, { dim, valueDim }, 31);

type Piece = (state: readonly Tensor[], q: Tensor, k: Tensor, v: Tensor) => StreamTensors;
type Step = (from: readonly Float32Array[], to: Float32Array[], j: number, rows: StreamRows) => Float64Array;

/** 25 steps by graph and by typed arrays; the largest differences of what is read and of the state. */
async function compare(
  piece: Piece,
  step: Step,
  empty: () => Float32Array[],
  backend: "ort" | "tfjs",
): Promise<{ reads: number; states: number }> {
  const g = createGraph();
  let state = empty();
  const names = state.map((_, i) => `state${i}`);
  const { out, state: after } = piece(
    state.map((array, i) => input(g, names[i], [array.length])),
    input(g, "q", [B, dim]),
    input(g, "k", [B, dim]),
    input(g, "v", [B, valueDim]),
  );
  const outputs = { out, ...Object.fromEntries(after.map((tensor, i) => [`next${i}`, tensor])) };
  const fedBack = Object.fromEntries(names.map((name, i) => [`next${i}`, name]));
  await tf.setBackend("cpu");
  const executor =
    backend === "ort"
      ? await createOrtExecutor(writeOnnx(g, outputs), { state: fedBack })
      : createTfjsExecutor(tf, g, outputs, { state: fedBack });
  state.forEach((data, i) => {
    executor.writeState(`next${i}`, { data, shape: [data.length] });
  });
  let [reads, states] = [0, 0];
  for (const given of rows) {
    const next = empty();
    const typed = Array.from({ length: B }, (_, j) => [...step(state, next, j, given)]).flat();
    state = next;
    const read = await executor.run({
      q: { data: Float32Array.from(given.q), shape: [B, dim] },
      k: { data: Float32Array.from(given.k), shape: [B, dim] },
      v: { data: Float32Array.from(given.v), shape: [B, valueDim] },
    });
    reads = Math.max(reads, largestDifference(typed, read.out.data as Float32Array));
    for (let i = 0; i < state.length; i++) {
      const { data } = await executor.readState(`next${i}`);
      states = Math.max(states, largestDifference(state[i], data as Float32Array));
    }
  }
  await executor.dispose();
  return { reads, states };
}

describe.each(["ort", "tfjs"] as const)("as graph pieces on %s", (backend) => {
  test.each(MEMORIES)("causal streams equal typed arrays: %s, rho %s, tau %d", async (kind, rho, tau) => {
    const map = createFeatureMap({ kind, dim, features: 12, rho, rng: createRng(3) });
    const streams = createCausalStreams({ map, valueDim, tau, slices: 16 });
    const { reads, states } = await compare(
      (state, q, k, v) => stepStreams(streams, state, q, k, v),
      (from, to, j, given) => stepCausal(streams, from, to, j, given),
      () => emptyStreams(streams, B),
      backend,
    );
    // Logs of size 100 in float32 are right to 1e-5, and so are the weights that are their exponentials.
    expect(reads).toBeLessThan(2e-4);
    expect(states).toBeLessThan(1e-3);
  });

  test.each([
    [25, 0],
    [6, 0.3],
    [1, 0.1],
  ])("caches of %d equal typed arrays, tau %d", async (capacity, tau) => {
    const cache = createCachedStreams({ dim, valueDim, capacity, tau });
    const { reads, states } = await compare(
      (state, q, k, v) => stepCachedStreams(cache, state, q, k, v),
      (from, to, j, given) => stepCached(cache, from, to, j, given),
      () => emptyStreams(cache, B),
      backend,
    );
    expect(reads).toBeLessThan(1e-5);
    expect(states).toBeLessThan(1e-6);
  });
});

test.each(MEMORIES)(
  "the gradient through three steps equals finite differences: %s, rho %s, tau %d",
  async (kind, rho, tau) => {
    const map = createFeatureMap({ kind, dim, features: 12, rho, rng: createRng(3) });
    const streams = createCausalStreams({ map, valueDim, tau, slices: 4 });
    const given = drawRows(1, 3, { dim, valueDim }, 33, 0.5);
    const g = createGraph();
    const tensors = given.map((_, t) => ({
      q: input(g, `q${t}`, [1, dim]),
      k: input(g, `k${t}`, [1, dim]),
      v: input(g, `v${t}`, [1, valueDim]),
    }));
    const first = emptyStreams(streams, 1);
    let state: readonly Tensor[] = first.map((array, i) => input(g, `state${i}`, [array.length]));
    const pull = input(g, "pull", [1, valueDim]);
    let objective: Tensor | undefined;
    for (const { q, k, v } of tensors) {
      const step = stepStreams(streams, state, q, k, v);
      state = step.state;
      const part = sum(mul(step.out, pull), [0, 1]);
      objective = objective === undefined ? part : add(objective, part);
    }
    const inputs = tensors.flatMap(({ q, k, v }) => [q, k, v]);
    const outputs = Object.fromEntries(gradients(objective!, inputs).map((x, i) => [`d${i}`, x]));
    const executor = await createOrtExecutor(writeOnnx(g, outputs));
    const weights = Float64Array.of(0.7, -1.1, 0.4);
    const feed = (values: ArrayLike<number>) => {
      const data = Float32Array.from(values);
      return { data, shape: [1, data.length] };
    };
    const result = await executor.run({
      pull: feed(weights),
      ...Object.fromEntries(first.map((data, i) => [`state${i}`, { data, shape: [data.length] }])),
      ...Object.fromEntries(
        given.flatMap(({ q, k, v }, t) => [
          [`q${t}`, feed(q)],
          [`k${t}`, feed(k)],
          [`v${t}`, feed(v)],
        ]),
      ),
    });
    await executor.dispose();
    const value = (steps: readonly StreamRows[]): number => {
      const at = emptyStreams(streams, 1);
      return steps.reduce((total, step) => total + dot(weights, stepCausal(streams, at, at, 0, step)), 0);
    };
    // The state is float32: differences of 2e-2 keep rounding (1e-7 / 2e-2) and curvature (4e-4) small.
    const h = 2e-2;
    let most = 0;
    given.forEach((step, t) => {
      (["q", "k", "v"] as const).forEach((name, n) => {
        const analytic = result[`d${3 * t + n}`].data as Float32Array;
        step[name].forEach((x, i) => {
          const moved = (by: number): number =>
            value(given.map((s, u) => (u === t ? { ...s, [name]: s[name].with(i, x + by) } : s)));
          most = Math.max(most, Math.abs(analytic[i] - (moved(h) - moved(-h)) / (2 * h)));
        });
      });
    });
    expect(most).toBeLessThan(2e-3);
  },
);

describe("graph pieces refuse", () => {
  const map = createFeatureMap({ kind: "hf+", dim, features: 4, rng: createRng(3) });
  const streams = createCausalStreams({ map, valueDim, tau: 0 });
  const g = createGraph();
  const state = emptyStreams(streams, B).map((array, i) => input(g, `s${i}`, [array.length]));
  const [q, k, v] = [dim, dim, valueDim].map((width, i) => input(g, `x${i}`, [B, width]));
  it("rows of another width, or another number of them", () => {
    expect(() => stepStreams(streams, state, q, v, v)).toThrow(`k has shape (${B}, ${valueDim}), expected`);
    expect(() => stepStreams(streams, state, q, k, input(g, "y", [2, valueDim]))).toThrow(
      "v has shape (2, 3)",
    );
  });
  it("a state of other streams", () => {
    expect(() => stepStreams(streams, state.slice(1), q, k, v)).toThrow("state has length 2");
    expect(() => stepStreams(streams, [state[1], state[0], state[2]], q, k, v)).toThrow(
      "state[0] has length",
    );
  });
});
