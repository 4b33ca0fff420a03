import { describe, expect, test } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import {
  brakeControl,
  getRobot,
  initialState,
  isStopped,
  linearSpeed,
  poseOf,
  type Robot,
  robotBounds,
  robotDerivative,
  robotDynamics,
  robotSizes,
} from "../../src/sim/index.ts";

const MODELS: readonly (readonly [string, Robot])[] = [
  ["differential", getRobot("jackal")],
  ["bicycle", getRobot("f1tenth")],
  ["omni", getRobot("omni")],
];
const DT = 0.1;
const SEED = 11;

/** A state and a control spread over the legal range. */
function sample(robot: Robot, rng: ReturnType<typeof createRng>): { x: Float64Array; u: Float64Array } {
  const { nx, nu } = robotSizes(robot);
  const { uLower, uUpper, boxIndex, xLower, xUpper } = robotBounds(robot);
  const between = (low: number, high: number): number => low + (high - low) * rng.uniform();
  const x = Float64Array.from({ length: nx }, () => between(-4, 4));
  boxIndex.forEach((i, n) => {
    x[i] = between(xLower[n], xUpper[n]);
  });
  return { x, u: Float64Array.from({ length: nu }, (_, i) => between(uLower[i], uUpper[i])) };
}

describe.each(MODELS)("%s", (_, robot) => {
  const { nx, nu } = robotSizes(robot);
  const nz = nx + nu;
  const f = robotDynamics(robot, DT);

  test("the step is the midpoint rule on the derivative", () => {
    const rng = createRng(SEED);
    for (let n = 0; n < 20; n++) {
      const { x, u } = sample(robot, rng);
      const k1 = new Float64Array(nx);
      const k2 = new Float64Array(nx);
      robotDerivative(robot, x, u, k1);
      robotDerivative(
        robot,
        x.map((v, i) => v + (DT / 2) * k1[i]),
        u,
        k2,
      );
      const out = new Float64Array(nx);
      f.step(x, u, 0, out);
      for (let i = 0; i < nx; i++) expect(out[i]).toBeCloseTo(x[i] + DT * k2[i], 13);
    }
  });

  test("the Jacobian equals central differences of the step", () => {
    const rng = createRng(SEED + 1);
    const A = new Float64Array(nx * nx).fill(7);
    const B = new Float64Array(nx * nu).fill(7);
    const h = 1e-6;
    for (let n = 0; n < 20; n++) {
      const { x, u } = sample(robot, rng);
      f.jacobian(x, u, 0, A, B);
      for (let j = 0; j < nz; j++) {
        const at = (d: number): Float64Array => {
          const xs = x.slice();
          const us = u.slice();
          if (j < nx) xs[j] += d;
          else us[j - nx] += d;
          const out = new Float64Array(nx);
          f.step(xs, us, 0, out);
          return out;
        };
        const high = at(h);
        const low = at(-h);
        for (let i = 0; i < nx; i++) {
          const exact = j < nx ? A[i * nx + j] : B[i * nu + j - nx];
          // truncation h^2 plus rounding eps/h: about 1e-9
          expect(Math.abs(exact - (high[i] - low[i]) / (2 * h))).toBeLessThan(1e-8);
        }
      }
    }
  });

  test("the Hessian contraction equals central differences of p' Jacobian, and is added", () => {
    const rng = createRng(SEED + 2);
    const h = 1e-6;
    const A = new Float64Array(nx * nx);
    const B = new Float64Array(nx * nu);
    for (let n = 0; n < 20; n++) {
      const { x, u } = sample(robot, rng);
      const p = Float64Array.from({ length: nx }, () => rng.gauss());
      const H = new Float64Array(nz * nz).fill(3);
      f.hessian!(x, u, 0, p, H);
      for (let j = 0; j < nz; j++) {
        const gradient = (d: number): Float64Array => {
          const xs = x.slice();
          const us = u.slice();
          if (j < nx) xs[j] += d;
          else us[j - nx] += d;
          f.jacobian(xs, us, 0, A, B);
          const g = new Float64Array(nz);
          for (let i = 0; i < nx; i++) {
            for (let l = 0; l < nx; l++) g[l] += p[i] * A[i * nx + l];
            for (let l = 0; l < nu; l++) g[nx + l] += p[i] * B[i * nu + l];
          }
          return g;
        };
        const high = gradient(h);
        const low = gradient(-h);
        for (let l = 0; l < nz; l++) {
          expect(Math.abs(H[l * nz + j] - 3 - (high[l] - low[l]) / (2 * h))).toBeLessThan(1e-8);
          expect(H[l * nz + j]).toBe(H[j * nz + l]);
        }
      }
    }
  });

  test("the sparsity names exactly the entries that are always zero or one", () => {
    const rng = createRng(SEED + 3);
    const { A, B } = f.sparsity!;
    const seen = Array.from({ length: nx * (nx + nu) }, () => new Set<number>());
    for (let n = 0; n < 5; n++) {
      const { x, u } = sample(robot, rng);
      const J = [new Float64Array(nx * nx), new Float64Array(nx * nu)];
      f.jacobian(x, u, 0, J[0], J[1]);
      [...J[0], ...J[1]].forEach((value, i) => {
        seen[i].add(value);
      });
    }
    const kinds = seen.map((values) => {
      const [value] = values;
      return values.size === 1 && (value === 0 || value === 1) ? String(value) : "*";
    });
    expect(kinds.join("")).toBe([...A, ...B].join(""));
  });

  test("braking brings every speed to rest without overshoot, within the limits", () => {
    const { x } = sample(robot, createRng(SEED + 4));
    const { uLower, uUpper, boxIndex } = robotBounds(robot);
    const speeds = robot.model === "bicycle" ? [3] : boxIndex;
    const signs = speeds.map((i) => Math.sign(x[i]));
    const u = new Float64Array(nu);
    for (let k = 0; k < 40; k++) {
      brakeControl(robot, x, DT, u);
      for (let i = 0; i < nu; i++) {
        expect(u[i]).toBeGreaterThanOrEqual(uLower[i]);
        expect(u[i]).toBeLessThanOrEqual(uUpper[i]);
      }
      f.step(x, u, k, x);
      speeds.forEach((i, n) => {
        expect(x[i] * signs[n]).toBeGreaterThanOrEqual(-1e-15);
      });
    }
    expect(isStopped(robot, x, 1e-12, 1e-12)).toBe(true);
  });

  test("a step that is not a positive time is refused", () => {
    for (const dt of [0, -0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => robotDynamics(robot, dt)).toThrow(ConfigError);
    }
  });
});

test("a bicycle at constant steering drives a circle of radius wheelbase / tan(delta) about its rear axle", () => {
  const robot = getRobot("f1tenth");
  if (robot.model !== "bicycle") throw new Error("not a bicycle");
  const f = robotDynamics(robot, 0.001);
  const x = Float64Array.of(0, 0, 0, 1, 0.3);
  const u = new Float64Array(2);
  const radius = robot.wheelbase / Math.tan(0.3);
  for (let k = 0; k < 3000; k++) f.step(x, u, k, x);
  expect(Math.hypot(x[0], x[1] - radius)).toBeCloseTo(radius, 6);
  expect(x[2]).toBeCloseTo(3 / radius, 9);
});

test("omni speed is the norm of the body velocity, the others' is signed", () => {
  expect(linearSpeed(getRobot("omni"), Float64Array.of(0, 0, 0, -0.3, 0.4, 0))).toBeCloseTo(0.5, 15);
  expect(linearSpeed(getRobot("jackal"), Float64Array.of(0, 0, 0, -0.3, 0.4))).toBe(-0.3);
});

test("a robot that turns on the spot is not stopped", () => {
  expect(isStopped(getRobot("jackal"), Float64Array.of(0, 0, 0, 0, 0.5))).toBe(false);
  expect(isStopped(getRobot("omni"), Float64Array.of(0, 0, 0, 0, 0, 0.5))).toBe(false);
  expect(isStopped(getRobot("jackal"), Float64Array.of(5, 5, 5, 0.01, 0.01))).toBe(true);
});

test("a pose goes into a state at rest and comes back wrapped", () => {
  const x = initialState(getRobot("omni"), { x: 1, y: -2, yaw: 4 });
  expect(Array.from(x)).toEqual([1, -2, 4, 0, 0, 0]);
  expect(poseOf(x)).toEqual({ x: 1, y: -2, yaw: 4 - 2 * Math.PI });
  expect(() => initialState(getRobot("omni"), { x: 1, y: Number.NaN, yaw: 4 })).toThrow(/y: NaN/);
});
