import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createCachedStreams, createCausalStreams, createFeatureMap } from "../../src/cam/index.ts";
import { createCachedAttention, readCached, writeCached } from "./cached-attention.ts";
import { createCausalMemory, readCausal, writeCausal } from "./causal-memory.ts";
import { dot } from "./monte-carlo.ts";
import {
  drawRows,
  emptyStreams,
  largestDifference,
  MEMORIES,
  row,
  type StreamRows,
  stepCached,
  stepCausal,
} from "./stream-runs.ts";

const [dim, valueDim, count] = [5, 3, 4];

function design(kind: (typeof MEMORIES)[number][0], rho: number | "data", tau: number) {
  const map = createFeatureMap({ kind, dim, features: 12, rho, rng: createRng(3) });
  return { map, valueDim, tau, slices: 16 };
}

describe("causal streams", () => {
  test.each(MEMORIES)("%s, rho %s, tau %d: each equals a causal memory of its own", (kind, rho, tau) => {
    const options = design(kind, rho, tau);
    const streams = createCausalStreams(options);
    const memories = Array.from({ length: count }, () => createCausalMemory(options));
    let state = emptyStreams(streams, count);
    for (const rows of drawRows(count, 60, { dim, valueDim }, 8)) {
      const next = emptyStreams(streams, count);
      memories.forEach((memory, j) => {
        const out = new Float64Array(valueDim);
        writeCausal(memory, rows.k, j * dim, rows.v, j * valueDim);
        readCausal(memory, rows.q, j * dim, out, 0);
        // The state is float32: some 60 roundings of 6e-8, values of size 3.
        expect(largestDifference(stepCausal(streams, state, next, j, rows), out)).toBeLessThan(2e-5);
      });
      state = next;
    }
  });

  test.each(MEMORIES)("%s, rho %s, tau %d: a state can be stepped in place", (kind, rho, tau) => {
    const streams = createCausalStreams(design(kind, rho, tau));
    const inPlace = emptyStreams(streams, count);
    let state = emptyStreams(streams, count);
    for (const rows of drawRows(count, 10, { dim, valueDim }, 9)) {
      const next = emptyStreams(streams, count);
      for (let j = 0; j < count; j++)
        expect(stepCausal(streams, inPlace, inPlace, j, rows)).toEqual(
          stepCausal(streams, state, next, j, rows),
        );
      state = next;
    }
    expect(inPlace).toEqual(state);
  });

  it("do not see each other", () => {
    const streams = createCausalStreams(design("hf++", "data", 0.1));
    const [a, b] = drawRows(count, 2, { dim, valueDim }, 10);
    const state = emptyStreams(streams, count);
    for (let j = 0; j < count; j++) stepCausal(streams, state, state, j, a);
    const before = state.map((array) => array.slice());
    stepCausal(streams, state, state, 1, b);
    state.forEach((array, i) => {
      const size = streams.sizes[i];
      for (const j of [0, 2, 3])
        expect(array.subarray(j * size, (j + 1) * size)).toEqual(
          before[i].subarray(j * size, (j + 1) * size),
        );
      expect(array.subarray(size, 2 * size)).not.toEqual(before[i].subarray(size, 2 * size));
    });
  });

  it("read the only pattern there is, whatever the query", () => {
    for (const [kind, rho] of MEMORIES) {
      const streams = createCausalStreams(design(kind, rho, 0.1));
      for (const scale of [1e-3, 1, 30]) {
        const [rows] = drawRows(1, 1, { dim, valueDim }, 11, scale);
        const state = emptyStreams(streams, 1);
        expect(largestDifference(stepCausal(streams, state, state, 0, rows), rows.v)).toBeLessThan(1e-6);
      }
    }
  });

  it("keep a state of the same size and a right one for 100,000 patterns", () => {
    const options = { ...design("hf+", "data", 0.1), slices: 1 };
    const streams = createCausalStreams(options);
    expect(streams.sizes).toEqual([12 * valueDim, 12, 12]);
    const memory = createCausalMemory(options);
    const state = emptyStreams(streams, 1);
    const patterns = drawRows(1, 1000, { dim, valueDim }, 12);
    const out = new Float64Array(valueDim);
    let read: Float64Array = out;
    for (let t = 0; t < 100_000; t++) {
      const rows = patterns[(7 * t) % 1000];
      writeCausal(memory, rows.k, 0, rows.v, 0);
      readCausal(memory, rows.q, 0, out, 0);
      read = stepCausal(streams, state, state, 0, rows);
    }
    expect(state.map((array) => array.length)).toEqual(streams.sizes);
    expect(state.every((array) => array.every(Number.isFinite))).toBe(true);
    // A discount forgets rounding errors too: those of the last few dozen steps remain.
    expect(largestDifference(read, out)).toBeLessThan(2e-5);
  });

  it("stay finite for keys and queries so long that their kernel is far beyond float64", () => {
    for (const [kind, rho, tau] of MEMORIES) {
      const streams = createCausalStreams(design(kind, rho, tau));
      const state = emptyStreams(streams, 1);
      drawRows(1, 30, { dim, valueDim }, 13, 1000).forEach((rows, t) => {
        const calm = t % 3 === 2 ? { ...rows, q: rows.q.map((x) => x / 1e6) } : rows;
        const read = stepCausal(streams, state, state, 0, calm);
        // A mean of the values written, none of which is larger than 5.
        expect(read.every((x) => Math.abs(x) < 5)).toBe(true);
        expect(state.every((array) => array.every(Number.isFinite))).toBe(true);
      });
    }
  });

  it("keep a map of features for every rho, and what tells which one fits", () => {
    const streams = createCausalStreams(design("favor++", "data", 0));
    const rows = 16 * 12;
    expect(streams.sizes).toEqual([rows * valueDim, rows, rows, dim + 2]);
  });
});

/** Softmax attention over patterns first..t, pair by pair. */
function exact(all: readonly StreamRows[], t: number, j: number, first: number, tau: number): Float64Array {
  const q = row(all[t].q, j, dim);
  const logs = all.slice(first, t + 1).map(({ k }, s) => {
    return dot(q, row(k, j, dim)) / Math.sqrt(dim) - tau * (t - first - s);
  });
  const most = Math.max(...logs);
  const weights = logs.map((x) => Math.exp(x - most));
  const total = weights.reduce((a, b) => a + b);
  const out = new Float64Array(valueDim);
  weights.forEach((weight, s) => {
    row(all[first + s].v, j, valueDim).forEach((x, c) => {
      out[c] += (weight / total) * x;
    });
  });
  return out;
}

describe("streams of regular attention", () => {
  const rows = drawRows(count, 25, { dim, valueDim }, 21);

  test.each([
    ["all patterns", 25, 0],
    ["all patterns, discounted", 30, 0.1],
    ["the last 6", 6, 0],
    ["the last 6, discounted", 6, 0.3],
    ["the last one", 1, 0.1],
  ])("over %s equal masked softmax attention and a cache of their own", (_, capacity, tau) => {
    const cache = createCachedStreams({ dim, valueDim, capacity, tau });
    const own = Array.from({ length: count }, () => createCachedAttention({ dim, valueDim, capacity, tau }));
    let state = emptyStreams(cache, count);
    rows.forEach((step, t) => {
      const next = emptyStreams(cache, count);
      own.forEach((single, j) => {
        const read = stepCached(cache, state, next, j, step);
        const expected = new Float64Array(valueDim);
        writeCached(single, step.k, j * dim, step.v, j * valueDim);
        readCached(single, step.q, j * dim, expected, 0);
        // Ages are float32 sums of tau; all else is exact, as the inputs are float32.
        expect(largestDifference(read, expected)).toBeLessThan(1e-6);
        const first = Math.max(0, t + 1 - capacity);
        expect(largestDifference(read, exact(rows, t, j, first, tau))).toBeLessThan(1e-6);
      });
      state = next;
    });
  });

  it("refuse sizes that are none", () => {
    expect(() => createCachedStreams({ dim, valueDim, capacity: 0 })).toThrow("capacity is 0");
    expect(() => createCachedStreams({ dim, valueDim, capacity: 2, tau: Number.NaN })).toThrow("tau is NaN");
  });
});
