import { describe, expect, test } from "vitest";
import { ConfigError, FormatError, ShapeError } from "../../src/base/index.ts";
import {
  add,
  createGraph,
  dense,
  div,
  input,
  mul,
  scalar,
  sum,
  type TensorData,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor as createExecutor, type OrtExecutorOptions } from "../../src/graph/node.ts";
import { worstError } from "./evaluate-case.ts";
import { everyOperation } from "./every-operation.ts";

const floats = (...values: number[]): TensorData => ({
  data: Float32Array.from(values),
  shape: [values.length],
});

/** Adds x to a running total and counts the runs. */
function accumulator(): Uint8Array {
  const g = createGraph();
  const x = input(g, "x", [2]);
  const total = input(g, "total", [2]);
  const count = input(g, "count", []);
  const next = add(total, x);
  return writeOnnx(g, { nextTotal: next, nextCount: add(count, 1), mean: div(sum(next, [0]), 2) });
}

const STATE = { nextTotal: "total", nextCount: "count" };

describe.each(["native", "wasm"] as const)("ONNX Runtime, %s:", (runtime) => {
  const createOrtExecutor = (model: Uint8Array, options: OrtExecutorOptions = {}) =>
    createExecutor(model, { runtime, ...options });

  describe("an executor with state", () => {
    test("starts from zeros and feeds outputs back", async () => {
      const executor = await createOrtExecutor(accumulator(), { state: STATE });
      const means: number[] = [];
      for (let i = 1; i <= 4; i++)
        means.push((await executor.run({ x: floats(i, 3 * i) })).mean!.data[0] as number);
      expect(means).toEqual([2, 6, 12, 20]);
      expect((await executor.readState("nextTotal")).data).toEqual(Float32Array.of(10, 30));
      expect((await executor.readState("nextCount")).data).toEqual(Float32Array.of(4));
      await executor.dispose();
    });

    test("returns what is not state, and state where it is asked for", async () => {
      const executor = await createOrtExecutor(accumulator(), { state: STATE });
      expect(Object.keys(await executor.run({ x: floats(1, 1) }))).toEqual(["mean"]);
      const { nextTotal } = await executor.run({ x: floats(1, 1) }, ["nextTotal"]);
      expect(nextTotal!.data).toEqual(Float32Array.of(2, 2));
      await executor.dispose();
    });

    test("gives copies of its state and takes copies", async () => {
      const executor = await createOrtExecutor(accumulator(), { state: STATE });
      const start = floats(5, 6);
      executor.writeState("nextTotal", start);
      (start.data as Float32Array).fill(99);
      const first = await executor.readState("nextTotal");
      (first.data as Float32Array).fill(77);
      const { nextTotal } = await executor.run({ x: floats(1, 1) }, ["nextTotal"]);
      await executor.run({ x: floats(1, 1) });
      await executor.run({ x: floats(1, 1) });
      expect(nextTotal!.data).toEqual(Float32Array.of(6, 7));
      expect((await executor.readState("nextTotal")).data).toEqual(Float32Array.of(8, 9));
      await executor.dispose();
    });

    test("takes calls that do not wait for each other in their order", async () => {
      const executor = await createOrtExecutor(accumulator(), { state: STATE });
      const runs = [1, 2, 3].map((x) => executor.run({ x: floats(x, x) }));
      executor.writeState("nextTotal", floats(100, 100));
      runs.push(executor.run({ x: floats(4, 4) }));
      const means = (await Promise.all(runs)).map((out) => out.mean!.data[0]);
      expect(means).toEqual([1, 3, 6, 104]);
      await executor.dispose();
    });

    test("keeps its state where a feed is refused", async () => {
      const executor = await createOrtExecutor(accumulator(), { state: STATE });
      await executor.run({ x: floats(1, 2) });
      await expect(executor.run({ x: floats(1, 2, 3) })).rejects.toThrow(ShapeError);
      expect((await executor.readState("nextTotal")).data).toEqual(Float32Array.of(1, 2));
      await executor.dispose();
    });
  });

  test("two executors of one model do not share state", async () => {
    const model = accumulator();
    const [a, b] = await Promise.all([1, 2].map(() => createOrtExecutor(model, { state: STATE })));
    await a!.run({ x: floats(1, 1) });
    expect((await b!.run({ x: floats(2, 2) })).mean!.data[0]).toBe(2);
    await Promise.all([a!.dispose(), b!.dispose()]);
  });

  test("results do not depend on the number of threads", async () => {
    const g = createGraph();
    const x = input(g, "x", [64, 48]);
    const w = input(g, "w", [48, 80]);
    const model = writeOnnx(g, { y: dense(x, w) });
    const wave = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i));
    const feeds = {
      x: { data: wave(64 * 48), shape: [64, 48] },
      w: { data: wave(48 * 80), shape: [48, 80] },
    };
    const results: TensorData[] = [];
    for (const threads of [1, 2]) {
      const executor = await createOrtExecutor(model, { threads });
      results.push((await executor.run(feeds)).y!);
      await executor.dispose();
    }
    expect(results[1].data).toEqual(results[0].data);
  });

  describe("mistakes are named", () => {
    async function refused(feeds: Record<string, TensorData>, fetch?: string[]): Promise<string> {
      const executor = await createOrtExecutor(accumulator(), { state: STATE });
      const error = await executor.run(feeds, fetch).then(
        () => undefined,
        (e: Error) => e,
      );
      await executor.dispose();
      return `${error?.name}: ${error?.message}`;
    }

    test("a missing feed", async () => {
      expect(await refused({})).toBe("ShapeError: feed x is missing, expected float32 (2). Inputs: x");
    });

    test("a feed that is no input, or that is state", async () => {
      expect(await refused({ x: floats(1, 2), total: floats(1, 2) })).toBe(
        "ShapeError: feed total is no input. Inputs: x",
      );
    });

    test("a feed of another shape, length or type", async () => {
      expect(await refused({ x: floats(1, 2, 3) })).toBe("ShapeError: feed x has shape (3), expected (2)");
      expect(await refused({ x: { data: new Float32Array(3), shape: [2] } })).toBe(
        "ShapeError: feed x has 3 elements, expected 2 for shape (2)",
      );
      expect(await refused({ x: { data: new Uint8Array(2), shape: [2] } })).toBe(
        "ShapeError: feed x has a Uint8Array, expected a Float32Array for float32",
      );
    });

    test("an output that is not there", async () => {
      expect(await refused({ x: floats(1, 2) }, ["maen"])).toMatch(
        /^ConfigError: output maen cannot be fetched.*mean.* Outputs: nextTotal, nextCount, mean$/,
      );
    });

    test("a state that does not fit the model", async () => {
      const create = (state: Record<string, string>) => createOrtExecutor(accumulator(), { state });
      await expect(create({ nextTotal: "count" })).rejects.toThrow(
        "state nextTotal is float32 (2), its input count is float32 (), expected the same",
      );
      await expect(create({ next: "total" })).rejects.toThrow(ConfigError);
      await expect(create({ nextTotal: "totals" })).rejects.toThrow(ConfigError);
    });

    test("a state that is not there", async () => {
      const executor = await createOrtExecutor(accumulator(), { state: STATE });
      await expect(executor.readState("total")).rejects.toThrow("total is no state");
      expect(() => executor.writeState("mean", floats(1))).toThrow("mean is no state");
      expect(() => executor.writeState("nextTotal", floats(1))).toThrow(
        "state nextTotal has shape (1), expected (2)",
      );
      await executor.dispose();
    });

    test("a run after dispose", async () => {
      const executor = await createOrtExecutor(accumulator());
      await executor.dispose();
      await executor.dispose();
      await expect(executor.run({ x: floats(1, 2) })).rejects.toThrow("this executor is disposed");
    });

    test("a number of threads that is none", async () => {
      await expect(createOrtExecutor(accumulator(), { threads: 0 })).rejects.toThrow(
        "threads is 0, expected an integer >= 1",
      );
    });

    test("bytes that are no model", async () => {
      const model = accumulator();
      const damaged = [
        new Uint8Array(),
        model.slice(0, model.length / 2),
        model.slice(7),
        Uint8Array.of(1, 2, 3),
      ];
      for (const bytes of damaged) await expect(createOrtExecutor(bytes)).rejects.toThrow(FormatError);
    });
  });

  test("int64 inputs and constant outputs pass through", async () => {
    const g = createGraph();
    const x = input(g, "x", [2], "int64");
    const model = writeOnnx(g, { x2: x, y: mul(scalar(g, 2), 3) });
    const executor = await createOrtExecutor(model);
    const out = await executor.run({ x: { data: BigInt64Array.of(1n, -2n), shape: [2] } });
    expect(out.x2!.data).toEqual(BigInt64Array.of(1n, -2n));
    expect(out.y).toEqual({ data: Float32Array.of(6), shape: [] });
    await executor.dispose();
  });
});

test("WebAssembly computes every operation and gradient as native code does", async () => {
  const { model, feeds } = everyOperation();
  const results: Record<string, TensorData>[] = [];
  for (const runtime of ["native", "wasm"] as const) {
    const executor = await createExecutor(model, { runtime });
    results.push(await executor.run(feeds));
    await executor.dispose();
  }
  const [native, wasm] = results;
  expect(Object.keys(native!).length).toBeGreaterThan(50);
  for (const [name, { data }] of Object.entries(native!)) {
    const [expected, got] = [Array.from(data, Number), Array.from(wasm![name].data, Number)];
    // Other kernels add in another order; float32 has 24 bits.
    expect(worstError(got, expected), name).toBeLessThan(1e-5);
  }
});
