import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { timeCar } from "../../src/bench/bench-car.ts";
import { type BenchSqpResult, benchSqp } from "../../src/bench/bench-sqp.ts";
import { type SqpTrial, summarizeAmbiguity, summarizeTrials } from "../../src/bench/sqp-rows.ts";
import { checkDerivatives } from "../../src/ocp/index.ts";
import {
  createTrajectoryPlanner,
  getWarmStart,
  pathStart,
  type Scene,
  type WarmStart,
} from "../../src/planner/index.ts";
import { type BenchScene, collectScenes } from "../../src/scenes/collect-scenes.ts";
import { BENCH_CAP, costGap } from "../../src/scenes/plan-measures.ts";
import { familySource } from "../../src/scenes/scene-source.ts";
import { getRobot, WORLD_FAMILIES } from "../../src/sim/index.ts";
import { type SqpResult, solveSqp } from "../../src/sqp/index.ts";
import { CAR_START, carProblem } from "../../src/zoo/index.ts";

const robot = getRobot("jackal");
const clock = (): number => performance.now();

describe("warm starts compared", () => {
  let scenes: BenchScene[];
  let result: BenchSqpResult;
  beforeAll(async () => {
    scenes = await collectScenes({
      source: familySource(WORLD_FAMILIES, 0, robot),
      robot,
      count: 18,
      seed: 0,
    });
    result = await benchSqp({ scenes, robot, clock });
  });

  test("there is a row for every kind and start, and n adds up to the scenes", () => {
    const inits = ["zero", "straight", "path", "shift", "shift-or-path", "best"];
    expect(new Set(result.rows.map((row) => row.init))).toEqual(new Set(inits));
    for (const init of inits) {
      const own = result.rows.filter((row) => row.init === init);
      expect(own.reduce((sum, row) => sum + row.n, 0)).toBe(scenes.length);
    }
  });

  test("counts, shares and times lie in their ranges, and the tighter tolerance takes no fewer QPs", () => {
    for (const row of result.rows) {
      const [loose, tight] = [row.to_convergence["1e-2"], row.to_convergence["1e-3"]];
      for (const { mean, p50, p95, converged } of [loose, tight]) {
        expect(mean).toBeGreaterThanOrEqual(0);
        expect(p50).toBeLessThanOrEqual(p95);
        expect(p95).toBeLessThanOrEqual(BENCH_CAP);
        expect(converged >= 0 && converged <= 1).toBe(true);
      }
      expect(tight.mean).toBeGreaterThanOrEqual(loose.mean);
      expect(tight.converged).toBeLessThanOrEqual(loose.converged);
      expect(row.after_one.good >= 0 && row.after_one.good <= 1).toBe(true);
      expect(row.ms.total_p50).toBeGreaterThanOrEqual(row.ms.init_p50);
      expect(row.ms.total_p99).toBeGreaterThanOrEqual(row.ms.total_p50);
      expect(row.ms.iteration_p50).toBeGreaterThan(0);
    }
  });

  test("everything but the times is the same the second time", { timeout: 60_000 }, async () => {
    const few = scenes.slice(0, 7);
    const strip = ({ rows, ...rest }: BenchSqpResult) => ({
      ...rest,
      rows: rows.map(({ ms: _ms, ...row }) => row),
    });
    const [one, other] = [
      await benchSqp({ scenes: few, robot, clock, noise: true }),
      await benchSqp({ scenes: few, robot, clock, noise: true }),
    ];
    expect(strip(one)).toEqual(strip(other));
  });

  test("on ordinary ticks the shifted plan needs fewer QPs than a cold start, and is good more often", () => {
    const row = (init: string) => result.rows.find((r) => r.kind === "ordinary" && r.init === init)!;
    expect(row("shift").to_convergence["1e-2"].mean).toBeLessThan(row("zero").to_convergence["1e-2"].mean);
    expect(row("shift").after_one.good).toBeGreaterThan(row("zero").after_one.good);
  });

  test("a guess that is a solution, with its multipliers, takes no QP and is good", async () => {
    const solutions = new Map<Scene, SqpResult>();
    const oracle: WarmStart = {
      name: "oracle",
      choice: "merit",
      candidates({ scene, problem }) {
        const key = scenes.find((s) => s.scene.grid === scene.grid)!.scene;
        if (!solutions.has(key)) {
          const guess = pathStart(problem, scene);
          solutions.set(key, solveSqp(problem.ocp, scene.x, guess, { tol: 1e-6, maxIterations: 100 }));
        }
        return [{ name: "oracle", guess: { ...solutions.get(key)! } }];
      },
    };
    const first = scenes.filter(({ kind }) => kind === "first");
    const { rows } = await benchSqp({ scenes: first, robot, clock, starts: [oracle] });
    expect(rows).toHaveLength(1);
    expect(rows[0].to_convergence["1e-2"]).toEqual({ mean: 0, p50: 0, p95: 0, converged: 1 });
    expect(Math.abs(rows[0].after_one.cost_gap.p90)).toBeLessThan(1e-3);
    expect(rows[0].after_one.good).toBe(1);
    expect(rows[0].guess_m.p90).toBeLessThan(0.01);
    expect(rows[0].reaches_best).toBe(1);
  });

  test("guesses are no nearer to the best known optimum than to the nearest, and some are far", () => {
    for (const { guess_m, nearest_m } of result.rows) {
      expect(nearest_m.p50).toBeLessThanOrEqual(guess_m.p50);
      expect(nearest_m.p90).toBeLessThanOrEqual(guess_m.p90);
      expect(guess_m.p50).toBeLessThanOrEqual(guess_m.p90);
    }
    const cold = result.rows.find((row) => row.kind === "first" && row.init === "zero")!;
    expect(cold.guess_m.p50).toBeGreaterThan(1);
  });

  test("scenes with one known optimum and with several add up, and close ones are among the latter", () => {
    const { kinds, rows } = result.ambiguity;
    const [all, ...apart] = kinds;
    expect(all).toMatchObject({ kind: "all", n: scenes.length });
    expect(apart.reduce((sum, { n }) => sum + n, 0)).toBe(scenes.length);
    for (const { ambiguous, close } of kinds) expect(close).toBeLessThanOrEqual(ambiguous);
    const count = (which: string): number =>
      rows.find((row) => row.scenes === which && row.kind === "all" && row.init === "path")?.n ?? 0;
    expect(count("single") + count("ambiguous")).toBe(scenes.length);
    expect(count("ambiguous") / scenes.length).toBeCloseTo(all.ambiguous, 3);
    expect(count("close") / scenes.length).toBeCloseTo(all.close, 3);
  });

  test("the counts are those of the planner itself", async () => {
    const scene = scenes.find(({ kind }) => kind === "first")!;
    const planner = createTrajectoryPlanner({ robot, warmStart: getWarmStart("path"), maxIterations: 10 });
    const { solve } = await planner.plan(scene.scene);
    const { rows } = await benchSqp({ scenes: [scene], robot, clock, starts: [getWarmStart("path")] });
    expect(rows[0].to_convergence["1e-2"].mean).toBe(solve!.status === "converged" ? solve!.iterations : 10);
  });

  test("an abort ends it with its reason", async () => {
    const reason = new Error("enough");
    const run = benchSqp({ scenes, robot, clock, signal: AbortSignal.abort(reason) });
    await expect(run).rejects.toBe(reason);
  });
});

describe("rows", () => {
  const trial = (count: number, costGap: number, violation: number): SqpTrial => ({
    kind: "goal",
    init: "path",
    qps: { "1e-2": { count, converged: count < 10 }, "1e-3": { count: 10, converged: false } },
    costGap,
    violation,
    guessError: 0.1 * count,
    nearestError: 0.05,
    reachesBest: count < 5,
    scene: { ambiguous: count > 2, close: false },
    ms: { init: 0.1, iteration: 1, total: count },
  });

  test("are means, nearest-rank percentiles and shares of the trials", () => {
    const trials = [trial(2, 0.01, 0), trial(4, 0.01, 0.03), trial(6, 0.5, 0), trial(10, -0.2, 0.019)];
    expect(summarizeTrials(trials)).toEqual([
      {
        kind: "goal",
        init: "path",
        n: 4,
        to_convergence: {
          "1e-2": { mean: 5.5, p50: 4, p95: 10, converged: 0.75 },
          "1e-3": { mean: 10, p50: 10, p95: 10, converged: 0 },
        },
        after_one: { cost_gap: { p50: 0.01, p90: 0.5 }, good: 0.5, violation_m: { p90: 0.03 } },
        guess_m: { p50: 0.4, p90: 1 },
        nearest_m: { p50: 0.05, p90: 0.05 },
        reaches_best: 0.5,
        ms: { init_p50: 0.1, iteration_p50: 1, total_p50: 4, total_p99: 10 },
      },
    ]);
  });

  test("are made apart for scenes with one known optimum and with several, for all kinds and each", () => {
    const rows = summarizeAmbiguity([trial(2, 0.01, 0), trial(4, 0.01, 0.03), trial(6, 0.5, 0)]);
    expect(rows.map(({ scenes, kind, init, n }) => ({ scenes, kind, init, n }))).toEqual([
      { scenes: "single", kind: "all", init: "path", n: 1 },
      { scenes: "single", kind: "goal", init: "path", n: 1 },
      { scenes: "ambiguous", kind: "all", init: "path", n: 2 },
      { scenes: "ambiguous", kind: "goal", init: "path", n: 2 },
    ]);
    expect(rows[2].to_convergence["1e-2"].mean).toBe(5);
    expect(rows[2].after_one.good).toBe(0);
  });

  test("a gap is a share of the best cost, and of 1 where that is less", () => {
    expect(costGap(22, 20)).toBeCloseTo(0.1, 12);
    expect(costGap(0.3, 0.1)).toBeCloseTo(0.2, 12);
  });
});

describe("the 4-state car", () => {
  test("has the derivatives that finite differences say", () => {
    const { ok, worst } = checkDerivatives(carProblem(), Float64Array.from(CAR_START), createRng(4));
    expect(worst).toEqual([]);
    expect(ok).toBe(true);
  });

  test("reaches IPOPT's optimum with stable gains in at most 15 QPs, as published", {
    timeout: 60_000,
  }, () => {
    const stable = timeCar(() => 0).find(({ gains }) => gains === "stable")!;
    expect(stable.status).toBe("converged");
    expect(stable.iterations).toBeLessThanOrEqual(15);
    expect(Math.abs(stable.cost - stable.optimum)).toBeLessThan(1e-3);
  });
});
