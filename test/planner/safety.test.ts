import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import {
  brakeAlong,
  createNavigationProblem,
  createSafetyChecker,
  type Plan,
} from "../../src/planner/index.ts";
import {
  computeDistanceField,
  createGrid,
  footprintContact,
  getRobot,
  linearSpeed,
  type OccupancyGrid,
  ROBOT_NAMES,
  type Robot,
  robotBounds,
  robotSizes,
} from "../../src/sim/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { fill, room } from "./scenes.ts";

/** A random drive within the limits: X (n + 1, nx). */
function randomDrive(robot: Robot, rng: Rng, x: number, y: number, n = 30): Float64Array {
  const problem = createNavigationProblem(robot, { N: n });
  const { nx, nu } = robotSizes(robot);
  const { xLower, xUpper, boxIndex, uUpper } = robotBounds(robot);
  const U = new Float64Array(n * nu).map((_, i) => uUpper[i % nu] * (2 * rng.uniform() - 0.7));
  const X = new Float64Array((n + 1) * nx);
  X.set([x, y, 7 * (rng.uniform() - 0.5)]);
  boxIndex.forEach((i, j) => {
    X[i] = xLower[j] + (xUpper[j] - xLower[j]) * rng.uniform();
  });
  for (let k = 0; k < n; k++)
    problem.ocp.dynamics.step(
      X.subarray(k * nx),
      U.subarray(k * nu),
      k,
      X.subarray((k + 1) * nx, (k + 2) * nx),
    );
  return X;
}

/** Where a robot is after a share f of a stage from a to b with a constant twist: on an arc, of which the chord turns with it. */
function onArc(a: Float64Array, b: Float64Array, f: number): { x: number; y: number; yaw: number } {
  const turn = b[2] - a[2];
  const share = Math.abs(turn) < 1e-9 ? f : Math.sin(0.5 * f * turn) / Math.sin(0.5 * turn);
  const [c, s] = [Math.cos(0.5 * (f - 1) * turn), Math.sin(0.5 * (f - 1) * turn)];
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  return {
    x: a[0] + share * (c * dx - s * dy),
    y: a[1] + share * (s * dx + c * dy),
    yaw: a[2] + f * turn,
  };
}

/** First stage in which any of `samples` poses on each stage's arc touches, -1 for none. */
function bruteForce(robot: Robot, X: Float64Array, grid: OccupancyGrid, samples: number): number {
  const { nx } = robotSizes(robot);
  for (let k = 0; k + 1 < X.length / nx; k++) {
    const [a, b] = [X.subarray(k * nx), X.subarray((k + 1) * nx)];
    for (let i = 0; i <= samples; i++) if (footprintContact(robot, onArc(a, b, i / samples), grid)) return k;
  }
  return -1;
}

/** The robot with every side of its body at least 2 mm further in. */
function shrunk(robot: Robot): Robot {
  const { footprint } = robot;
  const middle = [0, 1].map((i) => footprint.reduce((sum, point) => sum + point[i], 0) / footprint.length);
  const within = Math.min(...footprint.map(([x, y]) => Math.hypot(x - middle[0], y - middle[1]))) / 2;
  const keep = 1 - 0.002 / within;
  return {
    ...robot,
    footprint: footprint.map(([x, y]) => [
      middle[0] + keep * (x - middle[0]),
      middle[1] + keep * (y - middle[1]),
    ]),
  };
}

describe("the safety checker", () => {
  for (const name of ROBOT_NAMES) {
    it(`misses no contact of a ${name} of more than millimetres that dense sampling finds, and invents none`, () => {
      const rng = createRng(31);
      const robot = getRobot(name);
      const inner = shrunk(robot);
      const checker = createSafetyChecker(robot);
      const { nx } = robotSizes(robot);
      let touching = 0;
      for (let trial = 0; trial < 60; trial++) {
        const grid = createGrid(80, 80, 0.05);
        for (let n = 0; n < 40; n++) grid.cells[rng.int(80 * 80)] = 100;
        const X = randomDrive(robot, rng, 1.5 + rng.uniform(), 1.5 + rng.uniform());
        if (footprintContact(robot, { x: X[0], y: X[1], yaw: X[2] }, grid)) continue;
        const field = computeDistanceField(grid, { unknown: "free" });
        const { safe, contactStage } = checker.check(X, field, grid);
        const speed = Math.max(...Array.from({ length: X.length / nx }, (_, k) => Math.abs(X[k * nx + 3])));
        const samples = Math.ceil((speed * 0.1 + 0.3) / 0.002);
        const deep = bruteForce(inner, X, grid, samples);
        if (deep >= 0) {
          touching++;
          expect(safe).toBe(false);
          expect(contactStage).toBeLessThanOrEqual(deep);
        } else if (bruteForce(robot, X, grid, samples) < 0) {
          expect(safe).toBe(true);
          expect(contactStage).toBe(-1);
        }
      }
      expect(touching).toBeGreaterThan(5);
    });
  }

  it("does not let a fast robot tunnel through a wall one cell thick between two stages", () => {
    const robot = getRobot("jackal");
    const grid = room(6, 2);
    fill(grid, 3, 0, 3.04, 2);
    const field = computeDistanceField(grid, { unknown: "free" });
    // both stages are clear of the wall, 0.9 m apart
    const X = Float64Array.of(2.6, 1, 0, 2, 0, 3.5, 1, 0, 2, 0);
    for (const [x, y] of [
      [2.6, 1],
      [3.5, 1],
    ] as const)
      expect(footprintContact(robot, { x, y, yaw: 0 }, grid)).toBe(false);
    expect(createSafetyChecker(robot).check(X, field, grid)).toEqual({ safe: false, contactStage: 0 });
    const diagonal = Float64Array.of(2.6, 1, 0, 2, 0, 2.65, 1, 0, 2, 0, 3.5, 1, 0, 2, 0);
    expect(createSafetyChecker(robot).check(diagonal, field, grid)).toEqual({ safe: false, contactStage: 1 });
  });

  it("follows the arc of a turning car, not its chord", () => {
    const robot = getRobot("f1tenth");
    // A quarter of a circle of 1 m to the left; halfway the body is 0.29 m further out than on the chord.
    const X = Float64Array.of(1, 1, 0, 1, 0.3, 2, 2, Math.PI / 2, 1, 0.3);
    const halfway = onArc(X.subarray(0, 5), X.subarray(5), 0.5);
    expect(Math.hypot(halfway.x - 1, halfway.y - 2)).toBeCloseTo(1, 9);
    const grid = createGrid(60, 60, 0.05);
    const { x, y, yaw } = halfway;
    const [fx, fy] = [
      x + 0.2 * Math.cos(yaw) + 0.15 * Math.sin(yaw),
      y + 0.2 * Math.sin(yaw) - 0.15 * Math.cos(yaw),
    ];
    grid.cells[Math.floor(fy / 0.05) * 60 + Math.floor(fx / 0.05)] = 100;
    const field = computeDistanceField(grid, { unknown: "free" });
    for (const k of [0, 5])
      expect(footprintContact(robot, { x: X[k], y: X[k + 1], yaw: X[k + 2] }, grid)).toBe(false);
    expect(createSafetyChecker(robot).check(X, field, grid).safe).toBe(false);
    const chord = Float64Array.of(1, 1, 0, 1, 0.3, 1.5, 1.5, Math.PI / 4, 1, 0.3);
    expect(footprintContact(robot, { x: chord[5], y: chord[6], yaw: chord[7] }, grid)).toBe(false);
  });

  it("sees a corner swung into a cell by turning on the spot", () => {
    const robot = getRobot("jackal");
    const grid = createGrid(40, 40, 0.05);
    grid.cells[Math.floor(1 / 0.05) * 40 + Math.floor(1.31 / 0.05)] = 100; // within the corner's circle, ahead of the front
    const field = computeDistanceField(grid, { unknown: "free" });
    const turning = Float64Array.of(1, 1, 0, 0, 2, 1, 1, Math.PI / 2, 0, 2);
    expect(footprintContact(robot, { x: 1, y: 1, yaw: 0 }, grid)).toBe(false);
    expect(footprintContact(robot, { x: 1, y: 1, yaw: Math.PI / 2 }, grid)).toBe(false);
    expect(createSafetyChecker(robot).check(turning, field, grid).safe).toBe(false);
  });

  it("takes unknown space as free, and occupied from 65", () => {
    const robot = getRobot("jackal");
    const X = Float64Array.of(1, 1, 0, 1, 0, 1.5, 1, 0, 1, 0);
    for (const [value, safe] of [
      [-1, true],
      [64, true],
      [65, false],
    ] as const) {
      const grid = room(4, 2);
      fill(grid, 1.5, 0.9, 1.6, 1.1, value);
      expect(
        createSafetyChecker(robot).check(X, computeDistanceField(grid, { unknown: "free" }), grid).safe,
      ).toBe(safe);
    }
  });

  it("lets a robot that starts in contact move out of it, and no further in", () => {
    const robot = getRobot("jackal");
    const grid = room(4, 2);
    const field = computeDistanceField(grid, { unknown: "free" });
    const start = 0.05 + 0.254 - 0.03; // three centimetres into the wall behind
    const line = (to: number): Float64Array =>
      Float64Array.from({ length: 55 }, (_, i) =>
        i % 5 === 0 ? start + (Math.floor(i / 5) / 10) * (to - start) : i % 5 === 1 ? 1 : 0,
      );
    expect(createSafetyChecker(robot).check(line(start + 0.5), field, grid).safe).toBe(true);
    expect(createSafetyChecker(robot).check(line(start - 0.5), field, grid).safe).toBe(false);
  });

  it("says unsafe for a plan of NaN", () => {
    const grid = room(4, 2);
    const X = new Float64Array(10).fill(Number.NaN);
    expect(createSafetyChecker(getRobot("jackal")).check(X, computeDistanceField(grid), grid).safe).toBe(
      false,
    );
  });
});

/** Distance of a point from the polyline through the positions of X (n, nx). */
function distanceToTrack(X: Float64Array, nx: number, px: number, py: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k + 1 < X.length / nx; k++) {
    const [ax, ay] = [X[k * nx], X[k * nx + 1]];
    const [dx, dy] = [X[(k + 1) * nx] - ax, X[(k + 1) * nx + 1] - ay];
    const along = (dx * (px - ax) + dy * (py - ay)) / Math.max(dx * dx + dy * dy, 1e-12);
    const t = Math.min(1, Math.max(0, along));
    best = Math.min(best, Math.hypot(px - ax - t * dx, py - ay - t * dy));
  }
  return best;
}

describe("braking along a plan", () => {
  for (const name of ROBOT_NAMES) {
    it(`stops a ${name} within its limits and on the plan's track`, () => {
      const robot = getRobot(name);
      const problem = createNavigationProblem(robot);
      const { nx, nu } = robotSizes(robot);
      const { ocp, options } = problem;
      const { lookahead } = options;
      const bounds = robotBounds(robot);
      // a curved plan at speed in the open
      const open = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
      problem.set({ x: 0.9 * lookahead, y: 0.4 * lookahead }, computeDistanceField(open), false);
      const x0 = new Float64Array(nx);
      x0[3] = 0.8 * bounds.xUpper[0];
      const { X, U, K } = solveSqp(ocp, x0, undefined, { tol: 1e-4 });
      const plan: Plan = { time: 0, dt: options.dt, X, U, K };
      const from = X.slice(5 * nx, 6 * nx);
      const brake = brakeAlong(problem, plan, from, 0.5);
      const at = (k: number): Float64Array => brake.X.slice(k * nx, (k + 1) * nx);
      expect(brake.time).toBe(0.5);
      brake.U.forEach((u, i) => {
        expect(u).toBeGreaterThanOrEqual(ocp.uLower[i % nu]);
        expect(u).toBeLessThanOrEqual(ocp.uUpper[i % nu]);
      });
      for (let k = 0; k <= ocp.N; k++) {
        bounds.boxIndex.forEach((i, j) => {
          expect(at(k)[i]).toBeGreaterThanOrEqual(bounds.xLower[j] * 1.001 - 1e-9);
          expect(at(k)[i]).toBeLessThanOrEqual(bounds.xUpper[j] * 1.001 + 1e-9);
        });
        expect(distanceToTrack(X, nx, at(k)[0], at(k)[1])).toBeLessThan(0.05);
      }
      const speed = linearSpeed(robot, from);
      expect(Math.abs(linearSpeed(robot, at(ocp.N)))).toBeLessThan(1e-9);
      const stopped = Array.from({ length: ocp.N + 1 }, (_, k) => k).find(
        (k) => Math.abs(linearSpeed(robot, at(k))) < 1e-9,
      );
      expect(stopped! * options.dt).toBeLessThan(speed / bounds.uUpper[0] + 2.1 * options.dt);
    });
  }

  it("stops without a plan, too, and stays where it already stands", () => {
    for (const name of ROBOT_NAMES) {
      const robot = getRobot(name);
      const problem = createNavigationProblem(robot);
      const { nx } = robotSizes(robot);
      const x = new Float64Array(nx);
      x.set([1, 2, 0.5]);
      const still = brakeAlong(problem, undefined, x, 3);
      expect([...still.X.slice(-nx)]).toEqual([...x]);
      expect([...still.U].every((u) => u === 0)).toBe(true);
      x[3] = -0.2;
      const backwards = brakeAlong(problem, undefined, x, 3);
      expect(Math.abs(backwards.X[backwards.X.length - nx + 3])).toBeLessThan(1e-9);
    }
  });
});
