import { expect, test } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import {
  add,
  concat,
  createGraph,
  div,
  exp,
  expand,
  gradients,
  input,
  matMul,
  mean,
  mul,
  neg,
  pad,
  reshape,
  slice,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { differences, worstError } from "./evaluate-case.ts";
import { interpret } from "./interpret.ts";

const size = (t: Tensor): number => t.shape.reduce((a, b) => a * b, 1);

/** Something made of a tensor and another one of the pool: every operation that rewrites its operands. */
function grow(x: Tensor, other: Tensor, rng: Rng): Tensor {
  const rank = x.shape.length;
  const axis = rng.int(rank);
  const d = x.shape[axis];
  const row = reshape(slice(reshape(other, [size(other)]), 0, 0, 1), [1, 1]);
  switch (rng.int(16)) {
    case 0:
      return tanh(x);
    case 1:
      return neg(x);
    case 2:
      return mul(x, 0.5 + rng.uniform());
    case 3:
      return transpose(x, [...x.shape.keys()].reverse());
    case 4:
      return reshape(x, [size(x) / d, d]);
    case 5:
      return d > 1 ? slice(x, axis, 1, d) : pad(x, axis, 1, 0);
    case 6:
      return concat([x, square(tanh(x))], axis);
    case 7:
      return expand(mean(x, [axis], true), x.shape);
    case 8:
      return mul(x, tanh(sum(x, [axis], true)));
    case 9:
      return matMul(tanh(x), tanh(x), { transposeB: true });
    case 10:
      return matMul(tanh(x), softmax(x), { transposeA: true });
    case 11:
      return sub(x, expand(tanh(row), x.shape));
    case 12:
      return div(x, add(exp(tanh(row)), 1));
    case 13:
      return add(x, neg(tanh(x)));
    default:
      return expand(reshape(row, []), x.shape);
  }
}

function randomLoss(seed: number) {
  const rng = createRng(seed);
  const g = createGraph();
  const inputs = [input(g, "a", [2, 3]), input(g, "b", [3, 1]), input(g, "c", [4])];
  const pool: Tensor[] = [inputs[0], inputs[1], reshape(inputs[2], [2, 2])];
  for (let i = 0; i < 12; i++) {
    const t = grow(pool[rng.int(pool.length)], pool[rng.int(pool.length)], rng);
    if (size(t) <= 64) pool.push(t);
  }
  const parts = pool.map((t) =>
    mean(
      mul(t, tanh(t)),
      t.shape.map((_, i) => i),
    ),
  );
  const loss = parts.reduce((a, b) => add(a, b));
  const feeds: Record<string, Float64Array> = {};
  for (const x of inputs)
    feeds[x.name] = Float64Array.from({ length: size(x) }, () => Math.fround(0.5 * rng.gauss()));
  return { g, inputs, loss, feeds };
}

test.each(Array.from({ length: 80 }, (_, seed) => seed))(
  "gradients of random graph %i equal differences",
  (seed) => {
    const { g, inputs, loss, feeds } = randomLoss(seed);
    const values = interpret(g, feeds, gradients(loss, inputs));
    inputs.forEach((x, i) => {
      expect(worstError(values[i].data, differences(g, feeds, loss, x))).toBeLessThan(1e-6);
    });
  },
);

test("ONNX Runtime computes 20 random graphs and their gradients", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const { g, inputs, loss, feeds } = randomLoss(seed);
    const [a, b, c] = gradients(loss, inputs);
    const tensors = { loss, da: a!, db: b!, dc: c! };
    const executor = await createOrtExecutor(writeOnnx(g, tensors));
    const fed = inputs.map((x) => [x.name, { data: Float32Array.from(feeds[x.name]), shape: x.shape }]);
    const results = await executor.run(Object.fromEntries(fed));
    await executor.dispose();
    const expected = interpret(g, feeds, Object.values(tensors));
    Object.keys(tensors).forEach((name, i) => {
      // A dozen float32 operations after each other, some of them sums of 64 terms.
      expect(worstError(results[name].data as Float32Array, expected[i].data), `graph ${seed}`).toBeLessThan(
        1e-4,
      );
    });
  }
});
