import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createGraph,
  dense,
  gradients,
  initParameters,
  input,
  layoutParameters,
  matMul,
  mean,
  relu,
  square,
  sub,
  unpackParameters,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { FEEDBACK_LAW, ORTHOGONAL_LAW, targetOf } from "../../src/rules/feedback/feedback-law.ts";
import {
  applyUpdates,
  createFeedback,
  FEEDBACK_DIRECTIONS,
  getOptimizer,
  type Optimizer,
} from "../../src/rules/index.ts";
import { createUpdate, largestGap } from "./graph-run.ts";

const layout = layoutParameters([
  { name: "w0", shape: [6, 9], init: { normal: 1 / Math.sqrt(6) } },
  { name: "b0", shape: [9], init: "zeros" },
  { name: "w1", shape: [9, 4], init: { normal: 1 / 3 } },
]);
const n = layout.total;
const start = initParameters(layout, createRng(2));

type Walk = { readonly params: Float32Array; readonly logs: Float32Array };

/** Updates on the gradient of a bumpy bowl with noise. */
function walk(
  optimizer: Optimizer,
  steps: number,
  change: (gradient: Float32Array) => Float32Array = (g) => g,
  loss?: (t: number) => number,
): Walk {
  const rng = createRng(7);
  const params = start.slice();
  let state = optimizer.init(params);
  for (let t = 0; t < steps; t++) {
    const gradient = params.map((p, i) => (1 + (i % 5)) * p + Math.sin(3 * p + i) + 0.5 * rng.gauss());
    const step = optimizer.update(change(gradient), state, params, undefined, loss?.(t));
    applyUpdates(params, step.updates);
    state = step.state;
  }
  return { params, logs: state.slots[3] };
}
const rms = (x: Float32Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
const part = (x: Float32Array, k: number): Float32Array => {
  const { offset, size } = layout.entries[k];
  return x.slice(offset, offset + size);
};

describe.each(FEEDBACK_DIRECTIONS)("feedback, its direction %s", (direction) => {
  it.each([2 ** -40, 2 ** 40])(
    "takes the same steps, bit for bit, where the loss is multiplied by %f",
    (scale) => {
      for (const horizon of [undefined, 80]) {
        const optimizer = createFeedback({ layout, horizon, direction });
        expect(walk(optimizer, 80, (g) => g.map((x) => scale * x))).toEqual(walk(optimizer, 80));
      }
    },
  );

  it("turns with the gradients, bit for bit", () => {
    const optimizer = createFeedback({ layout, horizon: 30, direction });
    const run = (sign: number): Float32Array[] => {
      const rng = createRng(5);
      let state = optimizer.init(start);
      return Array.from({ length: 30 }, () => {
        const step = optimizer.update(start.map(() => sign * rng.gauss()), state, start); // biome-ignore format: one line
        state = step.state;
        return step.updates;
      });
    };
    expect(run(-1).map((u) => u.map((x) => -x))).toEqual(run(1));
  });

  it("does not care how the coordinates of a tensor are ordered", () => {
    const turn = (x: Float32Array): Float32Array =>
      Float32Array.from(layout.entries.flatMap((_, k) => [...part(x, k)].reverse()));
    const optimizer = createFeedback({ layout, horizon: 40, direction });
    const run = (turned: boolean): Float32Array => {
      const rng = createRng(3);
      let params = turned ? turn(start) : start.slice();
      let state = optimizer.init(params);
      for (let t = 0; t < 40; t++) {
        const gradient = (turned ? turn(params) : params).map((p) => 2 * p + rng.gauss());
        const step = optimizer.update(turned ? turn(gradient) : gradient, state, params);
        applyUpdates(params, step.updates);
        state = step.state;
      }
      if (turned) params = turn(params);
      return params;
    };
    const [straight, turned] = [run(false), run(true)];
    // Sums in another order round otherwise: 1e-16 a sum, and now and then one float32.
    straight.forEach((x, i) => {
      expect(Math.abs(x - turned[i])).toBeLessThan(1e-5);
    });
  });

  it("moves a matrix at first by 0.014 (horizon / 150)^-0.2 / sqrt(fan-in), a vector by a tenth", () => {
    for (const horizon of [50, 150, 1000]) {
      const optimizer = createFeedback({ layout, horizon, direction });
      const { updates } = optimizer.update(start, optimizer.init(start), start);
      const usual = 0.014 * (horizon / 150) ** -0.2;
      expect(rms(part(updates, 0))).toBeCloseTo(usual / Math.sqrt(6), 7);
      expect(rms(part(updates, 2))).toBeCloseTo(usual / 3, 7);
    }
    const optimizer = createFeedback({ layout, direction });
    const ones = new Float32Array(n).fill(1);
    expect(rms(part(optimizer.update(ones, optimizer.init(ones), ones).updates, 1))).toBeCloseTo(0.0014, 8);
  });

  it("a tensor without a gradient stands still, also after it had one, and keeps its step", () => {
    const optimizer = createFeedback({ layout, horizon: 60, direction });
    const { offset, size } = layout.entries[2];
    const still = (g: Float32Array): Float32Array => g.fill(0, offset, offset + size);
    const { params, logs } = walk(optimizer, 30, still);
    expect(part(params, 2)).toEqual(part(start, 2));
    expect(logs[2]).toBe(optimizer.init(start).slots[3][2]);
    const after = optimizer.update(still(start.slice()), walkState(optimizer, 10), start);
    expect(part(after.updates, 2).every((u) => u === 0)).toBe(true);
    expect(part(after.updates, 0).some((u) => u !== 0)).toBe(true);
  });

  it("grows its steps where gradients agree, by the printed formula, and shrinks them where they oppose", () => {
    const one = createFeedback({ horizon: 150 });
    const params = new Float32Array(4);
    const g = Float32Array.of(1, -2, 3, -4);
    const first = one.update(g, one.init(params), params);
    const before = first.state.slots[3][0];
    // The second gradient is along the last update's opposite: a = 1 and a^ = 1 for one tensor as for all.
    const along = one.update(
      first.updates.map((u) => -u),
      first.state,
      params,
    ).state.slots[3][0];
    const gain = (1 - 1 / 150) ** 1.4;
    expect(along - before).toBeCloseTo(gain * 0.09 * (1 + 0.6), 6);
    const against = one.update(first.updates, first.state, params).state.slots[3][0];
    expect(against - before).toBeCloseTo(gain * 0.09 * (-1 + 0.6), 6);
  });

  it("does not grow a step while the fast mean of the loss is over twice the slow one", () => {
    const optimizer = createFeedback({ layout, direction });
    const steady = walk(optimizer, 30, undefined, () => 1).logs;
    const rising = walk(optimizer, 30, undefined, (t) => 2 ** t).logs;
    expect(walk(optimizer, 30).logs).toEqual(steady);
    const first = optimizer.init(start).slots[3];
    steady.forEach((log, k) => {
      expect(log).toBeGreaterThan(first[k]);
      expect(rising[k]).toBeLessThan(first[k] + 0.2 * (log - first[k]));
    });
  });

  it("has no learning rate, and refuses tensors that leave a gap", () => {
    expect(() => getOptimizer("feedback", { learningRate: 0.1 })).toThrow('unknown option "learningRate"');
    const gap = { total: 12, entries: [{ name: "w", shape: [9], offset: 3, size: 9 }] };
    const optimizer = createFeedback({ layout: gap });
    expect(() => optimizer.init(new Float32Array(12))).toThrow("w begins at 3, expected 0");
    expect(() => createFeedback({ layout, direction }).init(new Float32Array(5))).toThrow(
      `params has length 5, expected layout.total = ${n}`,
    );
    expect(() => createFeedback({ horizon: 0 })).toThrow("horizon is 0");
  });
});

function walkState(optimizer: Optimizer, steps: number) {
  let state = optimizer.init(start);
  for (let t = 0; t < steps; t++) state = optimizer.update(start, state, start).state;
  return state;
}

/** A relu perceptron on a fixed random map: loss and gradient, and the whole step, on ONNX Runtime. */
const B = 16;
const rng = createRng(12);
const X = Float32Array.from({ length: B * 6 }, () => rng.gauss());
const Y = Float32Array.from({ length: B * 4 }, () => rng.gauss());

function perceptron() {
  const g = createGraph();
  const params = input(g, "params", [n]);
  const { w0, b0, w1 } = unpackParameters(params, layout);
  const y = matMul(relu(dense(input(g, "x", [B, 6]), w0, b0)), w1);
  const loss = mean(mean(square(sub(y, input(g, "y", [B, 4]))), [1], false), [0], true);
  const [grads] = gradients(loss, [params]);
  return { g, params, loss, grads };
}
const data = { x: { data: X, shape: [B, 6] }, y: { data: Y, shape: [B, 4] } };

async function openGradient() {
  const { g, loss, grads } = perceptron();
  const executor = await createOrtExecutor(writeOnnx(g, { loss, grads }));
  return async (params: Float32Array) => {
    const out = await executor.run({ ...data, params: { data: params, shape: [n] } });
    return { loss: out.loss.data[0] as number, grads: Float32Array.from(out.grads.data as Float32Array) };
  };
}

async function train(optimizer: Optimizer, steps: number) {
  const gradient = await openGradient();
  const params = start.slice();
  let state = optimizer.init(params);
  const losses: number[] = [];
  for (let t = 0; t < steps; t++) {
    const { loss, grads } = await gradient(params);
    losses.push(loss);
    const step = optimizer.update(grads, state, params, undefined, loss);
    applyUpdates(params, step.updates);
    state = step.state;
  }
  return { params, state, losses };
}

test.each(FEEDBACK_DIRECTIONS)(
  "forward, backward and the update in one graph go the way of typed arrays, %s",
  async (direction) => {
    const optimizer = createFeedback({ layout, horizon: 60, clipNorm: 1, direction });
    const form = optimizer.graph!;
    const { g, params, loss, grads } = perceptron();
    const first = optimizer.init(start).slots;
    const slots = first.map(({ length }, s) => input(g, `slot${s}`, [length]));
    const step = form.update(params, grads, slots, input(g, "hyper", [form.hyperSize]), loss);
    const next = Object.fromEntries(step.slots.map((slot, s) => [`next${s}`, slot]));
    const model = writeOnnx(g, { loss, nextParams: step.params, ...next });
    const state = Object.fromEntries(first.map((_, s) => [`next${s}`, `slot${s}`]));
    const executor = await createOrtExecutor(model, { state: { ...state, nextParams: "params" } });
    await executor.writeState("nextParams", { data: start.slice(), shape: [n] });
    for (const [s, slot] of first.entries())
      await executor.writeState(`next${s}`, { data: slot.slice(), shape: [slot.length] });
    const losses: number[] = [];
    for (let t = 0; t < 60; t++) {
      const hyper = { data: form.hyper(t), shape: [form.hyperSize] };
      losses.push((await executor.run({ ...data, hyper })).loss.data[0] as number);
    }
    const arrays = await train(optimizer, 60);
    // Sums in float32 on one side, 60 steps of a network with kinks. What is made orthogonal has the rounding of its small
    // singular values multiplied by 40 in every step: its first steps are compared, and below each step by itself.
    const compared = direction === "orthogonal" ? 20 : 60;
    arrays.losses.slice(0, compared).forEach((value, t) => {
      expect(Math.abs(losses[t] / value - 1)).toBeLessThan(1e-3);
    });
    expect(losses[59]).toBeLessThan(0.7 * losses[0]);
    await executor.dispose();
  },
);

test.each([
  [3000, "adam"],
  [undefined, "adam"],
  [3000, "orthogonal"],
  [undefined, "orthogonal"],
] as const)(
  "3,000 updates of a relu perceptron stay finite and end below the start, horizon %s, %s",
  async (horizon, direction) => {
    const { params, state, losses } = await train(createFeedback({ layout, horizon, direction }), 3000);
    expect(params.every(Number.isFinite)).toBe(true);
    expect(state.skipped).toBe(0);
    expect(Math.max(...losses)).toBeLessThanOrEqual(1.2 * losses[0]);
    expect(losses[2999]).toBeLessThan(0.3 * losses[0]);
  },
);

test.each(["ort", "tfjs"] as const)(
  "each orthogonal step by itself is that of typed arrays on %s",
  async (backend) => {
    const optimizer = createFeedback({ layout, horizon: 60, clipNorm: 1, direction: "orthogonal" });
    const { hyper, hyperSize } = optimizer.graph!;
    const executor = await createUpdate(optimizer, n, backend);
    const random = createRng(8);
    const params = start.slice();
    let state = optimizer.init(params);
    for (let t = 0; t < 12; t++) {
      const grads = params.map((p, i) => (1 + (i % 5)) * p + 0.5 * random.gauss());
      await executor.writeState("nextParams", { data: params.slice(), shape: [n] });
      for (const [s, data] of state.slots.entries())
        await executor.writeState(`next_slot${s}`, { data: data.slice(), shape: [data.length] });
      await executor.run({
        grads: { data: grads, shape: [n] },
        hyper: { data: hyper(t), shape: [hyperSize] },
      });
      const step = optimizer.update(grads, state, params);
      applyUpdates(params, step.updates);
      state = step.state;
      for (const [s, slot] of state.slots.entries()) {
        const { data } = await executor.readState(`next_slot${s}`);
        expect(largestGap(slot, data as Float32Array)).toBeLessThan(2e-5);
      }
    }
    await executor.dispose();
  },
);

test("along orthogonal directions steps of long runs are less too long, of short ones as with Adam's", () => {
  expect(targetOf(ORTHOGONAL_LAW, undefined)).toBe(targetOf(FEEDBACK_LAW, undefined));
  for (const horizon of [1, 100, 150]) expect(targetOf(ORTHOGONAL_LAW, horizon)).toBe(-0.6);
  expect(targetOf(ORTHOGONAL_LAW, 2000)).toBeCloseTo(-0.6 * (3 / 40) ** 0.2, 12);
  expect(targetOf(FEEDBACK_LAW, 2000)).toBe(-0.6);
});
