import { describe, expect, test } from "vitest";
import {
  add,
  createGraph,
  dense,
  gradients,
  initParameters,
  input,
  layerNorm,
  layoutParameters,
  matMul,
  mean,
  mul,
  relu,
  reshape,
  softmax,
  square,
  sub,
  type Tensor,
  transpose,
  unpackParameters,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { createRng } from "../../src/linalg/index.ts";

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
  const next = sub(flat, mul(gradients(loss, [flat])[0]!, rate));
  return writeOnnx(g, { loss, next });
}

test("a training step as one graph, run with state, ends at the least-squares solution", async () => {
  const rows = 40;
  const rng = createRng(2);
  const x = Float32Array.from({ length: 2 * rows }, () => rng.gauss());
  const y = Float32Array.from({ length: rows }, (_, i) => 1.5 * x[2 * i]! - 0.5 * x[2 * i + 1]! + 0.25);
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

/** A block of a Transformer with exact attention, B sequences of T tokens. */
function transformer(B: number, T: number, D: number, heads: number) {
  const layout = layoutParameters([
    { name: "gain", shape: [D], init: "ones" },
    { name: "bias", shape: [D], init: { normal: 0.1 } },
    ...["q", "k", "v", "o"].map((name) => ({ name, shape: [D, D], init: { normal: D ** -0.5 } })),
    { name: "up", shape: [D, 2 * D], init: { normal: D ** -0.5 } },
    { name: "down", shape: [2 * D, D], init: { normal: D ** -0.5 } },
  ]);
  const g = createGraph();
  const flat = input(g, "parameters", [layout.total]);
  const x = input(g, "x", [B, T, D]);
  const p = unpackParameters(flat, layout);
  const split = (t: Tensor): Tensor => transpose(reshape(t, [B, T, heads, D / heads]), [0, 2, 1, 3]);
  const h = layerNorm(x, p.gain!, p.bias!);
  const [q, k, v] = [p.q!, p.k!, p.v!].map((w) => split(dense(h, w)));
  const attended = matMul(softmax(matMul(q!, k!, { transposeB: true })), v!);
  const y = add(x, dense(reshape(transpose(attended, [0, 2, 1, 3]), [B, T, D]), p.o!));
  const out = add(y, dense(relu(dense(y, p.up!)), p.down!));
  const loss = mean(square(out), [0, 1, 2]);
  return { g, layout, loss, gradient: gradients(loss, [flat])[0]! };
}

describe("the gradient of a Transformer block in ONNX Runtime", () => {
  test("predicts the change of the loss along random directions", async () => {
    const { g, layout, loss, gradient } = transformer(2, 5, 8, 2);
    const executor = await createOrtExecutor(writeOnnx(g, { loss, gradient }));
    const rng = createRng(5);
    const at = initParameters(layout, rng);
    const x = { data: Float32Array.from({ length: 80 }, () => rng.gauss()), shape: [2, 5, 8] };
    const run = (data: Float32Array) => executor.run({ parameters: { data, shape: [layout.total] }, x });
    const slope = (await run(at)).gradient!.data as Float32Array;
    for (let trial = 0; trial < 5; trial++) {
      const direction = at.map(() => rng.gauss());
      const step = 1e-2;
      const value = async (sign: number): Promise<number> =>
        (await run(at.map((p, i) => p + sign * step * direction[i]!))).loss!.data[0] as number;
      const change = (await value(1)) - (await value(-1));
      const predicted = slope.reduce((total, s, i) => total + s * direction[i]!, 0) * 2 * step;
      const size = Math.hypot(...slope) * Math.hypot(...direction) * 2 * step;
      // Third-order terms of the step, and the loss rounded to 1e-7 of itself, over the largest possible change.
      expect(Math.abs(change - predicted) / size).toBeLessThan(1e-3);
    }
    await executor.dispose();
  });
});
