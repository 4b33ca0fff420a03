import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  constant,
  createGraph,
  gather,
  input,
  readTfjsWeights,
  type Tensor,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { encodeSentences, SENTENCE_LAYOUT, sentenceWeights } from "../../src/optim/index.ts";
import { findEncoder, readEncoder, type SentenceEncoder } from "../../src/optim/node.ts";

const FOLDER = findEncoder();
const SENTENCES = ["strategy game", "library", "a ç, and 漢字"];

describe.skipIf(FOLDER === undefined)("the sentence encoder (skipped without its package)", () => {
  let encoder: SentenceEncoder;
  beforeAll(async () => {
    encoder = await readEncoder(FOLDER!);
  });

  test("cuts a text as its own tokenizer does", () => {
    // The example of the README of @tensorflow-models/universal-sentence-encoder, which has the same vocabulary.
    expect(encoder.tokenize("Hello, how are you?")).toEqual([341, 4125, 8, 140, 31, 19, 54]);
    expect(encoder.tokenize("")).toEqual([]);
  });

  test("gives what TensorFlow.js makes of its graph, to 1e-5, of texts of several lengths at once", async () => {
    const ids = SENTENCES.map(encoder.tokenize);
    const [ours, theirs] = [await encode(encoder, ids), await encodeByTfjs(ids)];
    expect(theirs.length).toBe(SENTENCES.length * 512);
    theirs.forEach((value, i) => {
      expect(Math.abs(ours[i] - value), `number ${i}`).toBeLessThan(1e-5);
    });
  });

  test("has 6,975,744 numbers in tensors of its layout", () => {
    expect(SENTENCE_LAYOUT.total).toBe(6_975_744);
    for (const { name, size } of SENTENCE_LAYOUT.entries)
      expect(encoder.weights[name], name).toHaveLength(size);
  });
});

/** Our graph on ONNX Runtime. */
async function encode({ weights }: SentenceEncoder, ids: readonly number[][]): Promise<Float32Array> {
  const [B, T] = [ids.length, Math.max(...ids.map((own) => own.length)) + 2];
  const g = createGraph();
  const p: Record<string, Tensor> = {};
  for (const { name, shape } of SENTENCE_LAYOUT.entries) p[name] = constant(g, weights[name], shape);
  const out = encodeSentences(
    p,
    gather(p.embedding, input(g, "ids", [B, T], "int64")),
    input(g, "mask", [B, T]),
  );
  const executor = await createOrtExecutor(writeOnnx(g, { out }));
  const padded = ids.flatMap((own) => [...own, ...Array<number>(T - own.length).fill(0)]);
  const there = ids.flatMap((own) => Array.from({ length: T }, (_, t) => Number(t < own.length)));
  const result = await executor.run({
    ids: { data: BigInt64Array.from(padded, BigInt), shape: [B, T] },
    mask: { data: Float32Array.from(there), shape: [B, T] },
  });
  await executor.dispose();
  return result.out.data as Float32Array;
}

/** The published graph, run as it is. */
async function encodeByTfjs(ids: readonly number[][]): Promise<Float32Array> {
  await tf.setBackend("cpu");
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(FOLDER!, "model.json"), "utf8"));
  const [{ paths, weights }] = weightsManifest;
  const bytes = Buffer.concat(paths.map((path: string) => readFileSync(join(FOLDER!, path))));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const model = await tf.loadGraphModel(
    tf.io.fromMemory({ modelTopology, weightSpecs: weights, weightData }),
  );
  const places = ids.flatMap((own, b) => own.map((_, t) => [b, t]));
  const indices = tf.tensor2d(places, [places.length, 2], "int32");
  const values = tf.tensor1d(ids.flat(), "int32");
  const out = (await model.executeAsync({ indices, values })) as tf.Tensor;
  return Float32Array.from(await out.data());
}

describe("weights of a TensorFlow.js model that is not one", () => {
  const weights = [{ name: "a", shape: [2], dtype: "float32" }];
  const model = { weightsManifest: [{ paths: ["shard"], weights }] };
  test.each<[unknown, number, string]>([
    [null, 8, "model has no weightsManifest"],
    [{ weightsManifest: [{ paths: ["shard"], weights: [{ name: 1 }] }] }, 8, "model has no weightsManifest"],
    [model, 7, "weights have 7 bytes, expected 8 or more: a is cut off"],
    [model, 9, "weights have 9 bytes, expected 8"],
    [
      { weightsManifest: [{ paths: [], weights: [{ ...weights[0], dtype: "uint8" }] }] },
      2,
      "weight a is uint8",
    ],
  ])("%j and %d bytes", (content, size, message) => {
    expect(() => readTfjsWeights(content, new Uint8Array(size))).toThrow(message);
  });

  test("of another model", () => {
    const others = readTfjsWeights(model, new Uint8Array(8));
    expect(others.get("a")).toEqual({ shape: [2], data: new Float32Array(2) });
    expect(() => sentenceWeights(others)).toThrow("there is no float32 weight module/Embeddings_en");
  });
});
