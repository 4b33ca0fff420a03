import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  applyUpdates,
  createOptimizer,
  getOptimizer,
  OPTIMIZERS,
  type Optimizer,
  type OptimizerStep,
} from "../../src/rules/index.ts";
import { atRate } from "./at-rate.ts";

const NAMES = Object.keys(OPTIMIZERS);
const f32 = (...values: number[]): Float32Array => Float32Array.from(values);

/** Follows a gradient function from `start`. */
function descend(
  optimizer: Optimizer,
  start: Float32Array,
  gradient: (p: Float32Array) => Float32Array,
  steps: number,
): Float32Array {
  const params = start.slice();
  let state = optimizer.init(params);
  for (let t = 0; t < steps; t++) {
    const next = optimizer.update(gradient(params), state, params);
    applyUpdates(params, next.updates);
    state = next.state;
  }
  return params;
}

describe("the first two updates are those of the printed formulas", () => {
  // p = 2, g = 3 then -1; computed here in float64, compared to float32's 6e-8 times a few operations.
  const two = (optimizer: Optimizer): number[] => {
    const params = f32(2);
    const first = optimizer.update(f32(3), optimizer.init(params), params);
    const second = optimizer.update(f32(-1), first.state, params);
    return [first.updates[0], second.updates[0]];
  };
  const close = (actual: number[], expected: number[]): void => {
    actual.forEach((a, i) => {
      expect(Math.abs(a - expected[i])).toBeLessThan(1e-6 * Math.abs(expected[i]));
    });
  };

  test("sgd", () => close(two(getOptimizer("sgd", { learningRate: 0.1 })), [-0.3, 0.1]));
  test("momentum", () =>
    close(two(getOptimizer("momentum", { learningRate: 0.1, momentum: 0.9 })), [-0.3, -0.1 * (0.9 * 3 - 1)]));
  test("nesterov", () => {
    const [a1, a2] = [3, 0.9 * 3 - 1];
    close(two(getOptimizer("nesterov", { learningRate: 0.1, momentum: 0.9 })), [
      -0.1 * (3 + 0.9 * a1),
      -0.1 * (-1 + 0.9 * a2),
    ]);
  });
  test("rmsprop", () => {
    const s1 = 0.1 * 9;
    const s2 = 0.9 * s1 + 0.1;
    close(two(getOptimizer("rmsprop", { learningRate: 0.1, decay: 0.9, epsilon: 0.5 })), [
      (-0.1 * 3) / (Math.sqrt(s1) + 0.5),
      0.1 / (Math.sqrt(s2) + 0.5),
    ]);
  });
  const adam = (weightDecay: number): number[] => {
    const [b1, b2, eps] = [0.9, 0.999, 0.5];
    let [m, v] = [0, 0];
    return [3, -1].map((g, t) => {
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      const direction = m / (1 - b1 ** (t + 1)) / (Math.sqrt(v / (1 - b2 ** (t + 1))) + eps);
      return -0.1 * (direction + weightDecay * 2);
    });
  };
  test("adam", () => close(two(getOptimizer("adam", { learningRate: 0.1, epsilon: 0.5 })), adam(0)));
  test("adamw", () =>
    close(two(getOptimizer("adamw", { learningRate: 0.1, epsilon: 0.5, weightDecay: 0.3 })), adam(0.3)));
});

it("adamw decays only the ranges it is given", () => {
  const optimizer = getOptimizer("adamw", {
    learningRate: 0.1,
    weightDecay: 0.5,
    decayRanges: [
      { offset: 0, size: 1 },
      { offset: 2, size: 2 },
    ],
  });
  const params = f32(1, 2, 3, 4, 5);
  const { updates } = optimizer.update(new Float32Array(5), optimizer.init(params), params);
  const expected = [-0.05, 0, -0.15, -0.2, 0];
  updates.forEach((u, i) => {
    expect(u).toBeCloseTo(expected[i], 7);
  });
});

it("adamw refuses a range beyond the parameters, saying where it ends", () => {
  const optimizer = getOptimizer("adamw", { decayRanges: [{ offset: 3, size: 4 }] });
  const params = new Float32Array(5);
  expect(() => optimizer.update(params, optimizer.init(params), params)).toThrow(
    "decayRanges[0] ends at 7, expected at most n = 5",
  );
});

it.each(NAMES)("%s finds the minimum of an ill-scaled quadratic", (name) => {
  // 1/2 sum c_i (p_i - i)^2, c = 1 .. 10.
  const gradient = (p: Float32Array): Float32Array => p.map((x, i) => (1 + i) * (x - i));
  const adaptive = name === "rmsprop" || name === "muon" || name.startsWith("adam");
  const rate = (step: number): number => (adaptive ? 0.3 * 0.99 ** step : 0.05);
  const options = {
    ...atRate(name, rate),
    ...(name === "adamw" && { weightDecay: 0 }),
    ...(name.startsWith("feedback") && { horizon: 1500 }),
  };
  const params = descend(getOptimizer(name, options), new Float32Array(10), gradient, 1500);
  // The cosine of feedback ends at 2% of its step, of which the last parameter's is the shortest.
  const most = name.startsWith("feedback") ? 1e-2 : 1e-4;
  params.forEach((x, i) => {
    expect(Math.abs(x - i)).toBeLessThan(most);
  });
});

it.each([
  ["sgd", 1e-3, 60_000],
  ["momentum", 2e-4, 40_000],
  ["nesterov", 2e-4, 40_000],
  ["rmsprop", 1e-3, 20_000],
  ["adam", 1e-2, 20_000],
] as const)("%s finds the minimum of Rosenbrock's valley", (name, learningRate, steps) => {
  const gradient = ([x, y]: Float32Array): Float32Array =>
    f32(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x));
  const decayed = (t: number): number => learningRate * (name === "rmsprop" ? 1 - t / steps : 1);
  const [x, y] = descend(getOptimizer(name, { learningRate: decayed }), f32(-1.2, 1), gradient, steps);
  expect(Math.abs(x - 1)).toBeLessThan(5e-3);
  expect(Math.abs(y - 1)).toBeLessThan(1e-2);
});

it("clipNorm shortens the gradient over all parameters to the norm, and only longer ones", () => {
  const clipped = getOptimizer("sgd", { learningRate: 1, clipNorm: 1 });
  const params = new Float32Array(2);
  const long = clipped.update(f32(3, -4), clipped.init(params), params).updates;
  expect(long[0]).toBeCloseTo(-0.6, 6);
  expect(long[1]).toBeCloseTo(0.8, 6);
  const short = clipped.update(f32(0.3, -0.4), clipped.init(params), params).updates;
  expect([...short]).toEqual([...f32(-0.3, 0.4)]);
});

it.each(NAMES)("%s with a spare result takes the same steps bit for bit", (name) => {
  const optimizer = getOptimizer(name, { clipNorm: 2 });
  const run = (spared: boolean): Float32Array => {
    const rng = createRng(5);
    const params = Float32Array.from({ length: 7 }, () => rng.gauss());
    let state = optimizer.init(params);
    let spare: OptimizerStep | undefined;
    for (let t = 0; t < 20; t++) {
      const grads = Float32Array.from({ length: 7 }, () => rng.gauss());
      if (t === 11) grads[3] = Number.NaN;
      const next = optimizer.update(grads, state, params, spare);
      applyUpdates(params, next.updates);
      if (spared) spare = { updates: next.updates, state };
      state = next.state;
    }
    return params;
  };
  expect([...run(true)]).toEqual([...run(false)]);
});

it.each(NAMES)("%s changes neither the gradient, nor the parameters, nor the old state", (name) => {
  const optimizer = getOptimizer(name);
  const params = f32(1, 2, 3);
  const grads = f32(0.1, -0.2, 0.3);
  const before = optimizer.update(grads, optimizer.init(params), params).state;
  const copy = structuredClone(before);
  optimizer.update(grads, before, params);
  expect(before).toEqual(copy);
  expect([...params]).toEqual([1, 2, 3]);
  expect([...grads]).toEqual([...f32(0.1, -0.2, 0.3)]);
});

describe("getOptimizer refuses", () => {
  test("an unknown name, with the legal ones", () => {
    expect(() => getOptimizer("adamm")).toThrow(
      'optimizer is "adamm", expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, muon, feedback, feedback-orthogonal (did you mean "adam"?)',
    );
    expect(() => getOptimizer("constructor")).toThrow("expected one of");
  });
  test("an unknown option, with the legal ones", () => {
    expect(() => getOptimizer("adam", { learningrate: 1 })).toThrow(
      'optimizer adam has an unknown option "learningrate", expected learningRate, beta1, beta2, epsilon, clipNorm (did you mean "learningRate"?)',
    );
    expect(() => getOptimizer("sgd", { momentum: 0.9 })).toThrow('unknown option "momentum"');
  });
  test.each([
    ["sgd", { learningRate: -1 }, "learningRate is -1, expected a finite number >= 0"],
    ["sgd", { learningRate: Number.NaN }, "learningRate is NaN"],
    ["sgd", { clipNorm: 0 }, "clipNorm is 0, expected a finite number > 0"],
    ["momentum", { momentum: 1 }, "momentum is 1, expected 0 <= momentum < 1"],
    ["rmsprop", { decay: -0.1 }, "decay is -0.1"],
    ["adam", { beta1: 1.5 }, "beta1 is 1.5"],
    ["adam", { beta2: Number.NaN }, "beta2 is NaN"],
    ["adam", { epsilon: 0 }, "epsilon is 0"],
    ["adamw", { weightDecay: -1 }, "weightDecay is -1"],
    ["adamw", { decayRanges: [{ offset: -1, size: 2 }] }, "decayRanges[0] is {offset: -1, size: 2}"],
  ])("%s with %j", (name, options, message) => {
    expect(() => getOptimizer(name, options)).toThrow(message);
  });
});

it("update refuses vectors of other lengths, naming them", () => {
  const optimizer = getOptimizer("adam");
  const params = new Float32Array(3);
  const state = optimizer.init(params);
  expect(() => optimizer.update(new Float32Array(2), state, params)).toThrow(
    "grads has length 2, expected params.length = 3",
  );
  expect(() => optimizer.update(new Float32Array(4), state, new Float32Array(4))).toThrow(
    "state.slots[0] has length 3, expected slots of adam for 4 parameters = 4",
  );
  expect(() => getOptimizer("sgd").update(params, state, params)).toThrow("state.slots has length 2");
});

it("update refuses a spare result that is still in use", () => {
  const optimizer = getOptimizer("adam");
  const params = f32(1);
  const first = optimizer.update(f32(1), optimizer.init(params), params);
  expect(() => optimizer.update(f32(1), first.state, params, first)).toThrow(
    "spare shares an array with grads, params or state, expected the result before last",
  );
});

it("a schedule that gives NaN is refused at its step", () => {
  const optimizer = getOptimizer("sgd", { learningRate: (t: number) => (t < 1 ? 1 : Number.NaN) });
  const params = f32(1);
  const { state } = optimizer.update(f32(1), optimizer.init(params), params);
  expect(() => optimizer.update(f32(1), state, params)).toThrow("learningRate(1) is NaN");
});

it("createOptimizer makes an optimizer of one's own from a rule", () => {
  const sign = createOptimizer(
    {
      name: "sign",
      slots: 0,
      hyper: (rate) => [rate],
      apply({ grads, hyper }, { updates }) {
        for (let i = 0; i < updates.length; i++) updates[i] = -hyper[0] * Math.sign(grads[i]);
      },
    },
    { learningRate: 0.5 },
  );
  const params = f32(1, 1);
  expect([...sign.update(f32(4, -2), sign.init(params), params).updates]).toEqual([-0.5, 0.5]);
});
