import { describe, expect, it } from "vitest";
import type { NetPrediction, NetScene } from "../../src/init-net/index.ts";
import {
  createBestStart,
  createNetStart,
  createTrajectoryPlanner,
  getWarmStart,
  type NamedGuess,
  type NetStartOptions,
  poseScene,
  type WarmStart,
  type WarmStartInput,
} from "../../src/planner/index.ts";
import { NO_TIMES } from "../../src/planner/scene.ts";
import { type SqpGuess, solveSqp } from "../../src/sqp/index.ts";
import { failing, fakeNet, hypothesis, input, jackal, N, problem, three } from "./fake-net.ts";

describe("a planner with a network", () => {
  const plan = async (answer: (scene: NetScene) => NetPrediction, clock?: () => number) => {
    const warmStart = createNetStart(fakeNet(answer));
    const planner = createTrajectoryPlanner({ robot: jackal, warmStart, maxIterations: 1, clock });
    return planner.plan(input().scene);
  };

  it("tells what it started from, and why that is not the network", async () => {
    const good = await plan(three);
    expect(good).toMatchObject({ source: "solution", solve: { start: "net", iterations: 1 } });
    expect(good.note).toBeUndefined();
    expect(good.solve!.startNote).toBeUndefined();
    const bad = await plan(failing);
    expect(bad).toMatchObject({
      source: "solution",
      note: "NaN came out",
      solve: { start: "path", startNote: "NaN came out" },
    });
  });

  it("counts the network's time as that of the warm start", async () => {
    let now = 0;
    const slow = (scene: NetScene): NetPrediction => {
      now += 7;
      return three(scene);
    };
    expect((await plan(slow, () => now)).partsMs).toEqual({ ...NO_TIMES, init: 7 });
  });

  it("tracks predicted states from where the robot really is", async () => {
    const { solve, plan: followed } = await plan((scene) => ({
      status: "predicted",
      dropped: 0,
      hypotheses: [hypothesis(scene, 0.1, 0)],
    }));
    expect(solve!.startX.length).toBe(5 * (N + 1));
    expect([...followed!.X.slice(0, 5)]).toEqual([...input().scene.x]);
  });
});

describe("a planner that tries several starts", () => {
  const plan = async (options: Partial<NetStartOptions>, keepIterates = true) => {
    const { scene, lastPlan } = input();
    const start = createBestStart(fakeNet(three), { distinct: 0.01, ...options });
    const warmStart: WarmStart = {
      ...start,
      candidates: (given) => start.candidates({ ...given, lastPlan }),
    };
    const planner = createTrajectoryPlanner({ robot: jackal, warmStart, maxIterations: 1, keepIterates });
    const { solve } = await planner.plan(scene);
    return solve!;
  };

  it("keeps those that lost, with their iterates, where iterates are kept", async () => {
    const { start, others } = await plan({});
    const names = ["net", "net-2", "net-3", "shift", "path"];
    expect([...others!.map((other) => other.start), start].sort()).toEqual([...names].sort());
    for (const { startX, iterates } of others!) {
      expect(startX.length).toBe(5 * (N + 1));
      expect(iterates.length).toBeGreaterThan(0);
    }
    expect((await plan({}, false)).others).toBeUndefined();
  });

  it("gives a QP to no more than the shortlist, those of the lowest merit in their order", async () => {
    const all = await plan({});
    const merits = [all, ...(await Promise.all([1, 2, 3].map((shortlist) => plan({ shortlist }))))];
    expect(merits.map(({ others }) => others!.length)).toEqual([4, 0, 1, 2]);
    const given = input();
    poseScene(problem, given.scene, given.field);
    const { candidates } = createBestStart(fakeNet(three), { distinct: 0.01 });
    const merit = (guess: SqpGuess) =>
      solveSqp(problem.ocp, given.scene.x, guess, { maxIterations: 0 }).merit;
    const ranked = (await candidates(given)).map(({ name, guess }) => ({ name, merit: merit(guess) }));
    ranked.sort((a, b) => a.merit - b.merit);
    const { start, others } = await plan({ shortlist: 2 });
    const [first, second, third] = ranked;
    expect(third.merit).toBeGreaterThan(second.merit);
    expect([start, others![0].start].sort()).toEqual([first.name, second.name].sort());
  });
});

describe("a planner that is asked again before its warm start has answered", () => {
  it("plans the newer scene, and answers the older one by a stop that leaves no trace", async () => {
    const answers: ((list: readonly NamedGuess[]) => void)[] = [];
    const { candidates } = getWarmStart("path");
    const given: WarmStartInput[] = [];
    const warmStart: WarmStart = {
      name: "slow",
      choice: "merit",
      candidates(asked) {
        given.push(asked);
        return new Promise((resolve) => answers.push(resolve));
      },
    };
    const planner = createTrajectoryPlanner({ robot: jackal, warmStart, maxIterations: 3 });
    const { scene } = input();
    const elsewhere = { ...scene, time: 5, goal: { x: 1.2, y: 2 } };
    const older = planner.plan(elsewhere);
    const newer = planner.plan(scene);
    answers[1](await candidates(given[1]));
    const made = await newer;
    expect(made.source).toBe("solution");
    answers[0](await candidates(given[1]));
    expect(await older).toMatchObject({ source: "stop", note: "another scene is planned by now" });
    const next = planner.fallback({ ...scene, time: scene.time + 0.1, x: made.plan!.X.slice(5, 10) }, "late");
    expect(next.source).toBe("lastPlan");
    expect(next.plan!.X[5]).toBeCloseTo(made.plan!.X[10], 6);
  });
});
