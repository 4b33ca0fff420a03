import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { constant, createGraph, input, type Tensor } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { createTfjsExecutor } from "../../src/graph/tfjs-executor.ts";
import {
  buildNet,
  createFeatureWriter,
  featureSizes,
  fillPatches,
  type NetOptions,
  type NetSpec,
  netShapes,
} from "../../src/init-net/index.ts";
import { netLayout, writeEvaluationModel } from "../../src/init-net/training-models.ts";
import { getRobot } from "../../src/sim/index.ts";
import { randomNet } from "./random-net.ts";
import { type Inputs, referenceNet } from "./reference-net.ts";
import { blockedRoom } from "./scene.ts";

const robot = getRobot("jackal");
/** float32 against double precision, relative to the largest number. */
const TOLERANCE = 1e-5;

const VARIANTS: readonly (readonly [string, Partial<NetOptions>])[] = [
  ["the default design", {}],
  [
    "the paper's",
    {
      bases: false,
      fusion: "late",
      readout: "token",
      predicts: "controls",
      hypotheses: 1,
      channels: ["occupancy"],
    },
  ],
  ["without a grid", { grid: false }],
  ["exact softmax attention", { map: "softmax", layers: 2 }],
  ["FAVOR+ attention", { map: "favor+" }],
  ["FAVOR++ attention", { map: "favor++" }],
  ["HF++ attention", { map: "hf++" }],
  ["controls out of bases", { predicts: "controls", fusion: "late" }],
];

/** A network every one of whose parameters matters, and the inputs of a scene. */
function example(options: Partial<NetOptions>) {
  const rng = createRng(3);
  const net = randomNet(robot, 3, options, (parameters) => {
    for (let i = 0; i < parameters.length; i++) parameters[i] += 0.05 * rng.gauss();
  });
  const sizes = featureSizes(net.spec);
  const grid = new Uint8Array(sizes.grid);
  const inputs: Inputs = {
    patches: new Float32Array(sizes.tokens * sizes.patch),
    vector: new Float32Array(sizes.vector),
    bases: new Float32Array(sizes.bases),
  };
  createFeatureWriter(net.spec).write(blockedRoom(robot).seen, grid, inputs.vector, inputs.bases);
  fillPatches(net.spec, grid, 0, inputs.patches, 0);
  return { ...net, inputs, reference: referenceNet(net.spec, net.parameters, inputs) };
}

type Example = ReturnType<typeof example>;

function feedsOf({ inputs, spec }: Example, read: readonly string[]) {
  const shapes = netShapes(spec);
  return Object.fromEntries(
    read.map((name) => [name, { data: inputs[name as keyof Inputs], shape: shapes[name as keyof Inputs] }]),
  );
}

const readBy = (spec: NetSpec): string[] => [
  ...(spec.options.grid ? ["patches"] : []),
  "vector",
  ...(spec.options.bases ? ["bases"] : []),
];

function expectParity(
  { reference }: Example,
  got: Record<string, { data: ArrayLike<number> | ArrayLike<bigint> }>,
): void {
  for (const name of ["trajectories", "scores"] as const) {
    const want = reference[name];
    const largest = Math.max(...want.map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    expect(got[name].data.length).toBe(want.length);
    const worst = Math.max(...want.map((value, i) => Math.abs(value - Number(got[name].data[i]))));
    expect(worst / Math.max(1, largest), name).toBeLessThan(TOLERANCE);
  }
}

describe.each(VARIANTS)("%s", (_name, options) => {
  let one: Example;
  beforeAll(() => {
    one = example(options);
  });

  test("ONNX Runtime gives what loops over typed arrays give", async () => {
    const executor = await createOrtExecutor(one.bytes);
    expectParity(one, await executor.run(feedsOf(one, readBy(one.spec))));
    await executor.dispose();
  });

  test("the model that training evaluates gives the same", async () => {
    const executor = await createOrtExecutor(writeEvaluationModel(one.spec, 1));
    const total = netLayout(one.spec).total;
    const target = featureSizes(one.spec).target;
    const outputs = await executor.run({
      ...feedsOf(one, readBy(one.spec)),
      parameters: { data: one.parameters, shape: [total] },
      target: { data: new Float32Array(target), shape: [1, target] },
    });
    expectParity(one, outputs);
    await executor.dispose();
  });

  test("and so does TensorFlow.js", async () => {
    await tf.setBackend("cpu");
    const graph = createGraph();
    const values: Record<string, Tensor> = {};
    for (const { name, shape, offset, size } of netLayout(one.spec).entries)
      values[name] = constant(graph, one.parameters.subarray(offset, offset + size), shape, name);
    const shapes = netShapes(one.spec);
    const read = (name: "patches" | "vector" | "bases") => input(graph, name, shapes[name]);
    const outputs = buildNet(
      values,
      { patches: read("patches"), vector: read("vector"), bases: read("bases") },
      one.spec,
    );
    const executor = createTfjsExecutor(tf, graph, { ...outputs });
    const taken = readBy(one.spec);
    expectParity(one, await executor.run(feedsOf(one, taken)));
    await executor.dispose();
  });
});
