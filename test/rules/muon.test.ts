import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { layoutParameters } from "../../src/graph/index.ts";
import { applyUpdates, createAdam, createMuon, type Optimizer } from "../../src/rules/index.ts";
import { createUpdate, largestGap, runBoth } from "./graph-run.ts";

const layout = layoutParameters([
  { name: "w0", shape: [4, 4], init: "zeros" },
  { name: "b0", shape: [4], init: "zeros" },
  { name: "w1", shape: [6, 3], init: "zeros" },
]);
const n = layout.total;
const rate = 0.03;
const muon = (): Optimizer => createMuon({ layout, learningRate: rate });

/** Hadamard's matrix: rows of one length, at right angles. */
const HADAMARD = [1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1];

test("an orthogonal gradient is the direction of its matrix, of size 0.2 rates, however long it is", () => {
  for (const size of [1, 1e-20, 1e20]) {
    const grads = new Float32Array(n);
    HADAMARD.forEach((h, i) => {
      grads[i] = size * h;
    });
    const optimizer = muon();
    const { updates } = optimizer.update(grads, optimizer.init(grads), new Float32Array(n));
    HADAMARD.forEach((h, i) => {
      expect(updates[i]).toBeCloseTo(-0.2 * rate * h, 7);
    });
    expect([...updates.subarray(16)].every((u) => u === 0)).toBe(true);
  }
});

test("singular values of a matrix come to lie near each other, and vectors are moved as by Adam", () => {
  const rng = createRng(3);
  const optimizer = muon();
  const adam = createAdam({ learningRate: rate, beta1: 0.95, beta2: 0.95 });
  const zeros = new Float32Array(n);
  let [own, other] = [optimizer.init(zeros), adam.init(zeros.subarray(0, 4))];
  for (let t = 0; t < 5; t++) {
    // Columns of the second matrix are 1, 10 and 100 long.
    const grads = Float32Array.from({ length: n }, (_, i) => rng.gauss() * 10 ** ((i - 20) % 3));
    const step = optimizer.update(grads, own, zeros);
    const expected = adam.update(grads.slice(16, 20), other, zeros.subarray(0, 4));
    expect(step.updates.slice(16, 20)).toEqual(expected.updates);
    [own, other] = [step.state, expected.state];
    // Of U (6, 3) = Q S P': the trace of (U'U)^2 over that of U'U squared is 1/3 where all of S are the same, 1 where there
    // is one; the iteration leaves them between 0.7 and 1.2.
    const U = step.updates.subarray(20);
    const gram = Array.from({ length: 9 }, (_, p) => {
      let sum = 0;
      for (let i = 0; i < 6; i++) sum += U[3 * i + Math.floor(p / 3)] * U[3 * i + (p % 3)];
      return sum;
    });
    const trace = gram[0] + gram[4] + gram[8];
    expect(gram.reduce((sum, x) => sum + x * x, 0) / trace ** 2).toBeLessThan(0.44);
  }
});

test.each(["ort", "tfjs"] as const)("the graph on %s walks where typed arrays do", async (backend) => {
  const optimizer = muon();
  const start = Float32Array.from({ length: n }, (_, i) => Math.sin(i));
  const update = await createUpdate(optimizer, n, backend);
  const at = (p: Float32Array): Float32Array => p.map((x, i) => (1 + (i % 3)) * x + Math.cos(5 * x + i));
  const { arrays, tensors } = await runBoth(optimizer, update, start, at, 30);
  arrays.forEach((a, i) => {
    expect(largestGap(a, tensors[i])).toBeLessThan(1e-4); // products of float32 in another order
  });
});

test("without matrices it is Adam", () => {
  const vector = createMuon({ learningRate: rate });
  const adam = createAdam({ learningRate: rate, beta1: 0.95, beta2: 0.95 });
  const grads = Float32Array.of(1, -2, 3);
  const params = new Float32Array(3);
  applyUpdates(params, vector.update(grads, vector.init(grads), params).updates);
  expect(params).toEqual(adam.update(grads, adam.init(grads), new Float32Array(3)).updates);
});
