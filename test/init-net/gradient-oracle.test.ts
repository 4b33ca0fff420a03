import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { readOnnx, type TensorData } from "../../src/graph/index.ts";
import {
  createExecutor,
  inspectDevice,
  type OrtDevice,
  type TfjsModule,
  type TfTensor,
} from "../../src/graph/node.ts";
import { compileTfjs, runTfjs } from "../../src/graph/tfjs-program.ts";
import type { LossOptions, NetOptions, NetSpec } from "../../src/init-net/index.ts";
import {
  initNet,
  netLayout,
  writeEvaluationModel,
  writeGradientModel,
} from "../../src/init-net/training-models.ts";
import { smallSpec } from "./random-features.ts";

const BATCH = 3;

const VARIANTS: readonly (readonly [string, Partial<NetOptions>, Partial<LossOptions>])[] = [
  ["the default design", {}, {}],
  ["squared loss", {}, { kind: "squared" }],
  [
    "one hypothesis, controls only",
    { hypotheses: 1, predicts: "controls", bases: false, fusion: "late" },
    {},
  ],
  ["two layers of exact softmax", { map: "softmax", layers: 2 }, {}],
  ["FAVOR+", { map: "favor+" }, {}],
  ["FAVOR++", { map: "favor++" }, {}],
  ["HF++", { map: "hf++" }, {}],
];

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

/**
 * tfjs as it is, but for what its differentiation lacks: it has no gradient of comparisons, and Identity
 * (clone), which stops gradients in our graphs, lets them pass. The loss alone, of one element, passes.
 */
function withStops(): TfjsModule {
  const stop = (x: TfTensor): TfTensor => tf.tensor((x as tf.Tensor).dataSync().slice(), x.shape);
  return Object.assign(Object.create(tf) as TfjsModule, {
    greater: (a: TfTensor, b: TfTensor) => tf.greater(stop(a) as tf.Tensor, stop(b) as tf.Tensor),
    clone: (x: TfTensor) => ((x as tf.Tensor).size === 1 ? tf.clone(x as tf.Tensor) : stop(x)),
  });
}

/** tfjs differentiates the forward pass, interpreted with its own operations. */
function tfjsGradient(
  spec: NetSpec,
  loss: Partial<LossOptions>,
  feeds: Record<string, TensorData>,
): Float32Array {
  const { graph, outputs } = readOnnx(writeEvaluationModel(spec, BATCH, loss));
  const program = compileTfjs(graph, { loss: outputs.loss! });
  const upload = ({ data, shape }: TensorData): tf.Tensor => tf.tensor(data as Float32Array, [...shape]);
  const bound = new Map<string, TfTensor>();
  for (const { tensor, data } of program.constants)
    bound.set(tensor.name, upload({ data, shape: tensor.shape }));
  for (const [name, feed] of Object.entries(feeds)) bound.set(name, upload(feed));
  const gradient = tf.grad((parameters) => {
    const values = new Map(bound).set("parameters", parameters);
    const borrowed = new Set(values.values());
    const [value] = runTfjs(withStops(), program, values, borrowed, [outputs.loss!]);
    return tf.sum(value as tf.Tensor);
  });
  return gradient(bound.get("parameters") as tf.Tensor).dataSync() as Float32Array;
}

type Step = {
  spec: NetSpec;
  model: Uint8Array;
  feeds: Record<string, TensorData>;
  loss: Partial<LossOptions>;
};

/** A gradient model of a small network, and numbers to feed it that make every parameter matter. */
function stepOf(options: Partial<NetOptions>, loss: Partial<LossOptions>): Step {
  const spec = smallSpec(options);
  const rng = createRng(7);
  const parameters = initNet(spec, 2).map((p) => p + 0.1 * rng.gauss());
  const model = writeGradientModel(spec, BATCH, loss);
  const feeds: Record<string, TensorData> = {};
  for (const { name, shape } of readOnnx(model).graph.inputs) {
    const size = shape.reduce((n, d) => n * d, 1);
    const data =
      name === "parameters" ? parameters : Float32Array.from({ length: size }, () => 0.5 * rng.gauss());
    feeds[name] = { data, shape };
  }
  return { spec, model, feeds, loss };
}

async function gradientOn(device: OrtDevice, { model, feeds }: Step): Promise<Float32Array> {
  const executor = await createExecutor(model, { device });
  const { gradient } = await executor.run(feeds);
  await executor.dispose();
  return gradient!.data as Float32Array;
}

/** Float32 through some hundred operations, sums in another order; relative to the largest component. */
const TOLERANCE = 2e-5;

function expectSameGradient(got: Float32Array, expected: Float32Array): void {
  expect(got.length).toBe(expected.length);
  const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  expect(largest).toBeGreaterThan(0.01);
  const worst = got.reduce((max, x, i) => Math.max(max, Math.abs(x - expected[i])), 0);
  expect(worst / largest).toBeLessThan(TOLERANCE);
}

describe.each(VARIANTS)("%s", (_name, options, loss) => {
  test("the gradient of the training step is the one that tfjs finds", async () => {
    const step = stepOf(options, loss);
    expect(netLayout(step.spec).total).toBe(step.feeds.parameters!.data.length);
    expectSameGradient(await gradientOn("cpu", step), tfjsGradient(step.spec, loss, step.feeds));
  });
});

describe.each([await inspectDevice("webgpu"), await inspectDevice("cuda")])(
  "on $device",
  ({ device, usable, reason }) => {
    test.skipIf(!usable).each(VARIANTS.slice(0, 2))(
      `%s has the gradient that it has on the cpu${usable ? "" : ` (skipped: ${reason})`}`,
      async (_name, options, loss) => {
        const step = stepOf(options, loss);
        expectSameGradient(await gradientOn(device, step), await gradientOn("cpu", step));
      },
      600_000, // a software GPU compiles its shaders for minutes
    );
  },
);
