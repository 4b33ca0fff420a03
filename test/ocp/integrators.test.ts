import { describe, expect, it } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import {
  type ContinuousDynamics,
  discretize,
  INTEGRATION_METHODS,
  type IntegrationMethod,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";
import { relativeError } from "./fixtures.ts";

type Vec = Float64Array;

/** Bicycle-like model with strong couplings: x = (px, py, yaw, v), u = (a, curvature). */
const car: ContinuousDynamics = {
  nx: 4,
  nu: 2,
  derivative(x, u, out) {
    out[0] = x[3] * Math.cos(x[2]);
    out[1] = x[3] * Math.sin(x[2]);
    out[2] = x[3] * u[1];
    out[3] = u[0] - 0.1 * x[3] * x[3];
  },
  jacobian(x, u, Fx, Fu) {
    const [c, s] = [Math.cos(x[2]), Math.sin(x[2])];
    Fx.set([0, 0, -x[3] * s, c, 0, 0, x[3] * c, s, 0, 0, 0, u[1], 0, 0, 0, -0.2 * x[3]]);
    Fu.set([0, 0, 0, 0, 0, x[3], 1, 0]);
  },
};

/** Oscillator with closed-form solution: x'' = -x + u. */
const oscillator: ContinuousDynamics = {
  nx: 2,
  nu: 1,
  derivative(x, u, out) {
    out[0] = x[1];
    out[1] = u[0] - x[0];
  },
};

/** Error after one second against the closed form, with n steps. */
function oscillatorError(method: IntegrationMethod, n: number): number {
  const { step } = discretize(oscillator, 1 / n, method);
  const x = Float64Array.of(1, 0.5);
  const u = Float64Array.of(0.3);
  for (let k = 0; k < n; k++) step(x, u, k, x);
  const [c, s] = [Math.cos(1), Math.sin(1)];
  return Math.hypot(x[0] - (0.3 + 0.7 * c + 0.5 * s), x[1] - (0.5 * c - 0.7 * s));
}

describe("discretize", () => {
  it.each([
    ["euler", 1],
    ["midpoint", 2],
    ["rk4", 4],
  ] as const)("%s converges with order %i to the closed form", (method, order) => {
    const measured = Math.log2(oscillatorError(method, 40) / oscillatorError(method, 80));
    expect(Math.abs(measured - order)).toBeLessThan(0.1);
  });

  it("Euler and midpoint are their textbook formulas", () => {
    const x = Float64Array.of(1, 2);
    const u = Float64Array.of(0.5);
    const out = new Float64Array(2);
    discretize(oscillator, 0.1, "euler").step(x, u, 0, out);
    expect([...out]).toEqual([1 + 0.1 * 2, 2 + 0.1 * (0.5 - 1)]);
    discretize(oscillator, 0.1, "midpoint").step(x, u, 0, out);
    expect(out[0]).toBeCloseTo(1 + 0.1 * (2 + 0.05 * (0.5 - 1)), 15);
    expect(out[1]).toBeCloseTo(2 + 0.1 * (0.5 - (1 + 0.05 * 2)), 15);
  });

  it.each(INTEGRATION_METHODS)("the Jacobian of %s equals finite differences of its step", (method) => {
    const dynamics = discretize(car, 0.2, method);
    const { jacobian: _, ...stepOnly } = dynamics;
    const reference = withFiniteDifferences({
      N: 1,
      dynamics: stepOnly,
      stageCost: () => 0,
      terminalCost: () => 0,
    }).dynamics;
    const rng = createRng(4);
    const nan = (size: number): Vec => new Float64Array(size).fill(Number.NaN);
    for (let trial = 0; trial < 20; trial++) {
      const x = Float64Array.from({ length: 4 }, () => 2 * rng.gauss());
      const u = Float64Array.from({ length: 2 }, () => rng.gauss());
      const [A, B, A2, B2] = [nan(16), nan(8), nan(16), nan(8)];
      dynamics.jacobian!(x, u, 0, A, B);
      reference.jacobian(x, u, 0, A2, B2);
      expect(relativeError(A, A2)).toBeLessThan(1e-8);
      expect(relativeError(B, B2)).toBeLessThan(1e-8);
    }
  });

  it.each(INTEGRATION_METHODS)(
    "%s may write its result over the state, and forgets the last call",
    (method) => {
      const { step } = discretize(car, 0.1, method);
      const x = Float64Array.of(1, 2, 0.3, 4);
      const u = Float64Array.of(0.5, 0.2);
      const out = new Float64Array(4);
      step(x, u, 0, out);
      step(Float64Array.of(Number.NaN, Infinity, 0, 0), u, 0, new Float64Array(4));
      const inPlace = x.slice();
      step(inPlace, u, 0, inPlace);
      expect(inPlace).toEqual(out);
    },
  );

  it("has no Jacobian where the continuous dynamics have none, and keeps the this of a class", () => {
    expect(discretize(oscillator, 0.1).jacobian).toBeUndefined();
    class Decay {
      readonly nx = 1;
      readonly nu = 1;
      readonly rate = 2;
      derivative(x: Vec, u: Vec, out: Vec): void {
        out[0] = u[0] - this.rate * x[0];
      }
      jacobian(_x: Vec, _u: Vec, Fx: Vec, Fu: Vec): void {
        Fx[0] = -this.rate;
        Fu[0] = 1;
      }
    }
    const A = new Float64Array(1);
    discretize(new Decay(), 0.1, "euler").jacobian!(A, A, 0, A, new Float64Array(1));
    expect(A[0]).toBeCloseTo(0.8, 15);
  });

  it("refuses a step that is no time and a method that does not exist", () => {
    for (const dt of [0, -0.1, Number.NaN, Infinity]) {
      expect(() => discretize(car, dt)).toThrow(
        new ConfigError(`dt is ${dt}, expected a positive number of seconds`),
      );
    }
    expect(() => discretize(car, 0.1, "rk5" as IntegrationMethod)).toThrow(
      new ConfigError('integration method is "rk5", expected one of euler, midpoint, rk4'),
    );
  });
});
