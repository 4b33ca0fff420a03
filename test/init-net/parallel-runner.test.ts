import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleRunner, featureSizes, initNet, shrinkFeatureRows } from "../../src/init-net/index.ts";
import { createParallelRunner, type SharedRows } from "../../src/init-net/node.ts";
import { buildCli } from "../cli/run-cli.ts";
import { randomSet, runnerOf, smallSpec } from "./random-features.ts";

const spec = smallSpec();
const set = randomSet(spec);
const workerUrl = new URL("../../dist/init-net/runner-worker.js", import.meta.url);

/** The rows of the set in memory that threads share. */
const shards: SharedRows[] = set.shards.map((rows) => {
  const { bytes } = shrinkFeatureRows(rows, featureSizes(spec), spec.nx, rows.length);
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return { buffer, offset: 0, length: rows.length };
});

const draw = {
  examples: Uint32Array.of(0, 31, 7, 20, 4, 4, 19, 32),
  mirrors: Uint8Array.of(1, 0, 0, 1, 0, 1, 1, 0),
};

describe("gradients on several threads", () => {
  let one: ExampleRunner;
  let two: ExampleRunner;
  const parameters = initNet(spec, 5);

  beforeAll(async () => {
    buildCli();
    one = await runnerOf(set, 8);
    two = await createParallelRunner({ spec, shards, batch: 8, threads: 2, workerUrl });
  });

  afterAll(async () => {
    await one.dispose();
    await two.dispose();
  });

  test("are those of one thread but for rounding", async () => {
    const a = await one.gradient(parameters, draw);
    const b = await two.gradient(parameters, draw);
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-5 * a.loss);
    const scale = Math.max(...a.gradient.map(Math.abs));
    for (let i = 0; i < a.gradient.length; i++)
      expect(Math.abs(a.gradient[i] - b.gradient[i])).toBeLessThan(1e-5 * scale);
  });

  test("are the same bits every time, with a batch made ready in advance or not", async () => {
    const first = await two.gradient(parameters, draw);
    const kept = first.gradient.slice();
    const other = { ...draw, examples: Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
    two.prepare!(draw);
    await two.gradient(parameters, other);
    const again = await two.gradient(parameters, draw);
    expect(again.loss).toBe(first.loss);
    expect(Buffer.from(again.gradient.buffer).equals(Buffer.from(kept.buffer))).toBe(true);
  });

  test("evaluations come in the order of the examples, however many there are", async () => {
    const examples = Uint32Array.of(9, 30, 2, 2, 17);
    const [a, b] = [await one.evaluate(parameters, examples), await two.evaluate(parameters, examples)];
    expect(b.errors.length).toBe(a.errors.length);
    for (let i = 0; i < a.errors.length; i++) expect(b.errors[i]).toBeCloseTo(a.errors[i], 5);
    expect((await two.evaluate(parameters, new Uint32Array(0))).scores.length).toBe(0);
  });

  test("a batch that cannot be shared out is refused; a thread that does not start is an error, not a hang", async () => {
    await expect(createParallelRunner({ spec, shards, batch: 9, threads: 2, workerUrl })).rejects.toThrow(
      "batch is 9, expected a multiple of 2",
    );
    const nowhere = new URL("./no-such-worker.mjs", import.meta.url);
    const broken = createParallelRunner({ spec, shards, batch: 8, threads: 2, workerUrl: nowhere });
    await expect(broken).rejects.toThrow("a training thread failed");
  });

  test("an example that is not there is an error of the thread, told to the caller", async () => {
    const wrong = { ...draw, examples: draw.examples.map(() => 1000) };
    await expect(two.gradient(parameters, wrong)).rejects.toThrow("expected an integer from 0 to 32");
    expect((await two.gradient(parameters, draw)).loss).toBeGreaterThan(0);
  });
});
