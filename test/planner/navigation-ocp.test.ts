import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import { checkDerivatives, type Ocp, rowGroups, totalCost, validateOcp } from "../../src/ocp/index.ts";
import {
  createNavigationProblem,
  type NavigationProblem,
  type Profile,
  resolveNavigationOptions,
} from "../../src/planner/index.ts";
import { routeMargin, routeMarginWeight } from "../../src/planner/navigation-options.ts";
import { GLOBAL_PATH_DEFAULTS, planGlobalPath } from "../../src/route/index.ts";
import {
  computeDistanceField,
  type DistanceField,
  discRadius,
  footprintDiscs,
  getRobot,
  INTERPOLANTS,
  type Interpolation,
  makeWorld,
  type ReversePolicy,
  ROBOT_NAMES,
  type Robot,
  robotSizes,
  topSpeed,
} from "../../src/sim/index.ts";
import { createSqpWorkspace, solveSqp } from "../../src/sqp/index.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

/** A field that is a plane: its interpolants are exact and have no kinks. */
function plane(): DistanceField {
  const field = { ...computeDistanceField(room(10, 10, 0.1)) };
  field.distance = field.distance.map(
    (_, c) => 0.3 * (c % 100) * 0.1 - 0.2 * Math.floor(c / 100) * 0.1 + 1,
  ) as typeof field.distance;
  return field;
}

/** A state well inside the room, with speeds. */
function randomState(problem: NavigationProblem, rng: Rng): Float64Array {
  const { nx } = robotSizes(problem.robot);
  const x = Float64Array.from({ length: nx }, () => 0.3 * rng.gauss());
  x[0] = 3 + 4 * rng.uniform();
  x[1] = 3 + 4 * rng.uniform();
  x[2] = 7 * (rng.uniform() - 0.5);
  return x;
}

describe("the navigation problem", () => {
  for (const name of ROBOT_NAMES) {
    it(`of a ${name} has the derivatives it claims`, () => {
      for (const [stop, profile] of [
        [false, "plain"],
        [true, "plain"],
        [true, "cautious"],
      ] as const) {
        const problem = createNavigationProblem(getRobot(name), { profile });
        validateOcp(problem.ocp);
        problem.set({ x: 6, y: 4, yaw: 9 }, plane(), stop);
        const x0 = Float64Array.from({ length: problem.ocp.dynamics.nx }, (_, i) => (i < 2 ? 5 : 0.2));
        expect(checkDerivatives(problem.ocp, x0, createRng(4), { spread: 0.5 })).toEqual({
          ok: true,
          worst: [],
        });
      }
    });
  }

  for (const interpolation of Object.keys(INTERPOLANTS) as Interpolation[]) {
    it(`has rows with the exact gradient of the ${interpolation} field inside a cell`, () => {
      const rng = createRng(8);
      const world = makeWorld("clutter", 3);
      const field = computeDistanceField(world.grid);
      const robot = getRobot("jackal");
      const problem = createNavigationProblem(robot, { interpolation });
      problem.set(world.goal, field, false);
      const { dynamics } = problem.ocp;
      const rows = rowGroups(problem.ocp)[0];
      const none = new Float64Array(0);
      const discs = footprintDiscs(robot);
      const [high, low] = [new Float64Array(rows.count), new Float64Array(rows.count)];
      const C = new Float64Array(rows.count * dynamics.nx);
      const h = 1e-6;
      let compared = 0;
      for (let trial = 0; trial < 200; trial++) {
        const x = randomState(problem, rng);
        // bilinear fields have kinks on the lines through cell centres
        const near = discs.some((d) =>
          [
            x[0] + Math.cos(x[2]) * d.x - Math.sin(x[2]) * d.y,
            x[1] + Math.sin(x[2]) * d.x + Math.cos(x[2]) * d.y,
          ].some((p) => Math.abs(p / 0.05 - 0.5 - Math.round(p / 0.05 - 0.5)) < 1e-3),
        );
        if (near) continue;
        rows.jacobian(x, none, 1, C.fill(Number.NaN), none);
        for (let j = 0; j < dynamics.nx; j++) {
          const at = x[j];
          x[j] = at + h;
          rows.value(x, none, 1, high);
          x[j] = at - h;
          rows.value(x, none, 1, low);
          x[j] = at;
          for (let i = 0; i < rows.count; i++) {
            expect(C[i * dynamics.nx + j]).toBeCloseTo((high[i] - low[i]) / (2 * h), 5);
            compared++;
          }
        }
      }
      expect(compared).toBeGreaterThan(1000);
    });
  }

  it("keeps clear by the margin at rest, and by what the body covers in the reaction time at speed", () => {
    for (const name of ["jackal", "omni"]) {
      const robot = getRobot(name);
      const rowsOf = (profile: Profile) => {
        const problem = createNavigationProblem(robot, { profile });
        problem.set({ x: 6, y: 4 }, plane(), false);
        return rowGroups(problem.ocp)[0];
      };
      const [plain, brisk, cautious] = [rowsOf("plain"), rowsOf("brisk"), rowsOf("cautious")];
      const none = new Float64Array(0);
      const rowValues = (rows: typeof plain, x: Float64Array): Float64Array => {
        const out = new Float64Array(rows.count);
        rows.value(x, none, 1, out);
        return out;
      };
      const rho = 0.025 * topSpeed(robot);
      for (const [vx, vy] of [
        [0, 0],
        [0.7, 0],
        [-0.4, 0.3],
      ]) {
        const x = new Float64Array(robotSizes(robot).nx);
        x.set([5, 5, 0.4, vx, name === "omni" ? vy : 0]);
        const speed = name === "omni" ? Math.hypot(vx, vy) : Math.abs(vx);
        const covered = Math.sqrt(speed * speed + rho * rho) - rho;
        const free = rowValues(plain, x);
        rowValues(brisk, x).forEach((d, i) => {
          expect(free[i] - d).toBeCloseTo(0.012 * covered, 12);
        });
        rowValues(cautious, x).forEach((d, i) => {
          expect(free[i] - d).toBeCloseTo(0.06 * covered, 12);
        });
      }
    }
  });

  it("has a route keep as clear as the plan at top speed, or clearer: not through a gap, where a wider one is little further", () => {
    const robot = getRobot("jackal");
    const radius = discRadius(robot);
    const walled = room(8, 8);
    fill(walled, 3.9, 0, 4.1, 8);
    fill(walled, 3.9, 4 - radius - 0.07, 4.1, 4 + radius + 0.07, 0);
    fill(walled, 3.9, 5.2, 4.1, 6.4, 0);
    const field = computeDistanceField(walled);
    const crossed = (profile: Profile): number => {
      const margin = routeMargin(robot, resolveNavigationOptions(robot, { profile }));
      const { path } = planGlobalPath(field, { x: 2, y: 4 }, { x: 6, y: 4 }, { radius, margin });
      const { points } = path!;
      let at = 0;
      for (let i = 0; i < points.length; i += 2)
        if (Math.abs(points[i] - 4) < Math.abs(points[at] - 4)) at = i;
      return points[at + 1];
    };
    expect(crossed("plain")).toBeCloseTo(4, 0);
    expect(crossed("cautious")).toBeGreaterThan(5.3);
    for (const profile of ["plain", "brisk", "cautious"] as const) {
      const options = resolveNavigationOptions(robot, { profile });
      expect(options.berth).toBeGreaterThanOrEqual(options.reaction);
      expect(routeMargin(robot, options)).toBeCloseTo(options.margin + 2 * options.berth, 12);
    }
  });

  it("goes round a gap that its rows let it only creep through, as fast robots that keep less clear do not", () => {
    const robot = getRobot("jackal");
    const radius = discRadius(robot);
    const walled = room(8, 12, 0.05);
    // A gap that leaves 6 cm, and a way round it that is 2.6 m longer.
    fill(walled, 3.95, 0, 4.05, 12, 100);
    fill(walled, 3.95, 4 - radius - 0.06, 4.05, 4 + radius + 0.06, 0);
    fill(walled, 3.95, 6.6, 4.05, 8.2, 0);
    const field = computeDistanceField(walled);
    const length = (profile: Profile, extra = {}): number => {
      const options = resolveNavigationOptions(robot, { profile });
      const how = { radius, margin: routeMargin(robot, options), ...extra };
      const marginWeight = routeMarginWeight(robot, options);
      return planGlobalPath(field, { x: 1, y: 4 }, { x: 7, y: 4 }, { marginWeight, ...how }).path!.length;
    };
    expect(length("plain")).toBeLessThan(6.1);
    expect(length("cautious")).toBeGreaterThan(8);
    const usual = GLOBAL_PATH_DEFAULTS.marginWeight;
    expect(length("cautious", { marginWeight: usual })).toBeLessThan(6.1);
    for (const [margin, reaction, weight] of [
      [0.05, 0, usual],
      [0.05, 0.05, 3 * usual],
      [0.1, 0.05, 2 * usual],
      [0, 0.01, 2 * usual],
    ] as const)
      expect(routeMarginWeight(robot, resolveNavigationOptions(robot, { margin, reaction }))).toBeCloseTo(
        weight,
        9,
      );
  });

  it("takes a reaction that is given for the berth, too, but for one that is given", () => {
    const robot = getRobot("jackal");
    expect(resolveNavigationOptions(robot, { reaction: 0.1 }).berth).toBe(0.1);
    expect(resolveNavigationOptions(robot, { reaction: 0.1, berth: 0.2, profile: "brisk" })).toMatchObject({
      reaction: 0.1,
      berth: 0.2,
      effort: 0.25,
    });
    for (const wrong of [{ berth: -1 }, { effort: 0 }, { effort: Number.NaN }, { reaction: Number.NaN }])
      expect(() => resolveNavigationOptions(robot, wrong)).toThrow(Object.keys(wrong)[0]);
  });

  it("weighs speeds and accelerations with a share of their weights, the way as before", () => {
    const robot = getRobot("jackal");
    const costsOf = (effort: number): number[] => {
      const { ocp, set } = createNavigationProblem(robot, { effort });
      set({ x: 2, y: 5 }, plane(), false);
      const [here, there, still] = [
        new Float64Array([2, 5, 0, 1, 1]),
        Float64Array.of(1, 5, 0, 0, 0),
        new Float64Array(2),
      ];
      const { stageCost, terminalCost } = ocp;
      return [stageCost(here, Float64Array.of(1, 2), 0), terminalCost(here), stageCost(there, still, 0)];
    };
    const [plain, half] = [costsOf(1), costsOf(0.5)];
    expect(half[0]).toBeCloseTo(0.5 * plain[0], 12);
    expect(half[1]).toBeCloseTo(0.5 * plain[1], 12);
    expect(half[2]).toBeCloseTo(plain[2], 12);
  });

  it("weighs the same share of the lookahead and of the limits the same, whatever the robot", () => {
    const costs = ["turtlebot3", "turtlebot4", "jackal"].map((name) => {
      const robot = getRobot(name);
      const problem = createNavigationProblem(robot);
      const { lookahead } = problem.options;
      problem.set({ x: 5 + lookahead, y: 5 }, plane(), false);
      const { vMax, wMax, aMax, alphaMax } = (robot as { limits: Record<string, number> }).limits;
      const w = Math.max(2, wMax); // 6 rad in a horizon of 3 s
      const x = Float64Array.of(5 + 0.3 * lookahead, 5, 0, 0.5 * vMax, 0.2 * w);
      const u = Float64Array.of(0.4 * aMax, -0.3 * alphaMax);
      return [problem.ocp.stageCost(x, u, 0), problem.ocp.terminalCost(x)];
    });
    for (const [stage, terminal] of costs) {
      expect(stage).toBeCloseTo(costs[0][0], 9);
      expect(terminal).toBeCloseTo(costs[0][1], 9);
    }
  });

  it("costs nothing at rest at the goal, and the yaw only where the goal has one", () => {
    for (const name of ROBOT_NAMES) {
      const problem = createNavigationProblem(getRobot(name));
      const { ocp } = problem;
      const x = new Float64Array(ocp.dynamics.nx);
      x.set([5, 5, 2 * Math.PI + 0.4]);
      problem.set({ x: 5, y: 5, yaw: 0.4 }, plane(), true);
      expect(ocp.stageCost(x, new Float64Array(ocp.dynamics.nu), 0)).toBe(0);
      expect(ocp.terminalCost(x)).toBeCloseTo(0, 12);
      problem.set({ x: 5, y: 5, yaw: 0.4 + Math.PI }, plane(), true);
      expect(ocp.terminalCost(x)).toBeGreaterThan(1);
      problem.set({ x: 5, y: 5 }, plane(), true);
      expect(ocp.terminalCost(x)).toBe(0);
    }
  });

  it("has a yaw cost that is steepest where the robot faces away", () => {
    const problem = createNavigationProblem(getRobot("turtlebot4"));
    const x = Float64Array.of(5, 5, 0, 0, 0);
    const q = new Float64Array(5);
    const slopes = [0, 1, 2, 3, Math.PI - 1e-9].map((error) => {
      problem.set({ x: 5, y: 5, yaw: 0.5 - error }, plane(), true);
      x[2] = 0.5;
      problem.ocp.terminalGradient(x, q);
      return q[2];
    });
    for (let i = 1; i < slopes.length; i++) expect(slopes[i]).toBeGreaterThan(slopes[i - 1]);
    expect(slopes[4]).toBeCloseTo(2 * problem.options.weights.terminalYaw, 6);
  });

  it("costs a robot of slower motion and a longer horizon the same for the same turn", () => {
    const slow = (pace: number): Robot => ({
      name: "slow turner",
      source: "made up",
      model: "differential",
      footprint: [
        [-0.2, -0.15],
        [0.2, -0.15],
        [0.2, 0.15],
        [-0.2, 0.15],
      ],
      limits: {
        vMin: -0.2 * pace,
        vMax: 0.4 * pace,
        wMax: 0.3 * pace,
        aMax: 0.1 * pace ** 2,
        alphaMax: 0.2 * pace ** 2,
      },
    });
    const [cost, half] = [1, 0.5].map((pace) => {
      const problem = createNavigationProblem(slow(pace), { dt: 0.1 / pace, lookahead: 0.6 });
      problem.set({ x: 5, y: 5, yaw: 2 }, plane(), true);
      const x = Float64Array.of(5, 5.2, 0, -0.1 * pace, 0.2 * pace);
      const u = Float64Array.of(0.05 * pace ** 2, 0.1 * pace ** 2);
      return [problem.ocp.stageCost(x, u, 0), problem.ocp.terminalCost(x)];
    });
    expect(half[0]).toBeCloseTo(cost[0], 9);
    expect(half[1]).toBeCloseTo(cost[1], 9);
  });

  it("costs driving backwards more than forwards where it is discouraged, and as much where it is allowed", () => {
    const cost = (reverse: ReversePolicy, speed: number): number => {
      const problem = createNavigationProblem({ ...getRobot("turtlebot4"), reverse });
      problem.set({ x: 5, y: 5 }, plane(), false);
      return problem.ocp.stageCost(Float64Array.of(5, 5, 0, speed, 0), new Float64Array(2), 0);
    };
    expect(cost("allowed", -0.2)).toBe(cost("allowed", 0.2));
    expect(cost("discouraged", 0.2)).toBe(cost("allowed", 0.2));
    expect(cost("discouraged", -0.2)).toBeGreaterThan(10 * cost("allowed", -0.2));
  });

  it("makes a stop at the end of the path dearer than speed on the way", () => {
    const problem = createNavigationProblem(getRobot("jackal"));
    const x = Float64Array.of(5, 5, 0, 1, 0);
    problem.set({ x: 5, y: 5 }, plane(), false);
    const passing = problem.ocp.terminalCost(x);
    problem.set({ x: 5, y: 5 }, plane(), true);
    expect(problem.ocp.terminalCost(x)).toBeCloseTo(10 * passing, 9);
  });

  for (const name of ROBOT_NAMES) {
    it(`takes a ${name} a good way down a straight corridor, clear of its walls`, () => {
      const robot = getRobot(name);
      const problem = createNavigationProblem(robot);
      const grid = room(9, 2);
      const { lookahead } = problem.options;
      const scene = sceneAt(
        robot,
        grid,
        { x: 1.5, y: 1, yaw: 0 },
        along([
          [1.5, 1],
          [1.5 + lookahead, 1],
        ]),
      );
      problem.set(scene.goal, computeDistanceField(grid), true);
      const result = solveSqp(problem.ocp, scene.x, undefined, { tol: 1e-4 });
      expect(result.status).toBe("converged");
      expect(result.slackInUse).toBe(false);
      const nx = problem.ocp.dynamics.nx;
      const end = result.X.slice(-nx);
      expect(Math.hypot(end[0] - scene.goal.x, end[1] - scene.goal.y)).toBeLessThan(0.35 * lookahead);
      expect(Math.abs(end[1] - 1)).toBeLessThan(0.05);
    });
  }

  it("refuses options that make no sense, and names the legal ones", () => {
    const robot = getRobot("jackal");
    expect(() => resolveNavigationOptions(robot, { N: 1 })).toThrow(/N is 1, expected an integer >= 2/);
    expect(() => resolveNavigationOptions(robot, { dt: 0 })).toThrow(/dt is 0/);
    expect(() => resolveNavigationOptions(robot, { lookahead: Number.NaN })).toThrow(/lookahead is NaN/);
    expect(() => resolveNavigationOptions(robot, { margin: -0.1 })).toThrow(/margin is -0.1/);
    expect(() => resolveNavigationOptions(robot, { interpolation: "cubic" as never })).toThrow(
      /interpolation is "cubic", expected one of bilinear, catmull-rom, b-spline/,
    );
  });

  it("has a shape of its own: a workspace made for it fits any goal and field", () => {
    const problem = createNavigationProblem(getRobot("omni"));
    const workspace = createSqpWorkspace(problem.ocp);
    problem.set({ x: 5, y: 5 }, plane(), false);
    const ocp: Ocp = problem.ocp;
    const result = solveSqp(
      ocp,
      Float64Array.of(4, 5, 0, 0, 0, 0),
      undefined,
      { maxIterations: 1 },
      workspace,
    );
    expect(result.cost).toBeCloseTo(totalCost(ocp, workspace.current), 12);
  });
});
