import * as tf from "@tensorflow/tfjs";
import { describe, expect, it, test } from "vitest";
import { createRng, hashSeed } from "../../src/base/index.ts";
import { layoutParameters, mul, readOnnx, sum, type TensorData } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { createTfjsExecutor } from "../../src/graph/tfjs-executor.ts";
import {
  createLearnedModel,
  LIGHT_SPEC,
  META_DEFAULTS,
  type MetaOptions,
  type Optimizee,
  writeOptimizee,
} from "../../src/optim/index.ts";
import { sampleCoordinates } from "../../src/optim/meta/coordinate-sample.ts";
import { createMetaLane, type UnrolledLane } from "../../src/optim/meta/meta-lane.ts";
import { nextName, stateNames, writeLearnedStep, writeUnroll } from "../../src/optim/meta/unroll-graph.ts";
import { DESIGNS, untrained } from "./learned-designs.ts";

type Model = ReturnType<typeof createLearnedModel>;

const vector = (data: Float32Array, ...shape: number[]): TensorData => ({
  data,
  shape: shape.length > 0 ? shape : [data.length],
});

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** A state that has seen a few gradients, by typed arrays. */
function warmState(model: Model, weights: Float32Array, m: number, steps: number): Float32Array[] {
  const rng = createRng(41);
  const step = model.bind(weights);
  let state = model.sizes.map((size, i) => new Float32Array(m * size).fill(model.fills[i]));
  for (let t = 0; t < steps; t++) {
    const next = model.sizes.map((size) => new Float32Array(m * size));
    const grads = Float32Array.from({ length: m }, () => rng.gauss());
    step(grads, state, next, model.hyper(t), new Float32Array(m));
    state = next;
  }
  return state;
}

describe("the gradient of an unroll", () => {
  const [m, T, age] = [4, 5, 6];
  test.each(Object.entries(DESIGNS))(
    "equals finite differences of typed arrays and tfjs: %s",
    async (_, spec) => {
      const model = createLearnedModel(spec);
      const { weights } = untrained(spec, 5);
      const rng = createRng(42);
      const draw = (n: number, scale = 1): Float32Array =>
        Float32Array.from({ length: n }, () => scale * rng.gauss());
      const [grads, pull, target] = [draw(T * m, 3), draw(T * m), draw(T * m, 0.02)];
      const share = draw(m).map((x) => 30 * Math.abs(x));
      const state = warmState(model, weights, m, age);

      const objective = (w: Float32Array): number => {
        const step = model.bind(w);
        let from = state;
        let total = 0;
        for (let t = 0; t < T; t++) {
          const to = model.sizes.map((size) => new Float32Array(m * size));
          const u = new Float32Array(m);
          step(grads.subarray(t * m, (t + 1) * m), from, to, model.hyper(age + t), u);
          for (let i = 0; i < m; i++)
            total += pull[t * m + i] * u[i] + share[i] * (u[i] - target[t * m + i]) ** 2;
          from = to;
        }
        return total;
      };
      const { hyperSize } = model;
      const hyper = new Float32Array(T * hyperSize * m);
      for (let t = 0; t < T; t++)
        model.hyper(age + t).forEach((x, h) => {
          hyper.fill(x, (t * hyperSize + h) * m, (t * hyperSize + h + 1) * m);
        });
      const feeds = {
        weights: vector(weights),
        grads: vector(grads, T, m),
        pull: vector(pull, T, m),
        target: vector(target, T, m),
        share: vector(share),
        ...(hyperSize > 0 && { hyper: vector(hyper, T, hyperSize, m) }),
        ...Object.fromEntries(stateNames(model).map((name, i) => [name, vector(state[i])])),
      };
      const bytes = writeUnroll(model, m, T);
      const ort = await createOrtExecutor(bytes);
      const gradient = (await ort.run(feeds)).gradient.data as Float32Array;
      await ort.dispose();
      await tf.setBackend("cpu");
      const { graph, outputs } = readOnnx(bytes);
      const oracle = createTfjsExecutor(tf, graph, outputs);
      const other = (await oracle.run(feeds)).gradient.data as Float32Array;
      await oracle.dispose();
      const length = Math.sqrt(dot(gradient, gradient));
      expect(length).toBeGreaterThan(1e-3);
      // float32 sums of a few hundred terms.
      expect(
        Math.sqrt(
          dot(
            gradient.map((x, i) => x - other[i]),
            gradient.map((x, i) => x - other[i]),
          ),
        ),
      ).toBeLessThan(1e-4 * length);
      // Along the gradient itself and in random directions; h = 1e-2 of a weight's size.
      for (let d = 0; d < 4; d++) {
        const way = d === 0 ? gradient.map((x) => x / length) : draw(weights.length, weights.length ** -0.5);
        const h = 2e-2;
        const [up, down] = [h, -h].map((by) => weights.map((w, i) => w + by * way[i]));
        const numeric = (objective(up) - objective(down)) / (2 * h);
        expect(Math.abs(numeric - dot(gradient, way)), `direction ${d}`).toBeLessThan(1e-2 * length);
      }
    },
  );
});

/**
 * `sum_i c_i p_i` with other slopes c at each step, the same in each run: gradients do not depend on where they are
 * taken, so that truncated meta-gradients are exact.
 */
function createSlopes(sizes: readonly number[]): Optimizee {
  const layout = layoutParameters(
    sizes.map((size, i) => ({ name: `p${i}`, shape: [size], init: "zeros" as const })),
  );
  const n = layout.total;
  let step = 0;
  return {
    name: "slopes",
    layout,
    problem: [],
    batch: [{ name: "c", shape: [n] }],
    loss: (params, { c }) => sum(mul(params, c), [0], true),
    init: () => {
      step = 0;
      return new Float32Array(n).fill(1);
    },
    drawProblem: () => ({}),
    drawBatch: () => {
      step++;
      return {
        c: vector(Float32Array.from({ length: n }, (_, i) => Math.sin(7 * i + 3 * step) * 10 ** -(i % 4))),
      };
    },
  };
}

async function openLanes(optimizee: Optimizee, model: Model) {
  const n = optimizee.layout.total;
  const loss = await createOrtExecutor(writeOptimizee(optimizee));
  const state = Object.fromEntries(stateNames(model).map((name) => [nextName(name), name]));
  const step = await createOrtExecutor(writeLearnedStep(model, n), { state });
  return {
    lane: (options: MetaOptions, seed: number) =>
      createMetaLane({ optimizee, model, loss, stepper: step, options, seed, stagger: 0 }),
    async dispose() {
      await loss.dispose();
      await step.dispose();
    },
  };
}

function feedsOf(model: Model, weights: Float32Array, lane: UnrolledLane, T: number, m: number) {
  return {
    weights: vector(weights),
    grads: vector(lane.grads, T, m),
    pull: vector(lane.pull, T, m),
    target: vector(lane.target, T, m),
    share: vector(lane.share),
    ...Object.fromEntries(stateNames(model).map((name, i) => [name, vector(lane.state[i] as Float32Array)])),
  };
}

describe("a lane", () => {
  const optimizee = createSlopes([20, 6, 1]);
  const n = optimizee.layout.total;
  const model = createLearnedModel(LIGHT_SPEC);
  const { weights } = untrained(LIGHT_SPEC, 6);
  const T = 4;
  const options: MetaOptions = { ...META_DEFAULTS, unroll: T, coordinates: n, scaling: 0, imitation: 0 };

  it("gives the gradient of the mean loss along the way", async () => {
    const lanes = await openLanes(optimizee, model);
    const backward = await createOrtExecutor(writeUnroll(model, n, T));
    const unroll = (w: Float32Array): Promise<UnrolledLane> => lanes.lane(options, 1).unroll(w, 100);
    const { gradient } = await backward.run(feedsOf(model, weights, await unroll(weights), T, n));
    const meta = gradient.data as Float32Array;
    const length = Math.sqrt(dot(meta, meta));
    const meanLoss = async (by: number): Promise<number> => {
      const { losses } = await unroll(weights.map((w, i) => w + (by * meta[i]) / length));
      expect(losses).toHaveLength(T + 1);
      return losses.slice(1).reduce((a, b) => a + b) / T;
    };
    const h = 2e-2;
    const numeric = ((await meanLoss(h)) - (await meanLoss(-h))) / (2 * h);
    expect(Math.abs(numeric / length - 1)).toBeLessThan(2e-2);
    await backward.dispose();
    await lanes.dispose();
  });

  it("gives an unbiased gradient for a sample of coordinates", async () => {
    const lanes = await openLanes(optimizee, model);
    const m = 6;
    const draws = 300;
    const withTeacher = { ...options, imitation: 0.1 };
    const full = await createOrtExecutor(writeUnroll(model, n, T));
    const some = await createOrtExecutor(writeUnroll(model, m, T));
    const all = await lanes.lane(withTeacher, 1).unroll(weights, 100);
    const whole = await full.run(feedsOf(model, weights, all, T, n));
    const expected = whole.gradient.data as Float32Array;
    const P = expected.length;
    const [mean, square] = [new Float64Array(P), new Float64Array(P)];
    let imitation = 0;
    for (let d = 0; d < draws; d++) {
      const lane = lanes.lane({ ...withTeacher, coordinates: m }, hashSeed(9, d));
      const part = await some.run(feedsOf(model, weights, await lane.unroll(weights, 100), T, m));
      imitation += (part.imitation.data as Float32Array)[0] / draws;
      (part.gradient.data as Float32Array).forEach((x, i) => {
        mean[i] += x / draws;
        square[i] += (x * x) / draws;
      });
    }
    const length = Math.sqrt(dot(expected, expected));
    const scores = mean.map((x, i) => {
      const error = Math.sqrt(Math.max(square[i] - x * x, 0) / draws);
      return Math.abs(x - expected[i]) / (error + 1e-7 * length);
    });
    // 225 correlated z-scores: beyond 4.5 once in a thousand such tests, if at all.
    expect(Math.max(...scores)).toBeLessThan(4.5);
    expect(Math.abs(imitation / (whole.imitation.data as Float32Array)[0] - 1)).toBeLessThan(0.2);
    await full.dispose();
    await some.dispose();
    await lanes.dispose();
  });
});

describe("a sample of coordinates", () => {
  const { layout } = createSlopes([400, 30, 7, 1]);
  it("has each coordinate as often as its weight says", () => {
    const rng = createRng(51);
    const sums = new Float64Array(layout.total);
    const draws = 4000;
    for (let d = 0; d < draws; d++) {
      const { indices, weights } = sampleCoordinates(layout, 40, rng);
      expect(new Set(indices).size).toBe(40);
      for (let i = 0; i < 40; i++) sums[indices[i]] += weights[i] / draws;
    }
    layout.entries.forEach(({ offset, size }) => {
      const own = sums.subarray(offset, offset + size);
      // The weights of a tensor sum to its size in every draw, rounding apart.
      expect(Math.abs(own.reduce((a, b) => a + b) / size - 1)).toBeLessThan(1e-5);
      // At a share of 1/14 the relative error of 4000 draws is sqrt(13 / 4000) = 0.06.
      for (const x of own) expect(Math.abs(x - 1)).toBeLessThan(0.3);
    });
  });

  it("of a layout with fewer coordinates is all of it, the filler without weight", () => {
    const small = createSlopes([3, 2]).layout;
    const { indices, weights } = sampleCoordinates(small, 8, createRng(1));
    expect([...indices.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
    expect([...weights]).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
  });
});
