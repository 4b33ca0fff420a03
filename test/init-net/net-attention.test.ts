import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { readOnnxMetadata, type TensorData } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  attentionOf,
  createAttentionReader,
  createFeatureWriter,
  featureSizes,
  fillPatches,
  type NetAttention,
  type NetOptions,
  type NetSpec,
  netShapes,
  writeAttentionModel,
} from "../../src/init-net/index.ts";
import { writeAttention } from "../../src/init-net/net-attention.ts";
import { netLayout } from "../../src/init-net/training-models.ts";
import { getRobot } from "../../src/sim/index.ts";
import { randomNet } from "./random-net.ts";
import { type Inputs, referenceNet } from "./reference-net.ts";
import { blockedRoom } from "./scene.ts";

const jackal = getRobot("jackal");
const SHIPPED = join(import.meta.dirname, "../../models/warm-start-jackal.onnx");

/** Runs a model that need not read all inputs. */
async function run(bytes: Uint8Array, feeds: Readonly<Record<string, TensorData>>) {
  const executor = await createOrtExecutor(bytes, { device: "cpu", threads: 1 });
  const names = readOnnxMetadata(bytes).inputs.map(({ name }) => name);
  const outputs = await executor.run(Object.fromEntries(names.map((name) => [name, feeds[name]])));
  await executor.dispose();
  return outputs;
}

function feedsOf(spec: NetSpec, { patches, vector, bases }: Inputs): Record<string, TensorData> {
  const shapes = netShapes(spec);
  return {
    patches: { data: patches, shape: shapes.patches },
    vector: { data: vector, shape: shapes.vector },
    bases: { data: bases, shape: shapes.bases },
  };
}

function randomInputs(spec: NetSpec): Inputs {
  const sizes = featureSizes(spec);
  const rng = createRng(9);
  const noise = (length: number) => Float32Array.from({ length }, () => 0.7 * rng.gauss());
  return {
    patches: noise(sizes.tokens * sizes.patch),
    vector: noise(sizes.vector),
    bases: noise(sizes.bases),
  };
}

/** Parameters large enough for tokens to differ in what they attend to. */
function lively(parameters: Float32Array): void {
  const rng = createRng(3);
  for (let i = 0; i < parameters.length; i++) parameters[i] = 1.5 * parameters[i] + 0.05 * rng.gauss();
}

const DESIGNS: readonly (readonly [string, Partial<NetOptions>])[] = [
  ["hf+", { layers: 2 }],
  ["hf++", { map: "hf++", layers: 2 }],
  ["softmax", { map: "softmax", layers: 2 }],
  ["late fusion without bases", { fusion: "late", bases: false, layers: 3 }],
];

describe.each(DESIGNS)("attention, %s", (_name, options) => {
  const { bytes, spec, parameters } = randomNet(jackal, 3, options, lively);
  const inputs = randomInputs(spec);
  const feeds = feedsOf(spec, inputs);
  const tokens = featureSizes(spec).tokens + 1;

  test("equals what the typed arrays read of values that are the identity, and its rows sum to 1", async () => {
    const { attention } = await run(writeAttentionModel(bytes).bytes, feeds);
    const weights = attention.data as Float32Array;
    const reference = referenceNet(spec, parameters, inputs).attention;
    expect(attention.shape).toEqual([1, spec.options.layers, spec.options.heads, tokens, tokens]);
    expect(weights.length).toBe(reference.length);
    let uneven = 0;
    for (let at = 0; at < weights.length; at += tokens) {
      const row = weights.subarray(at, at + tokens);
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      uneven = Math.max(uneven, Math.max(...row) * tokens);
    }
    // Somebody looks somewhere: equal rows would agree with anything.
    expect(uneven).toBeGreaterThan(1.5);
    // float32 exponentials of logs of a few units.
    weights.forEach((w, i) => {
      expect(Math.abs(w - reference[i])).toBeLessThan(1e-5);
    });
  });

  test("is that of the network itself: predictions are the same", async () => {
    const watched = await run(writeAttentionModel(bytes).bytes, feeds);
    const plain = await run(bytes, feeds);
    for (const name of ["trajectories", "scores"])
      (plain[name].data as Float32Array).forEach((value, i) => {
        expect((watched[name].data as Float32Array)[i]).toBeCloseTo(value, 5);
      });
    expect(readOnnxMetadata(bytes).outputs.map(({ name }) => name)).toEqual(["trajectories", "scores"]);
  });

  test("goes with the patches when they change places together with their positions", async () => {
    const { patch } = featureSizes(spec);
    const order = Array.from({ length: tokens - 1 }, (_, i) => (5 * i + 3) % (tokens - 1));
    const rows = (from: Float32Array, width: number) =>
      Float32Array.from(
        { length: from.length },
        (_, i) => from[order[Math.floor(i / width)] * width + (i % width)],
      );
    const moved = parameters.slice();
    const { offset, size } = netLayout(spec).entries.find(({ name }) => name === "position")!;
    moved.set(rows(parameters.slice(offset, offset + size), spec.options.width), offset);
    const before = await run(writeAttention(spec, parameters), feeds);
    const after = await run(writeAttention(spec, moved), {
      ...feeds,
      patches: { ...feeds.patches, data: rows(inputs.patches, patch) },
    });
    const a = before.attention.data as Float32Array;
    const b = after.attention.data as Float32Array;
    const latent = (l: number) => l * spec.options.heads * tokens * tokens;
    for (let l = 0; l < spec.options.layers; l++) {
      expect(b[latent(l)]).toBeCloseTo(a[latent(l)], 5);
      order.forEach((was, now) => {
        expect(b[latent(l) + 1 + now]).toBeCloseTo(a[latent(l) + 1 + was], 5);
      });
    }
  });
});

test("a choice of layer and head is that row; without one it is the mean", () => {
  const weights = Float32Array.of(0.9, 0.1, 0.5, 0.5, 0.7, 0.3, 0.2, 0.8);
  const attention: NetAttention = {
    layers: 1,
    heads: 2,
    tokens: 2,
    weights,
    trajectories: new Float32Array(),
  };
  const close = (got: Float64Array, wanted: number[]) =>
    wanted.forEach((value, i) => {
      expect(got[i]).toBeCloseTo(value, 6);
    });
  close(attentionOf(attention), [0.8, 0.2]);
  close(attentionOf(attention, { head: 1 }), [0.7, 0.3]);
  close(attentionOf(attention, { token: 1, layer: 0, head: 1 }), [0.2, 0.8]);
  expect(() => attentionOf(attention, { head: 2 })).toThrow("head is 2, expected an integer in 0..1");
  expect(() => attentionOf(attention, { token: -1 })).toThrow("token is -1, expected an integer in 0..1");
});

test("networks without attention say so", () => {
  expect(() => writeAttentionModel(randomNet(jackal, 3, { grid: false }).bytes)).toThrow("sees no grid");
  expect(() => writeAttentionModel(randomNet(jackal, 3, { layers: 0 }).bytes)).toThrow("has no layers");
  expect(() => writeAttentionModel(new Uint8Array(20))).toThrow();
});

test("the features of a scene are written as they are for a prediction", async () => {
  const { bytes } = randomNet(jackal, 3, {}, lively);
  const { bytes: model, spec } = writeAttentionModel(bytes);
  const { seen } = blockedRoom(jackal);
  const sizes = featureSizes(spec);
  const grid = new Uint8Array(sizes.grid);
  const inputs: Inputs = {
    patches: new Float32Array(sizes.tokens * sizes.patch),
    vector: new Float32Array(sizes.vector),
    bases: new Float32Array(sizes.bases),
  };
  createFeatureWriter(spec).write(seen, grid, inputs.vector, inputs.bases);
  fillPatches(spec, grid, 0, inputs.patches, 0);
  const wanted = await run(bytes, feedsOf(spec, inputs));
  const got = await createAttentionReader({ run: (feeds) => run(model, feeds) }, spec).read(seen);
  (wanted.trajectories.data as Float32Array).forEach((value, i) => {
    expect(got.trajectories[i]).toBeCloseTo(value, 5);
  });
});

test.skipIf(!existsSync(SHIPPED))(
  "the network that is shipped gives its attention and the same answers",
  async () => {
    const file = new Uint8Array(readFileSync(SHIPPED));
    const { bytes, spec } = writeAttentionModel(file);
    const feeds = feedsOf(spec, randomInputs(spec));
    const plain = await run(file, feeds);
    const watched = await run(bytes, feeds);
    // Of order one, in float32 through every layer.
    (plain.trajectories.data as Float32Array).forEach((value, i) => {
      expect((watched.trajectories.data as Float32Array)[i]).toBeCloseTo(value, 3);
    });
    const tokens = featureSizes(spec).tokens + 1;
    const weights = watched.attention.data as Float32Array;
    expect(weights.length).toBe(spec.options.layers * spec.options.heads * tokens * tokens);
    for (let at = 0; at < weights.length; at += tokens)
      expect(weights.subarray(at, at + tokens).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
  },
);
