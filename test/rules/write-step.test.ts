import { expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { initParameters, layoutParameters, readOnnxMetadata } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { applyUpdates, getOptimizer, OPTIMIZERS, writeOptimizerStep } from "../../src/rules/index.ts";
import { largestGap } from "./graph-run.ts";

const layout = layoutParameters([
  { name: "w", shape: [6, 5], init: { normal: 0.4 } },
  { name: "b", shape: [5], init: "zeros" },
]);
const n = layout.total;

/** What a stranger does with the file: all that is needed is in it. */
async function follow(bytes: Uint8Array, start: Float32Array, gradient: (p: Float32Array) => Float32Array) {
  const { properties, inputs } = readOnnxMetadata(bytes);
  const slots = JSON.parse(properties.get("slots")!) as { length: number; fill: number }[];
  const hyper = JSON.parse(properties.get("hyper")!) as number[][];
  const session = await createOrtExecutor(bytes);
  const vector = (data: Float32Array) => ({ data, shape: [data.length] });
  let params = vector(start.slice());
  let state = slots.map(({ length, fill }) => vector(new Float32Array(length).fill(fill)));
  for (const row of hyper) {
    const loss = params.data.reduce((sum, p) => sum + p * p, 0);
    const feeds = {
      ...{ params, grads: vector(gradient(params.data)), hyper: vector(Float32Array.from(row)) },
      loss: vector(Float32Array.of(loss)),
      ...Object.fromEntries(state.map((slot, s) => [`slot${s}`, slot])),
    };
    const known = new Set(inputs.map(({ name }) => name));
    const out = await session.run(
      Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name))),
    );
    params = vector(Float32Array.from(out.nextParams.data as Float32Array));
    state = state.map((_, s) => vector(Float32Array.from(out[`nextSlot${s}`].data as Float32Array)));
  }
  await session.dispose();
  return params.data;
}

it.each(Object.keys(OPTIMIZERS))("%s out of its file goes the way that it goes here", async (name) => {
  const legal = OPTIMIZERS[name].options;
  const optimizer = getOptimizer(name, {
    ...(legal.includes("layout") && { layout }),
    ...(legal.includes("horizon") && { horizon: 12 }),
  });
  const start = initParameters(layout, createRng(2));
  const gradient = (p: Float32Array): Float32Array => p.map((x, i) => (1 + (i % 4)) * x + 0.1);
  const onnx = await follow(writeOptimizerStep(optimizer, n, 12), start, gradient);
  const params = start.slice();
  let state = optimizer.init(params);
  for (let t = 0; t < 12; t++) {
    const loss = params.reduce((sum, p) => sum + p * p, 0);
    const step = optimizer.update(gradient(params), state, params, undefined, loss);
    applyUpdates(params, step.updates);
    state = step.state;
  }
  expect(largestGap(params, onnx)).toBeLessThan(2e-5);
  expect(largestGap(params, start)).toBeGreaterThan(1e-3);
});

test("a file says by its inputs whether the optimizer looks at the loss, and whose it is", () => {
  const namesOf = (name: string) => {
    const { properties, inputs } = readOnnxMetadata(writeOptimizerStep(getOptimizer(name), n, 3));
    expect(JSON.parse(properties.get("optimizer")!)).toBe(name);
    expect(JSON.parse(properties.get("hyper")!)).toHaveLength(3);
    return inputs.map((one) => one.name);
  };
  expect(namesOf("feedback")).toContain("loss");
  expect(namesOf("adam")).not.toContain("loss");
});

test("an optimizer without a graph cannot be written", () => {
  const plain = { ...getOptimizer("adam"), graph: undefined };
  expect(() => writeOptimizerStep(plain, 4, 1)).toThrow("adam has no graph");
});
