import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createGraph,
  dense,
  gradients,
  input,
  layoutParameters,
  mean,
  mul,
  square,
  sub,
  unpackParameters,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { trainingData, trainingStep } from "./training-step.ts";

/** Least squares by gradient descent, the whole step one graph with the parameters as its state. */
function leastSquares(rows: number, rate: number) {
  const layout = layoutParameters([
    { name: "w", shape: [2, 1], init: "zeros" },
    { name: "b", shape: [1], init: "zeros" },
  ]);
  const g = createGraph();
  const flat = input(g, "parameters", [layout.total]);
  const x = input(g, "x", [rows, 2]);
  const y = input(g, "y", [rows, 1]);
  const { w, b } = unpackParameters(flat, layout);
  const loss = mean(square(sub(dense(x, w!, b!), y)), [0, 1]);
  const next = sub(flat, mul(gradients(loss, [flat])[0], rate));
  return writeOnnx(g, { loss, next });
}

test("a training step as one graph, run with state, ends at the least-squares solution", async () => {
  const rows = 40;
  const rng = createRng(2);
  const x = Float32Array.from({ length: 2 * rows }, () => rng.gauss());
  const y = Float32Array.from({ length: rows }, (_, i) => 1.5 * x[2 * i] - 0.5 * x[2 * i + 1] + 0.25);
  const executor = await createOrtExecutor(leastSquares(rows, 0.3), { state: { next: "parameters" } });
  const feeds = { x: { data: x, shape: [rows, 2] }, y: { data: y, shape: [rows, 1] } };
  let loss = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 60; i++) loss = (await executor.run(feeds)).loss!.data[0] as number;
  const { data } = await executor.readState("next");
  await executor.dispose();
  // The data lie on a plane, so that the solution is known; float32 stops at a loss of about 1e-14.
  expect(loss).toBeLessThan(1e-10);
  [1.5, -0.5, 0.25].forEach((expected, i) => {
    expect(data[i]).toBeCloseTo(expected, 5);
  });
});

test("the gradient of a network with attention predicts the change of its loss along random directions", async () => {
  const { graph, outputs, gradient } = trainingStep();
  const executor = await createOrtExecutor(writeOnnx(graph, { loss: outputs.loss, gradient }));
  const rng = createRng(5);
  const { feeds, parameters } = trainingData(rng);
  const at = parameters.data as Float32Array;
  const run = (data: Float32Array) => executor.run({ ...feeds, parameters: { ...parameters, data } });
  const slope = (await run(at)).gradient!.data as Float32Array;
  for (let trial = 0; trial < 5; trial++) {
    const direction = at.map(() => rng.gauss());
    const step = 1e-3;
    const value = async (sign: number): Promise<number> =>
      (await run(at.map((p, i) => p + sign * step * direction[i]))).loss!.data[0] as number;
    const change = (await value(1)) - (await value(-1));
    const predicted = slope.reduce((total, s, i) => total + s * direction[i], 0) * 2 * step;
    const size = Math.hypot(...slope) * Math.hypot(...direction) * 2 * step;
    // Kinks of relu that the step crosses, and the loss rounded to 1e-7 of itself, over the largest possible change.
    expect(Math.abs(change - predicted) / size).toBeLessThan(1e-3);
  }
  await executor.dispose();
});
