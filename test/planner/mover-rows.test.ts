import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { checkDerivatives, type StateRows } from "../../src/ocp/index.ts";
import {
  createNavigationProblem,
  type NavigationProblem,
  poseScene,
  sceneField,
} from "../../src/planner/index.ts";
import { isClearOfMovers, moverContact } from "../../src/planner/mover-check.ts";
import { MOST_MOVERS, predictMovers } from "../../src/planner/mover-rows.ts";
import { pursuit } from "../../src/planner/path-start.ts";
import {
  cellIndexAt,
  footprintDiscs,
  getRobot,
  type Mover,
  ROBOT_NAMES,
  robotSizes,
} from "../../src/sim/index.ts";
import { createSqpWorkspace, solveSqp } from "../../src/sqp/index.ts";
import { moverAhead, moverSpread, type SeenMover } from "../../src/track/index.ts";
import { along, room, sceneAt } from "./scenes.ts";

const jackal = getRobot("jackal");
const grid = room(10, 10);
const path = along([
  [2, 5],
  [8, 5],
]);
const mover = (change: Partial<Mover> = {}): Mover => ({
  id: 1,
  x: 4,
  y: 6,
  vx: 0.3,
  vy: -0.8,
  radius: 0.3,
  ...change,
});
const sceneWith = (movers: readonly Mover[]) =>
  sceneAt(jackal, grid, { x: 2, y: 5, yaw: 0 }, path, { movers });

/** The rows of movers of a problem that has some near. */
const rowsOf = ({ ocp }: NavigationProblem): StateRows => (ocp.rows as readonly StateRows[])[1];

describe("rows of movers", () => {
  for (const name of ROBOT_NAMES) {
    it(`of a ${name} have the derivatives they claim`, () => {
      const robot = getRobot(name);
      for (const profile of ["plain", "cautious"] as const) {
        const problem = createNavigationProblem(robot, { profile });
        const x0 = Float64Array.from({ length: robotSizes(robot).nx }, (_, i) => (i < 2 ? 5 : 0.2));
        const movers = [mover({ x: 4.3, y: 5.6 }), mover({ x: 5.9, y: 4.5 }), mover({ x: 5, y: 4.1, vx: 0 })];
        const near = predictMovers(robot, problem.options, x0, movers);
        expect(near.tracks.length).toBe(3);
        problem.set({ x: 6, y: 4 }, sceneField(grid), false, undefined, undefined, 0, near);
        const rows = rowsOf(problem);
        const only = { ...problem.ocp, rows };
        expect(checkDerivatives(only, x0, createRng(4), { spread: 0.4 })).toEqual({ ok: true, worst: [] });
      }
    });
  }

  it("are the distance from the discs to where the mover will be, less its radius, its spread and the margin", () => {
    const problem = createNavigationProblem(getRobot("turtlebot4"));
    const { robot, options } = problem;
    const x = Float64Array.of(5, 5, 0.4, 0.1, 0);
    const near = predictMovers(robot, options, x, [mover({ y: 5.5 })]);
    problem.set({ x: 6, y: 4 }, sceneField(grid), false, undefined, undefined, 0, near);
    const rows = rowsOf(problem);
    const out = new Float64Array(MOST_MOVERS);
    for (const k of [1, 10, 30]) {
      rows.value(x, k, out);
      const there = moverAhead(mover({ y: 5.5 }), 0.1 * k);
      const [disc] = footprintDiscs(robot);
      const apart = Math.hypot(there.x - 5, there.y - 5);
      const keep = disc.r + 0.3 + moverSpread(mover(), 0.1 * k) + options.margin;
      expect(out[0]).toBeCloseTo(apart - keep, 9);
      expect(Math.min(...out.slice(1))).toBe(1);
    }
  });

  it("are there only where somebody can be met within the horizon; else the problem is the one without movers", () => {
    const problem = createNavigationProblem(jackal);
    poseScene(problem, sceneWith([]));
    const alone = problem.ocp;
    poseScene(problem, sceneWith([mover({ x: 30, vx: 2 })]));
    expect(problem.ocp).toBe(alone);
    poseScene(problem, sceneWith([mover()]));
    expect(problem.ocp).not.toBe(alone);
    poseScene(problem, sceneAt(jackal, grid, { x: 2, y: 5, yaw: 0 }, path));
    expect(problem.ocp).toBe(alone);
  });

  it("are those of the movers that can be met soonest where there are too many", () => {
    const { options, robot } = createNavigationProblem(jackal);
    const x = sceneWith([]).x;
    const movers = Array.from({ length: 12 }, (_, id) =>
      mover({ id, x: 3 + 0.3 * (11 - id), y: 5, vx: 0, vy: 0 }),
    );
    const { tracks } = predictMovers(robot, options, x, movers);
    expect(tracks.map((track) => track[0])).toEqual(
      movers
        .map((m) => m.x)
        .sort((a, b) => a - b)
        .slice(0, MOST_MOVERS),
    );
  });

  it("scale with the world: twice as large, twice as far", () => {
    const track = (scale: number) => {
      const options = createNavigationProblem(jackal, { margin: 0.05 * scale, lookahead: scale }).options;
      const scaled = { ...mover(), x: 4 * scale, y: 6 * scale, vx: 0.3 * scale, vy: -0.8 * scale };
      return predictMovers(jackal, options, Float64Array.of(2 * scale, 5 * scale, 0, 0, 0), [
        { ...scaled, radius: 0.3 * scale },
      ]).tracks[0];
    };
    const [one, two] = [track(1), track(2)];
    for (const [i, value] of one.entries()) expect(two[i]).toBeCloseTo(2 * value, 9);
  });

  it("lead a plan past somebody who crosses, whom a plan around where he stands now would meet", () => {
    const problem = createNavigationProblem(jackal);
    const crossing = mover({ x: 4.4, y: 7, vx: 0, vy: -1.1 });
    const solveFor = (movers: readonly Mover[]) => {
      const scene = sceneWith(movers);
      poseScene(problem, scene);
      const { U } = pursuit(problem, scene.x, scene.path);
      return solveSqp(problem.ocp, scene.x, { U }, { hessian: "full" }, createSqpWorkspace(problem.ocp)).X;
    };
    const { dt } = problem.options;
    expect(moverContact(jackal, solveFor([{ ...crossing, vy: 0 }]), dt, [crossing])).toBeGreaterThan(0);
    expect(moverContact(jackal, solveFor([crossing]), dt, [crossing])).toBe(-1);
  });
});

describe("the spread of a mover", () => {
  it("grows with the time and its speed, and with what is known of both, up to half its radius", () => {
    const m = mover({ vx: 1, vy: 0 });
    expect(moverSpread(m, 0)).toBe(0);
    expect(moverSpread(m, 0.5)).toBeCloseTo(0.5 * moverSpread(m, 1), 9);
    expect(moverSpread({ ...m, vx: 0.5 }, 0.8)).toBeCloseTo(0.5 * moverSpread(m, 0.8), 9);
    const seen = { ...m, deviation: { place: 0.03, speed: 0.2 } };
    expect(moverSpread(seen, 0.2)).toBeCloseTo(Math.hypot(0.03, 0.04), 9);
    expect(moverSpread(moverAhead(seen, 0.1), 0.1)).toBeGreaterThan(moverSpread(seen, 0.1));
    expect(moverSpread(m, 100)).toBe(0.15);
    expect(moverSpread({ ...m, vx: 0 }, 100)).toBe(0);
  });
});

describe("the check of movers", () => {
  const problem = createNavigationProblem(jackal);
  const { nx } = robotSizes(jackal);
  /** A drive east from (2, 5) at a constant speed. */
  const driveAt = (v: number) =>
    Float64Array.from({ length: 31 * nx }, (_, i) => [2 + 0.1 * v * Math.floor(i / nx), 5, 0, v, 0][i % nx]);
  const planOf = (X: Float64Array) => ({
    time: 0,
    dt: 0.1,
    X,
    U: new Float64Array(60),
    K: new Float64Array(300),
  });

  const isClear = (X: Float64Array, movers?: readonly SeenMover[], on = grid) =>
    isClearOfMovers(problem, planOf(X), { movers, grid: on });

  it("finds the stage in which both are in the same place, and only then", () => {
    // Bodies meet where the mover's front is at the robot's: 2 + t + 0.26 + 0.3 = 6 - t.
    const against = mover({ x: 6, y: 5, vx: -1, vy: 0 });
    const stage = moverContact(jackal, driveAt(1), 0.1, [against]);
    expect(stage).toBeGreaterThanOrEqual(16);
    expect(stage).toBeLessThanOrEqual(17);
    expect(moverContact(jackal, driveAt(1), 0.1, [mover({ x: 6, y: 7, vx: -1, vy: 0 })])).toBe(-1);
    // In front of the robot, and as fast as it.
    expect(moverContact(jackal, driveAt(1), 0.1, [mover({ x: 3, y: 5, vx: 1, vy: 0 })])).toBe(-1);
  });

  it("does not let a robot that stands be run into, nor one that is touched already go away", () => {
    const against = mover({ x: 6, y: 5, vx: -1, vy: 0 });
    expect(moverContact(jackal, driveAt(0), 0.1, [against])).toBe(-1);
    expect(moverContact(jackal, driveAt(1), 0.1, [mover({ x: 1.6, y: 5, vx: 0, vy: 0 })])).toBe(-1);
  });

  it("misses no meeting of fast ones between two stages", () => {
    const bullet = mover({ x: 2.5, y: 15, vx: 0, vy: -20, radius: 0.1 });
    expect(moverContact(jackal, driveAt(1), 0.1, [bullet])).toBe(4);
  });

  it("lets a plan be begun that can still be stopped in time, and no other", () => {
    const X = driveAt(1.5);
    const still = (x: number) => mover({ x, y: 5, vx: 0, vy: 0 });
    expect(isClear(X)).toBe(true);
    expect(isClear(X, [still(5)])).toBe(true);
    expect(isClear(X, [still(2.9)])).toBe(false);
    // Braking would end in front of a wheel, driving on would not.
    expect(isClear(X, [mover({ x: 1, y: 7.2, vx: 0, vy: -1.5 })])).toBe(true);
  });

  it("lets a slow robot stop nearer to somebody than a fast one, who may turn meanwhile, and nearer where he is known", () => {
    /** In front of where a robot comes to stand that drives at v for a stage and then brakes. */
    const stops = (v: number, gap: number, speed = 0): boolean => {
      const x = 2 + 0.1 * v + v ** 2 / 4 + 0.254 + 0.3 + gap;
      const seen: SeenMover = { ...mover({ x, y: 5, vx: 0, vy: 0 }), deviation: { place: 0.01, speed } };
      return isClear(driveAt(v), [seen]);
    };
    expect([0.3, 1, 2].map((v) => stops(v, 0.15))).toEqual([true, false, false]);
    expect([0.3, 1, 2].map((v) => stops(v, 0.5))).toEqual([true, true, false]);
    expect(stops(1, 0.5, 1.5)).toBe(false);
  });

  it("does not let rounding decide about somebody abreast as fast as the robot, on any scale and at any place", () => {
    // In stage 5 what he may stray, 0.75 t^2, comes to be more than the gap beside him.
    const abreast = (east: number, yaw: number, change: number, gap = 0.25): number => {
      const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
      const X = Float64Array.from({ length: 31 * nx }, (_, i) => {
        const way = 0.1 * Math.floor(i / nx);
        return [east + c * way, s * way, yaw, 1, 0][i % nx];
      });
      const side = 0.216 + 0.3 + gap;
      return moverContact(jackal, X, 0.1, [mover({ x: east - s * side, y: c * side, vx: c, vy: s })], change);
    };
    for (const east of [0, 3, 1e3, 5e6]) {
      for (let yaw = -3; yaw <= 3; yaw += 0.37) {
        expect(abreast(east, yaw, 1.5)).toBe(5);
        expect(abreast(east, yaw, 0)).toBe(-1);
        // One that touches him may go on beside him.
        expect(abreast(east, yaw, 1.5, -0.01)).toBe(-1);
      }
    }
  });

  /** A drive that sets out along x, forward or backward, by 2 m/s^2. */
  const setOut = (direction: 1 | -1) =>
    Float64Array.from({ length: 31 * nx }, (_, i) => {
      const k = Math.floor(i / nx);
      return [2 + 0.01 * direction * k * k, 5, 0, 0.2 * direction * k, 0][i % nx];
    });
  /** The room with a cell occupied: somebody has stood there for long. */
  const stoodAt = (x: number, y: number) => {
    const cells = grid.cells.slice();
    cells[cellIndexAt(grid, x, y)] = 100;
    return { ...grid, cells };
  };

  it("lets a robot go away from somebody who stands next to it, but not set out towards him", () => {
    const [x, y] = [2.26 + 0.3 + 0.02, 5];
    const inFront = [mover({ x, y, vx: 0, vy: 0 })];
    expect(isClear(setOut(1), inFront, stoodAt(x, y))).toBe(false);
    expect(isClear(setOut(-1), inFront, stoodAt(x, y))).toBe(true);
  });

  it("has a robot stand while somebody next to it may still come nearer than it can stop", () => {
    /** Beside the rear wheel of one that sets out: it parts from him. */
    const beside = (gap: number) => mover({ x: 1.72, y: 5 + 0.215 + 0.3 + gap, vx: 0, vy: 0 });
    const { x, y } = beside(0.02);
    expect(isClear(setOut(1), [beside(0.02)])).toBe(false);
    expect(isClear(setOut(1), [beside(0.02)], stoodAt(x, y))).toBe(true);
    expect(isClear(setOut(1), [beside(0.2)])).toBe(true);
    // Half through the robot, as those on rails go, from its left to its right.
    const through = mover({ x: 1.7, y: 5.1, vx: 0, vy: -0.9 });
    expect(isClear(setOut(1), [through])).toBe(false);
    expect(isClear(driveAt(0), [through])).toBe(true);
  });

  it("has a robot wait for somebody who slides away through its side, and set out once he is off it", () => {
    const leaving = (gap: number) => mover({ x: 2, y: 5 - 0.216 - 0.3 - gap, vx: 0, vy: -1 });
    for (const direction of [1, -1] as const) {
      expect(isClear(setOut(direction), [leaving(-0.06)])).toBe(false);
      expect(isClear(setOut(direction), [leaving(0.05)])).toBe(true);
    }
  });
});
