import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it, test } from "vitest";
import {
  createLearnedOptimizer,
  type LearnedSpec,
  LIGHT_SPEC,
  LSTM_SPEC,
  MNEMOSYNE_SPEC,
} from "../../src/optim/index.ts";
import {
  createHybrid,
  createTfOptimizer,
  getOptimizer,
  OPTIMIZERS,
  packState,
  type TensorPlaces,
} from "../../src/rules/index.ts";
import { untrained } from "../optim/learned-designs.ts";
import { atRate } from "./at-rate.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});
afterEach(() => tf.disposeVariables());

// y = sin(2 x) on 32 points, a network of one hidden layer; initial weights by seed.
const xs = Array.from({ length: 32 }, (_, i) => -1.5 + (3 * i) / 31);
const ys = xs.map((x) => Math.sin(2 * x));

function createModel(): tf.Sequential {
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  return tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [1], units: 8, activation: "tanh", kernelInitializer: init(1) }),
      tf.layers.dense({ units: 1, kernelInitializer: init(2) }),
    ],
  });
}

async function trainEpochs(model: tf.Sequential, epochs: number): Promise<number> {
  const [x, y] = [tf.tensor2d(xs, [32, 1]), tf.tensor2d(ys, [32, 1])];
  const { history } = await model.fit(x, y, { epochs, batchSize: 32, shuffle: false, verbose: 0 });
  tf.dispose([x, y]);
  return (history.loss as number[]).at(-1)!;
}

const weightsOf = (model: tf.Sequential): number[] => model.getWeights().flatMap((w) => [...w.dataSync()]);

describe("a layers model trained by the adapter", () => {
  test.each([
    ["sgd", { learningRate: 0.1 }, () => tf.train.sgd(0.1)],
    ["adam", { learningRate: 0.02, epsilon: 1e-4 }, () => tf.train.adam(0.02, 0.9, 0.999, 1e-4)],
  ] as const)("with %s takes the steps of tfjs's own", async (name, options, create) => {
    const [ours, theirs] = [createModel(), createModel()];
    theirs.setWeights(ours.getWeights());
    ours.compile({ optimizer: createTfOptimizer(tf, getOptimizer(name, options)), loss: "meanSquaredError" });
    theirs.compile({ optimizer: create(), loss: "meanSquaredError" });
    await trainEpochs(ours, 20);
    await trainEpochs(theirs, 20);
    const expected = weightsOf(theirs);
    weightsOf(ours).forEach((w, i) => {
      // float32 rounding through 20 steps of a small network.
      expect(Math.abs(w - expected[i])).toBeLessThan(2e-5);
    });
  });

  test.each(Object.keys(OPTIMIZERS))("with %s lowers its loss", async (name) => {
    const model = createModel();
    const optimizer = createTfOptimizer(tf, getOptimizer(name, atRate(name, 0.02)));
    model.compile({ optimizer, loss: "meanSquaredError" });
    const first = await trainEpochs(model, 1);
    const last = await trainEpochs(model, 60);
    expect(last).toBeLessThan(0.5 * first);
    expect(optimizer.state).toMatchObject({ step: 61, skipped: 0 });
    expect(optimizer.iterations).toBe(61);
  });
});

it("resumed from saved bytes on a new model it goes on bit for bit", async () => {
  const options = { learningRate: 0.02, clipNorm: 0.5 };
  const compile = (model: tf.Sequential) => {
    const optimizer = createTfOptimizer(tf, getOptimizer("adam", options));
    model.compile({ optimizer, loss: "meanSquaredError" });
    return optimizer;
  };
  const whole = createModel();
  const optimizer = compile(whole);
  await trainEpochs(whole, 10);
  const bytes = optimizer.saveState();
  const resumed = createModel();
  resumed.setWeights(whole.getWeights());
  compile(resumed).loadState(bytes);
  await trainEpochs(whole, 10);
  await trainEpochs(resumed, 10);
  expect(weightsOf(resumed)).toEqual(weightsOf(whole));
});

it("the adapter tells an optimizer the loss of the gradients that minimize computes, and none of others", () => {
  const told: (number | undefined)[] = [];
  const sgd = getOptimizer("sgd", { learningRate: 0.1 });
  const adapter = createTfOptimizer(tf, {
    ...sgd,
    update(grads, state, params, spare, loss) {
      told.push(loss);
      return sgd.update(grads, state, params, spare);
    },
  });
  const x = tf.variable(tf.scalar(3));
  adapter.minimize(() => tf.square(x) as tf.Scalar);
  adapter.applyGradients({ [x.name]: tf.scalar(1) });
  expect(told).toEqual([9, undefined]);
  x.dispose();
});

describe("a learned optimizer by the adapter", () => {
  const learned = (spec: LearnedSpec) => createLearnedOptimizer(untrained(spec), { learningRate: 0.3 });
  const hybrid = (layout: TensorPlaces) =>
    createHybrid({ layout, matrices: learned(LIGHT_SPEC), rest: getOptimizer("adam") });

  test.each([
    ["mnemosyne", learned(MNEMOSYNE_SPEC)],
    ["lstm", learned(LSTM_SPEC)],
    ["hybrid", hybrid],
  ] as const)(
    "%s trains an existing model, and goes on from saved bytes bit for bit",
    async (_, optimizer) => {
      const compile = (model: tf.Sequential) => {
        const adapter = createTfOptimizer(tf, optimizer);
        model.compile({ optimizer: adapter, loss: "meanSquaredError" });
        return adapter;
      };
      const whole = createModel();
      const adapter = compile(whole);
      const before = weightsOf(whole);
      await trainEpochs(whole, 5);
      expect(adapter.state).toMatchObject({ step: 5, skipped: 0 });
      weightsOf(whole).forEach((w, i) => {
        expect(Number.isFinite(w)).toBe(true);
        // The first layer's matrix; biases may keep still under Adam, since this model is odd at first.
        if (i < 8) expect(w).not.toBe(before[i]);
      });
      const bytes = adapter.saveState();
      const resumed = createModel();
      resumed.setWeights(whole.getWeights());
      const again = compile(resumed);
      again.loadState(bytes);
      expect(again.saveState()).toEqual(bytes);
      await trainEpochs(whole, 5);
      await trainEpochs(resumed, 5);
      expect(weightsOf(resumed)).toEqual(weightsOf(whole));
    },
  );

  it("tells matrices from biases by the variables' shapes", async () => {
    const seen: string[] = [];
    const model = createModel();
    model.compile({
      optimizer: createTfOptimizer(tf, (layout) => {
        seen.push(...layout.entries.map(({ shape, offset }) => `${shape}@${offset}`));
        return hybrid(layout);
      }),
      loss: "meanSquaredError",
    });
    await trainEpochs(model, 2);
    expect(seen).toEqual(["1,8@0", "8@8", "8,1@16", "1@24"]);
  });

  it("refuses the state of another one at the first step where it was not known before", async () => {
    const adam = createModel();
    const other = createTfOptimizer(tf, getOptimizer("adam"));
    adam.compile({ optimizer: other, loss: "meanSquaredError" });
    await trainEpochs(adam, 1);
    const model = createModel();
    const adapter = createTfOptimizer(tf, hybrid);
    adapter.loadState(other.saveState());
    model.compile({ optimizer: adapter, loss: "meanSquaredError" });
    await expect(trainEpochs(model, 1)).rejects.toThrow(
      'saved state is of optimizer "adam", expected "hybrid-untrained-adam"',
    );
    expect(() => adapter.loadState(packState(7))).toThrow("expected the state of a tf optimizer");
  });
});

it("minimize with a NaN loss leaves the variables as they are and counts", () => {
  const w = tf.variable(tf.tensor1d([1, 2]));
  const optimizer = createTfOptimizer(tf, getOptimizer("adam"));
  optimizer.minimize(() => w.mul(Number.NaN).sum() as tf.Scalar, false, [w]);
  expect([...w.dataSync()]).toEqual([1, 2]);
  expect(optimizer.state).toMatchObject({ step: 0, skipped: 1 });
  optimizer.minimize(() => w.square().sum() as tf.Scalar, false, [w]);
  expect(w.dataSync()[0]).toBeLessThan(1);
});

it("keeps no tensors from step to step", () => {
  const w = tf.variable(tf.tensor1d([1, 2]));
  const optimizer = createTfOptimizer(tf, getOptimizer("adam"));
  const step = () => optimizer.minimize(() => w.square().sum() as tf.Scalar);
  step();
  const before = tf.memory().numTensors;
  for (let t = 0; t < 5; t++) step();
  expect(tf.memory().numTensors).toBe(before);
});

describe("the adapter refuses", () => {
  const minimize = (optimizer: tf.Optimizer, ...variables: tf.Variable[]) =>
    optimizer.minimize(() => tf.addN(variables.map((v) => v.square().sum())) as tf.Scalar, false, variables);

  test("a variable that was not there at the first step", () => {
    const [a, b] = [tf.variable(tf.tensor1d([1]), true, "a"), tf.variable(tf.tensor1d([2, 3]), true, "b")];
    const optimizer = createTfOptimizer(tf, getOptimizer("sgd"));
    minimize(optimizer, a);
    expect(() => minimize(optimizer, a, b)).toThrow(
      'variable "b" was not there at the first step, expected a',
    );
  });
  test("the state of another optimizer, of other shapes, and damaged bytes", () => {
    const [a, b] = [tf.variable(tf.tensor1d([1])), tf.variable(tf.tensor1d([2, 3]))];
    const adam = createTfOptimizer(tf, getOptimizer("adam"));
    minimize(adam, a);
    const bytes = adam.saveState();
    expect(() => createTfOptimizer(tf, getOptimizer("sgd")).loadState(bytes)).toThrow(
      'saved state is of optimizer "adam", expected "sgd"',
    );
    const other = createTfOptimizer(tf, getOptimizer("adam"));
    other.loadState(bytes);
    expect(() => minimize(other, b)).toThrow("shapes (2), expected (1), the saved state's");
    expect(() => adam.loadState(bytes.subarray(0, 40))).toThrow("damaged or cut short");
  });
});
