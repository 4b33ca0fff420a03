import { describe, expect, it } from "vitest";
import { blocks, createTrajectory, rollout } from "../../src/ocp/index.ts";
import {
  createNavigationProblem,
  createTrajectoryPlanner,
  getWarmStart,
  type NavigationOptions,
  type NavigationProblem,
  type Plan,
  pursue,
  shiftPlan,
  shiftStart,
  straightStart,
  WARM_START_NAMES,
  WARM_STARTS,
  type WarmStart,
} from "../../src/planner/index.ts";
import { computeDistanceField, getRobot, ROBOT_NAMES, robotBounds } from "../../src/sim/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

const jackal = getRobot("jackal");

/** A problem in a straight corridor along x, 2 m wide, with a converged plan from rest. */
function corridor(
  name = "jackal",
  options: Partial<NavigationOptions> = {},
): { problem: NavigationProblem; plan: Plan; grid: ReturnType<typeof room>; path: Float64Array } {
  const robot = getRobot(name);
  const problem = createNavigationProblem(robot, options);
  const grid = room(12, 2);
  const path = along([
    [1.5, 1],
    [1.5 + problem.options.lookahead, 1],
  ]);
  const scene = sceneAt(robot, grid, { x: 1.5, y: 1, yaw: 0 }, path);
  problem.set(scene.goal, computeDistanceField(grid), false);
  const { X, U, K } = solveSqp(problem.ocp, scene.x, undefined, { tol: 1e-6 });
  return { problem, grid, path, plan: { time: 0, dt: problem.options.dt, X, U, K } };
}

/** States of controls from x0. */
function statesOf(problem: NavigationProblem, x0: Float64Array, U: Float64Array): Float64Array[] {
  const t = createTrajectory(problem.ocp);
  t.U.set(U);
  rollout(problem.ocp, x0, t);
  return blocks(t.X, problem.ocp.dynamics.nx);
}

describe("the shifted plan", () => {
  it("is the last plan one stage later: its states, controls and gains, followed by coasting", () => {
    const { problem, plan } = corridor();
    const { nx, nu } = problem.ocp.dynamics;
    const shifted = shiftPlan(problem, plan, plan.dt);
    expect([...shifted.X.slice(0, -nx)]).toEqual([...plan.X.slice(nx)]);
    expect([...shifted.U.slice(0, -nu)]).toEqual([...plan.U.slice(nu)]);
    expect([...shifted.U.slice(-nu)]).toEqual(new Array(nu).fill(0));
    expect([...shifted.K.slice(0, -nu * nx)]).toEqual([...plan.K.slice(nu * nx)]);
    const coasted = new Float64Array(nx);
    problem.ocp.dynamics.step(plan.X.slice(-nx), new Float64Array(nu), 0, coasted);
    expect([...shifted.X.slice(-nx)]).toEqual([...coasted]);
  });

  it("is the plan itself at its own time, and nothing but coasting after its end", () => {
    const { problem, plan } = corridor();
    expect([...shiftPlan(problem, plan, 0).X]).toEqual([...plan.X]);
    expect([...shiftPlan(problem, plan, 99).U]).toEqual(new Array(60).fill(0));
    expect(shiftPlan(problem, plan, 1e9).X.every(Number.isFinite)).toBe(true);
  });

  it("interpolates between two stages, the short way round where yaw wraps", () => {
    const { problem, plan } = corridor();
    const X = plan.X.slice();
    X[2] = Math.PI - 0.1;
    X[5 + 2] = -Math.PI + 0.1;
    const half = shiftPlan(problem, { ...plan, X }, 0.5 * plan.dt);
    expect(half.X[0]).toBeCloseTo(0.5 * (X[0] + X[5]), 12);
    expect(half.X[2]).toBeCloseTo(Math.PI, 12);
    expect(half.U[0]).toBeCloseTo(0.5 * (plan.U[0] + plan.U[2]), 12);
  });

  it("is one QP from the optimum where nothing changed but the time, and the first second stays within a centimetre", () => {
    const { problem, plan } = corridor();
    const { nx } = problem.ocp.dynamics;
    const guess = shiftStart(problem, plan, plan.dt);
    const again = solveSqp(problem.ocp, plan.X.slice(nx, 2 * nx), guess, { tol: 1e-6 });
    expect(again.status).toBe("converged");
    expect(again.iterations).toBe(1);
    for (let k = 0; k < 10; k++) {
      expect(Math.abs(again.X[k * nx] - plan.X[(k + 1) * nx])).toBeLessThan(0.01);
    }
  });

  it("leads back to the plan from a little beside it", () => {
    const { problem, plan } = corridor();
    const { nx } = problem.ocp.dynamics;
    const x = plan.X.slice(nx, 2 * nx);
    x[1] += 0.05;
    const tracked = solveSqp(problem.ocp, x, shiftStart(problem, plan, plan.dt), { maxIterations: 0 });
    const open = solveSqp(problem.ocp, x, { U: shiftPlan(problem, plan, plan.dt).U }, { maxIterations: 0 });
    expect(open.X[20 * nx + 1] - 1).toBeGreaterThan(0.045);
    expect(Math.abs(tracked.X[20 * nx + 1] - 1)).toBeLessThan(0.03);
  });
});

describe("pursuit of the path", () => {
  for (const name of ROBOT_NAMES) {
    it(`keeps a ${name} on a straight corridor's path, within its limits, and gets somewhere`, () => {
      const { problem, path, plan } = corridor(name);
      const { ocp, robot, options } = problem;
      const x0 = plan.X.slice(0, ocp.dynamics.nx);
      const U = pursue(problem, x0, path);
      const { boxIndex, xLower, xUpper } = robotBounds(robot);
      const X = statesOf(problem, x0, U);
      for (const x of X) {
        expect(Math.abs(x[1] - 1)).toBeLessThan(1e-6);
        boxIndex.forEach((i, j) => {
          expect(x[i]).toBeGreaterThanOrEqual(xLower[j] - 1e-9);
          expect(x[i]).toBeLessThanOrEqual(xUpper[j] + 1e-9);
        });
      }
      U.forEach((u, i) => {
        expect(Math.abs(u)).toBeLessThanOrEqual(ocp.uUpper[i % ocp.dynamics.nu]);
      });
      expect(X[ocp.N][0] - 1.5).toBeGreaterThan(0.5 * options.lookahead);
      expect(X[ocp.N][0] - 1.5).toBeLessThan(1.1 * options.lookahead);
    });

    it(`brings a ${name} back to the path from beside it, and round a corner`, () => {
      const { problem } = corridor(name);
      const { lookahead } = problem.options;
      const beside = pursue(
        problem,
        problemState(problem, 1.5, 1.2 * 1, 0),
        along([
          [1.5, 1],
          [1.5 + 2 * lookahead, 1],
        ]),
      );
      const end = statesOf(problem, problemState(problem, 1.5, 1.2, 0), beside)[problem.ocp.N];
      expect(Math.abs(end[1] - 1)).toBeLessThan(0.12);
      const corner = along([
        [1, 1],
        [1 + 0.5 * lookahead, 1],
        [1 + 0.5 * lookahead, 1 + 2 * lookahead],
      ]);
      const turned = statesOf(
        problem,
        problemState(problem, 1, 1, 0),
        pursue(problem, problemState(problem, 1, 1, 0), corner),
      );
      const last = turned[problem.ocp.N];
      expect(last[1]).toBeGreaterThan(1 + 0.1 * lookahead);
      expect(Math.abs(last[0] - 1 - 0.5 * lookahead)).toBeLessThan(0.5 * lookahead);
    });
  }

  it("backs a car up to what lies behind it, and turns a differential drive round", () => {
    const car = corridor("f1tenth").problem;
    const behind = along([
      [3, 1],
      [1.5, 1],
    ]);
    const backed = statesOf(car, problemState(car, 3, 1, 0), pursue(car, problemState(car, 3, 1, 0), behind));
    expect(Math.min(...backed.map((x) => x[3]))).toBeLessThan(-0.2);
    expect(backed[car.ocp.N][0]).toBeLessThan(2.3);
    expect(Math.abs(backed[car.ocp.N][2])).toBeLessThan(0.3);
    const { problem } = corridor("jackal");
    const turned = statesOf(
      problem,
      problemState(problem, 3, 1, 0),
      pursue(problem, problemState(problem, 3, 1, 0), behind),
    );
    expect(Math.abs(turned[problem.ocp.N][2])).toBeGreaterThan(2.5);
    expect(Math.min(...turned.map((x) => x[3]))).toBeGreaterThan(-0.05);
  });

  it("is finite and within the bounds on a path of one point, at the point itself, and behind the robot", () => {
    for (const name of ROBOT_NAMES) {
      const { problem } = corridor(name);
      for (const point of [Float64Array.of(2, 1), Float64Array.of(-1, 1), Float64Array.of(2, 1, 2, 1)]) {
        const U = pursue(problem, problemState(problem, 2, 1, 0), point);
        expect(U.every((u, i) => Math.abs(u) <= problem.ocp.uUpper[i % problem.ocp.dynamics.nu])).toBe(true);
      }
    }
  });
});

function problemState(problem: NavigationProblem, x: number, y: number, yaw: number): Float64Array {
  const state = new Float64Array(problem.ocp.dynamics.nx);
  state.set([x, y, yaw]);
  return state;
}

describe("the registry", () => {
  it("has zero, path, shift, shift-or-path and best, and refuses a typo with the legal names", () => {
    expect([...WARM_STARTS.keys()]).toEqual(["zero", "path", "shift", "shift-or-path", "best"]);
    expect([...WARM_STARTS.keys()]).toEqual(WARM_START_NAMES.filter((name) => name !== "net"));
    expect(() => getWarmStart("shfit")).toThrow(
      /warm start is "shfit", expected one of zero, path, shift, shift-or-path, best \(did you mean "shift"\?\)/,
    );
  });

  it("takes a user's own", () => {
    const mine: WarmStart = {
      name: "mine",
      choice: "merit",
      candidates: () => [{ name: "mine", guess: {} }],
    };
    const registry = new Map([...WARM_STARTS, ["mine", mine]]);
    expect(getWarmStart("mine", registry)).toBe(mine);
    expect(() => getWarmStart("yours", registry)).toThrow(/zero, path, shift, shift-or-path, best, mine/);
  });

  it("proposes zero controls and a straight drive as zero", async () => {
    const { problem, grid, path } = corridor();
    const scene = sceneAt(jackal, grid, { x: 1.5, y: 1, yaw: 0 }, path);
    const field = computeDistanceField(grid);
    const candidates = await getWarmStart("zero").candidates({ scene, problem, field, margin: 0.05 });
    expect(candidates.map((c) => c.name)).toEqual(["zero", "straight"]);
    expect(candidates[0].guess).toEqual({});
    expect([...candidates[1].guess.U!]).toEqual([...straightStart(problem, scene).U!]);
  });

  it("shifts a plan where there is one, and follows the path where there is none", async () => {
    const { problem, grid, path, plan } = corridor();
    const scene = sceneAt(jackal, grid, { x: 1.5, y: 1, yaw: 0 }, path, { time: 0.1 });
    const input = { scene, problem, field: computeDistanceField(grid), margin: 0.05 };
    const names = async (start: string, lastPlan?: Plan): Promise<string[]> =>
      (await getWarmStart(start).candidates({ ...input, lastPlan })).map((c) => c.name);
    expect(await names("shift")).toEqual(["path"]);
    expect(await names("shift", plan)).toEqual(["shift"]);
    expect(await names("best")).toEqual(["path"]);
    expect(await names("best", plan)).toEqual(["shift", "path"]);
    expect(await names("shift-or-path")).toEqual(["path"]);
    expect(await names("shift-or-path", plan)).toEqual(["shift", "path"]);
    expect(await names("path", plan)).toEqual(["path"]);
  });
});

describe("the choice between candidates", () => {
  /** Plans the scene of a corridor with a goal straight ahead, or behind a block. */
  const plan = (init: string | WarmStart, blocked: boolean, maxIterations = 10) => {
    const grid = room(8, 4);
    if (blocked) fill(grid, 2.4, 1.2, 3.2, 3);
    const warmStart = typeof init === "string" ? getWarmStart(init) : init;
    const planner = createTrajectoryPlanner({ robot: jackal, warmStart, maxIterations });
    const scene = sceneAt(
      jackal,
      grid,
      { x: 1, y: 2, yaw: 0 },
      along([
        [1, 2],
        [2, 0.6],
        [3.6, 0.6],
        [3.8, 2],
      ]),
    );
    const outcome = planner.plan(scene);
    if (outcome instanceof Promise) throw new Error("expected no promise");
    return outcome;
  };

  it("of zero is the better of no motion and a straight drive, by merit at the guess", () => {
    expect(plan("zero", false).solve!.start).toBe("straight");
    expect(plan("zero", true).solve!.start).toBe("zero"); // straight ahead is a block
  });

  it("of best is by merit after one QP each, and counts the QPs along the chosen one", () => {
    const { solve } = plan("best", true, 3);
    expect(solve!.start).toBe("path");
    expect(solve!.iterations).toBeLessThanOrEqual(3);
    expect(solve!.history.map((row) => row.iteration)).toEqual(
      Array.from({ length: solve!.iterations + 1 }, (_, i) => i),
    );
    const two: WarmStart = {
      name: "two",
      choice: "oneQp",
      candidates: ({ scene, problem }) => [
        { name: "bad", guess: { U: new Float64Array(60).fill(-2) } },
        { name: "good", guess: { U: pursue(problem, scene.x, scene.path) } },
      ],
    };
    expect(plan(two, true).solve!.start).toBe("good");
    expect(plan({ ...two, choice: "merit" }, true).solve!.start).toBe("good");
  });

  it("prefers any finite plan to one of NaN", () => {
    const broken: WarmStart = {
      name: "broken",
      choice: "oneQp",
      candidates: ({ scene, problem }) => [
        { name: "nan", guess: { U: new Float64Array(60).fill(Number.NaN) } },
        { name: "path", guess: { U: pursue(problem, scene.x, scene.path) } },
      ],
    };
    expect(plan(broken, false).solve!.start).toBe("path");
    expect(plan({ ...broken, choice: "merit" }, false).solve!.start).toBe("path");
  });

  it("falls back where the only guess holds NaN", () => {
    const nan: WarmStart = {
      name: "nan",
      choice: "merit",
      candidates: () => [{ name: "nan", guess: { U: new Float64Array(60).fill(Number.NaN) } }],
    };
    const outcome = plan(nan, false);
    expect(outcome.source).not.toBe("solution");
    expect(outcome.solve!.status).toBe("nonFinite");
    expect(outcome.note).toMatch(/NaN/);
  });

  it("reports the start that was used, rolled out", () => {
    const { solve } = plan("path", true);
    expect(solve!.startX.length).toBe(31 * 5);
    expect([...solve!.startX.slice(0, 5)]).toEqual([1, 2, 0, 0, 0]);
  });
});
