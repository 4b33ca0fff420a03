import { expect, test } from "vitest";
import { call, createSharedKernel, f64, get, sequence, set } from "../../src/wasm/index.ts";

test("functions of a module call those of the host and one another", () => {
  const kernel = createSharedKernel(
    {
      pages: 1,
      pool: "test",
      imported: { sin: { params: ["f64"], result: "f64" }, atan2: { params: ["f64", "f64"], result: "f64" } },
      functions: {
        // Own functions are counted after the imported ones.
        angle: {
          params: ["f64"],
          result: "f64",
          locals: [],
          body: call(1, call(0, get(0)), f64.constant(2)),
        },
        twice: {
          params: ["f64"],
          result: "f64",
          locals: ["f64"],
          body: sequence(set(1, call(2, get(0))), f64.add(get(1), get(1))),
        },
      },
    },
    { sin: Math.sin, atan2: Math.atan2 },
  )!;
  for (const x of [-3, 0.2, 7]) {
    expect(kernel.run.angle(x)).toBe(Math.atan2(Math.sin(x), 2));
    expect(kernel.run.twice(x)).toBe(2 * Math.atan2(Math.sin(x), 2));
  }
});

test("a number is chosen by a condition, and NaN differs from itself", () => {
  const kernel = createSharedKernel({
    pages: 1,
    pool: "test",
    functions: {
      run: {
        params: ["f64", "f64"],
        result: "f64",
        locals: [],
        body: f64.select(f64.abs(get(0)), get(1), f64.differ(get(0), get(0))),
      },
    },
  })!;
  expect(kernel.run.run(3, 4)).toBe(4);
  expect(kernel.run.run(Number.NaN, 4)).toBe(Number.NaN);
});
