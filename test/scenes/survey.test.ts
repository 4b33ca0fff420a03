import { describe, expect, test } from "vitest";
import { createRng, wrapAngle } from "../../src/base/index.ts";
import {
  NOISE_LEVELS,
  probeNoise,
  summarizeNoise,
  withControlNoise,
  withSmoothNoise,
} from "../../src/bench/sqp-noise.ts";
import { createTrajectory, rollout } from "../../src/ocp/index.ts";
import { positionGap } from "../../src/planner/index.ts";
import type { SceneCase } from "../../src/scenes/drive-scenes.ts";
import { aside, type KnownOptimum } from "../../src/scenes/optimum-search.ts";
import { createSceneSolver } from "../../src/scenes/scene-solver.ts";
import { ambiguityOf, searchOptima, surveyOf } from "../../src/scenes/survey.ts";
import { getRobot } from "../../src/sim/index.ts";
import { along, fill, room, sceneAt } from "../planner/scenes.ts";

const robot = getRobot("jackal");
const solver = createSceneSolver(robot);
const { problem } = solver;
const { nx } = problem.ocp.dynamics;

/** A hall with the goal 3 m straight ahead, and a pillar on the way or none. */
function hall(pillar: boolean): SceneCase {
  const grid = room(6, 5);
  if (pillar) fill(grid, 2.3, 2.2, 2.7, 2.8);
  const scene = sceneAt(
    robot,
    grid,
    { x: 1, y: 2.5, yaw: 0 },
    along([
      [1, 2.5],
      [1.7, 2.5],
      [2.5, 1.6],
      [4, 2.5],
    ]),
  );
  return { kind: "first", scene };
}

const survey = (scene: SceneCase, seed = 0) =>
  surveyOf(problem, searchOptima(solver, scene, [], createRng(seed)));

describe("the search for optima", () => {
  test("finds both ways around a pillar, which mirror each other and are as good", () => {
    const { best, distinct } = survey(hall(true));
    const middle = ({ X }: KnownOptimum): number => {
      const at = [...Array(X.length / nx).keys()].find((k) => X[k * nx] > 2.4)!;
      return X[at * nx + 1] - 2.5;
    };
    const sides = distinct.filter(({ merit }) => merit < 1.1 * best.merit).map(middle);
    expect(Math.min(...sides)).toBeLessThan(-0.4);
    expect(Math.max(...sides)).toBeGreaterThan(0.4);
    expect(ambiguityOf({ best, distinct })).toEqual({ ambiguous: true, close: true });
  });

  test("finds one in an empty hall, whatever is drawn", () => {
    for (const seed of [0, 1]) {
      const { best, distinct } = survey(hall(false), seed);
      expect(best.status).toBe("converged");
      expect(distinct).toHaveLength(1);
      expect(ambiguityOf({ best, distinct })).toEqual({ ambiguous: false, close: false });
    }
  });

  test("keeps what was known, and does not find it again", () => {
    const scene = hall(true);
    const { best } = survey(scene);
    const known: KnownOptimum = { ...best, start: "known" };
    const found = searchOptima(solver, scene, [known], createRng(0));
    expect(found[0]).toBe(known);
    const again = found.slice(1).filter(({ X }) => positionGap(X, best.X, nx) < 0.01);
    expect(again).toEqual([]);
  });
});

describe("a survey", () => {
  const at = (x: number, merit: number, converged = true): KnownOptimum => ({
    start: "test",
    status: converged ? "converged" : "stalled",
    X: Float64Array.of(0, 0, 0, 0, 0, x, 0, 0, 0, 0),
    cost: merit,
    merit,
    violation: 0,
  });

  test("has the least merit first, and leaves out what is near a better one or has not converged", () => {
    const { best, distinct } = surveyOf(problem, [
      at(1, 5),
      at(0, 3),
      at(0.1, 4),
      at(2, 3.2, false),
      at(3, Number.NaN),
    ]);
    expect(best.merit).toBe(3);
    expect(distinct.map(({ merit }) => merit)).toEqual([3, 5]);
  });

  test("calls an optimum within a tenth of the best one's merit close", () => {
    expect(ambiguityOf(surveyOf(problem, [at(0, 20), at(1, 21.9)]))).toEqual({
      ambiguous: true,
      close: true,
    });
    expect(ambiguityOf(surveyOf(problem, [at(0, 20), at(1, 22.1)])).close).toBe(false);
    expect(ambiguityOf(surveyOf(problem, [at(0, 20)])).ambiguous).toBe(false);
  });

  test("a way aside keeps its ends and is off by its bulge in the middle, to the left of the path", () => {
    const path = along([
      [0, 0],
      [2, 0],
    ]);
    const n = path.length / 2;
    const left = aside(path, 0.5, 0);
    expect([...left.slice(0, 2), ...left.slice(-2)]).toEqual([0, 0, 2, 0]);
    expect(left[n]).toBeCloseTo(0.5, 9); // n is odd: y of the middle
    const bent = aside(path, 0, 0.5);
    expect(bent[n]).toBeCloseTo(0, 9);
    expect(Math.max(...bent.filter((_, i) => i % 2 === 1))).toBeCloseTo(0.5, 2);
  });
});

describe("smooth noise", () => {
  /** Drives an arc of 1 m/s. */
  const N = 30;
  const dt = 0.1;
  const arc = new Float64Array((N + 1) * nx);
  for (let k = 0; k <= N; k++) {
    const yaw = 0.3 * k * dt;
    arc.set([Math.sin(yaw) / 0.3, (1 - Math.cos(yaw)) / 0.3, yaw, 1, 0.3], k * nx);
  }

  test("is as large as asked for, and leaves the start alone", () => {
    for (const size of [0.01, 0.1, 0.4]) {
      const noisy = withSmoothNoise(arc, nx, dt, size, createRng(3));
      expect(positionGap(noisy, arc, nx)).toBeCloseTo(size, 9);
      expect(noisy.slice(0, nx)).toEqual(arc.slice(0, nx));
    }
    expect(withSmoothNoise(arc, nx, dt, 0, createRng(3))).toEqual(arc);
  });

  test("turns headings with the motion: they differ from its direction by little", () => {
    // In the first order, so off by the share of the noise in the speed squared: 5 cm over 3 s is little.
    const noisy = withSmoothNoise(arc, nx, dt, 0.05, createRng(5));
    for (let k = 1; k < N; k++) {
      const [a, b] = [(k - 1) * nx, (k + 1) * nx];
      const direction = Math.atan2(noisy[b + 1] - noisy[a + 1], noisy[b] - noisy[a]);
      expect(Math.abs(wrapAngle(noisy[k * nx + 2] - direction))).toBeLessThan(0.01);
    }
  });
});

describe("noise on controls", () => {
  const { ocp } = solver.problem;
  const still = Float64Array.of(1, 1, 0, 0, 0);
  const U = new Float64Array(ocp.N * ocp.dynamics.nu);
  const rolled = (controls: Float64Array): Float64Array => {
    const t = createTrajectory(ocp);
    t.U.set(controls);
    rollout(ocp, still, t);
    return t.X;
  };

  test("leads as far off as asked for, within the bounds, and is smooth", () => {
    for (const size of [0.01, 0.1, 0.4]) {
      const noisy = withControlNoise(ocp, rolled(U), U, size, createRng(2));
      expect(positionGap(rolled(noisy), rolled(U), nx)).toBeCloseTo(size, 5);
      const { nu } = ocp.dynamics;
      const steps = noisy.slice(nu).map((u, i) => Math.abs(u - noisy[i]));
      expect(Math.max(...steps)).toBeLessThan(0.3 * Math.max(...noisy.map(Math.abs)));
    }
  });

  test("leads no farther than the bounds allow", () => {
    const noisy = withControlNoise(ocp, rolled(U), U, 100, createRng(2));
    for (const [i, u] of noisy.entries()) {
      const j = i % ocp.dynamics.nu;
      expect(u >= ocp.uLower[j] && u <= ocp.uUpper[j]).toBe(true);
    }
    const far = positionGap(rolled(noisy), rolled(U), nx);
    expect(far).toBeGreaterThan(0.5);
    expect(far).toBeLessThan(100);
  });
});

describe("solves from the optimum with noise", () => {
  const scene = hall(false);
  const trials = probeNoise(solver, scene, survey(scene).best, createRng(1));

  test("cost no QP without noise and with its multipliers, and more the larger the noise", () => {
    const qps = (noise: number, multipliers: boolean): number =>
      trials.find((t) => t.on === "states" && t.noise === noise && t.multipliers === multipliers)!.qps["1e-3"]
        .count;
    expect(qps(0, true)).toBe(0);
    expect(qps(0.4, false)).toBeGreaterThanOrEqual(qps(0.01, false));
    expect(qps(0.4, true)).toBeGreaterThan(0);
  });

  test("are good after one QP where the noise is small", () => {
    for (const { noise, costGap, violation } of trials) {
      if (noise > 0.06) continue;
      expect(costGap).toBeLessThan(0.02);
      expect(violation).toBeLessThan(0.02);
    }
  });

  test("are as far off as asked for where controls are rolled out, and nearer where states are tracked", () => {
    for (const { on, noise, guessError } of trials) {
      if (on === "controls") expect(guessError).toBeCloseTo(noise, 4);
      else expect(guessError).toBeLessThanOrEqual(noise + 1e-4);
    }
  });

  test("make a row for every variant and level, for all kinds and the one there is", () => {
    const rows = summarizeNoise([...trials, ...trials]);
    expect(rows).toHaveLength(6 * NOISE_LEVELS.length);
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(["all", "first"]));
    for (const row of rows) expect(row.n).toBe(2);
  });

  test("are none where there is no optimum", () => {
    const { best } = survey(scene);
    const lost: KnownOptimum = { ...best, X: best.X.map(() => Number.NaN) };
    expect(probeNoise(solver, scene, lost, createRng(1))).toEqual([]);
  });
});
