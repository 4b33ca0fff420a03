import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { applyUpdates, getOptimizer, OPTIMIZERS } from "../../src/rules/index.ts";

const NAMES = Object.keys(OPTIMIZERS);
const finite = (values: Float32Array): boolean => values.every(Number.isFinite);

describe.each(NAMES)("%s", (name) => {
  it.each([Number.NaN, Infinity, -Infinity])("skips and counts a gradient with one %f", (bad) => {
    for (const options of [{}, { clipNorm: 1 }]) {
      const optimizer = getOptimizer(name, options);
      const params = Float32Array.of(1, -2, 3);
      const { state } = optimizer.update(Float32Array.of(1, 2, 3), optimizer.init(params), params);
      const step = optimizer.update(Float32Array.of(1, bad, 3), state, params);
      expect([...step.updates]).toEqual([0, 0, 0]);
      expect(step.state).toEqual({ ...state, skipped: 1 });
    }
  });

  it("goes on after a skipped step as if it had not been", () => {
    const optimizer = getOptimizer(name);
    const run = (withBad: boolean): Float32Array => {
      const rng = createRng(3);
      const params = Float32Array.from({ length: 5 }, () => rng.gauss());
      let state = optimizer.init(params);
      for (let t = 0; t < 30; t++) {
        if (withBad && t % 3 === 0)
          state = optimizer.update(new Float32Array(5).fill(Number.NaN), state, params).state;
        const next = optimizer.update(
          params.map((p) => p + 0.1 * rng.gauss()),
          state,
          params,
        );
        applyUpdates(params, next.updates);
        state = next.state;
      }
      expect(state.skipped).toBe(withBad ? 10 : 0);
      expect(state.step).toBe(30);
      return params;
    };
    expect([...run(true)]).toEqual([...run(false)]);
  });

  it("keeps everything finite through gradients of 1e30 and of float32's largest", () => {
    for (const size of [1e30, 3.4e38]) {
      const optimizer = getOptimizer(name);
      const params = Float32Array.of(1, -1, 0);
      let state = optimizer.init(params);
      for (let t = 0; t < 100; t++) {
        const step = optimizer.update(Float32Array.of(size, -size, 1), state, params);
        applyUpdates(params, step.updates);
        state = step.state;
        expect(finite(params)).toBe(true);
        expect(state.slots.every(finite)).toBe(true);
      }
      if (name === "rmsprop" || name.startsWith("adam")) {
        // The step does not depend on the gradient's scale: about the learning rate, each time.
        expect(state.skipped).toBe(0);
        expect(params[0]).toBeLessThan(1 - 0.05);
        expect(params[0]).toBeGreaterThan(0);
      }
    }
  });

  it("keeps everything finite through gradients of 1e-30 and moves parameters downhill or not at all", () => {
    const options = { adamw: { weightDecay: 0 }, muon: { beta1: 0.9, beta2: 0.999 } };
    const optimizer = getOptimizer(name, options[name as keyof typeof options] ?? {});
    const params = Float32Array.of(0, 1);
    let state = optimizer.init(params);
    for (let t = 0; t < 1000; t++) {
      const step = optimizer.update(Float32Array.of(1e-30, -1e-30), state, params);
      applyUpdates(params, step.updates);
      state = step.state;
    }
    expect(state.skipped).toBe(0);
    expect(params[0]).toBeLessThanOrEqual(0);
    // Rules that depend on the scale stand still; unit steps are held back where squares leave float32.
    expect(params[0]).toBeGreaterThan(name.startsWith("feedback") ? -1e-6 : -1e-18);
    expect(params[1]).toBe(1);
  });

  it("stays where it is through 5000 zero gradients, and moves again afterwards", () => {
    const options = { adamw: { weightDecay: 0 }, muon: { beta1: 0.9, beta2: 0.999 } };
    const optimizer = getOptimizer(name, options[name as keyof typeof options] ?? {});
    const params = Float32Array.of(0.5, 0);
    let state = optimizer.init(params);
    const take = (grads: Float32Array): void => {
      const step = optimizer.update(grads, state, params);
      applyUpdates(params, step.updates);
      state = step.state;
    };
    take(Float32Array.of(1, 1));
    for (let t = 0; t < 100; t++) take(new Float32Array(2));
    const settled = params.slice();
    for (let t = 0; t < 5000; t++) take(new Float32Array(2));
    expect(finite(params)).toBe(true);
    expect(state.skipped).toBe(0);
    // What the moments still held after 100 steps: 0.9^100 of one step of at most 0.01.
    expect(Math.abs(params[0] - settled[0])).toBeLessThan(1e-5);
    take(Float32Array.of(1, 1));
    expect(params[0]).toBeLessThan(settled[0]);
    expect(finite(params)).toBe(true);
  });

  it("takes an empty vector", () => {
    const optimizer = getOptimizer(name, { clipNorm: 1 });
    const empty = new Float32Array(0);
    const step = optimizer.update(empty, optimizer.init(empty), empty);
    expect(step.updates).toHaveLength(0);
    expect(step.state.step).toBe(1);
    expect(step.state.skipped).toBe(0);
  });

  it("takes a vector of one element", () => {
    const optimizer = getOptimizer(name);
    const params = Float32Array.of(1);
    const step = optimizer.update(Float32Array.of(1), optimizer.init(params), params);
    expect(step.updates[0]).toBeLessThan(0);
  });
});

it("an update that would overflow the parameters is skipped and counted", () => {
  const optimizer = getOptimizer("sgd", { learningRate: 100 });
  const params = Float32Array.of(1, 2);
  const step = optimizer.update(Float32Array.of(1, 1e38), optimizer.init(params), params);
  expect([...step.updates]).toEqual([0, 0]);
  expect(step.state).toEqual({ step: 0, skipped: 1, slots: [] });
});

it("clipping a gradient of float32's largest numbers gives the norm asked for", () => {
  const optimizer = getOptimizer("sgd", { learningRate: 1, clipNorm: 5 });
  const params = new Float32Array(2);
  const { updates } = optimizer.update(Float32Array.of(3e38, 3e38), optimizer.init(params), params);
  expect(Math.hypot(...updates)).toBeCloseTo(5, 5);
});
