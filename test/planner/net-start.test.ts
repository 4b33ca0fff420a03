import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DriveSummary, drive } from "../../src/drive/index.ts";
import {
  createNetInference,
  type NetHypothesis,
  type NetInference,
  type NetPrediction,
  type NetScene,
  type NetSession,
} from "../../src/init-net/index.ts";
import { type LoadedNet, loadNet } from "../../src/init-net/node.ts";
import { netLayout } from "../../src/init-net/training-models.ts";
import { createTrajectory, rollout } from "../../src/ocp/index.ts";
import {
  createBestStart,
  createNavigationProblem,
  createNetStart,
  createTrajectoryPlanner,
  getWarmStart,
  type NetStartOptions,
  netScene,
  type Plan,
  pathStart,
  poseScene,
  shiftPlan,
  type WarmStart,
  type WarmStartInput,
} from "../../src/planner/index.ts";
import { NO_TIMES } from "../../src/planner/scene.ts";
import { computeDistanceField, getRobot } from "../../src/sim/index.ts";
import { evaluateGuess, type SqpGuess, solveSqp } from "../../src/sqp/index.ts";
import { world } from "../drive/runs.ts";
import { randomNet, sizesOf } from "../init-net/random-net.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

const jackal = getRobot("jackal");
const problem = createNavigationProblem(jackal);
const { N } = problem.options;

/** A scene with a block beside the path, and a plan of a tenth of a second before. */
function input(): WarmStartInput & { readonly lastPlan: Plan } {
  const grid = room(8, 5);
  fill(grid, 3, 1, 3.6, 2.4);
  const path = along([
    [1, 2],
    [2.5, 2.9],
    [4, 2.6],
  ]);
  const field = computeDistanceField(grid, { unknown: "free" });
  const before = sceneAt(jackal, grid, { x: 1, y: 2, yaw: 0.3 }, path);
  problem.set(before.goal, field, before.final, 0.04);
  const { X, U, K } = solveSqp(problem.ocp, before.x, pathStart(problem, before), { tol: 1e-4 });
  const lastPlan = { time: 0, dt: problem.options.dt, X, U, K };
  const scene = { ...before, time: 0.1, x: X.slice(5, 10) };
  return { scene, problem, field, margin: 0.04, lastPlan };
}

/** A network that answers as it is told, and remembers what it saw. */
function fakeNet(answer: (scene: NetScene) => NetPrediction): NetInference & { seen: NetScene[] } {
  const seen: NetScene[] = [];
  return {
    seen,
    spec: randomNet(jackal, 3).spec,
    async predict(scene) {
      seen.push(scene);
      return answer(scene);
    },
  };
}

/** The path's trajectory, moved aside by `aside` metres. */
function hypothesis({ bases }: NetScene, aside: number, score: number): NetHypothesis {
  const X = bases.path.X.map((value, i) => (i % 5 === 1 && i > 5 ? value + aside : value));
  return { X, U: bases.path.U, score };
}

const three = (scene: NetScene): NetPrediction => ({
  status: "predicted",
  dropped: 0,
  hypotheses: [hypothesis(scene, 0, 3), hypothesis(scene, 0.04, 2), hypothesis(scene, 0.3, 1)],
});

const failing = (): NetPrediction => ({ status: "nonFinite", note: "NaN came out" });

describe("what the network sees", () => {
  it("is the scene, and as bases the path's pursuit rolled out and the shifted last plan", () => {
    const given = input();
    const seen = netScene(given);
    const along = createTrajectory(problem.ocp);
    along.U.set(pathStart(problem, given.scene).U!);
    rollout(problem.ocp, given.scene.x, along);
    expect([...seen.bases.path.X]).toEqual([...along.X]);
    expect([...seen.bases.path.U]).toEqual([...along.U]);
    const shifted = shiftPlan(problem, given.lastPlan, 0.1);
    expect([...seen.bases.shift!.X]).toEqual([...shifted.X]);
    expect(seen).toMatchObject({ x: given.scene.x, goal: given.scene.goal, margin: 0.04, final: true });
    expect(seen.field).toBe(given.field);
    expect(seen.path).toBe(given.scene.path);
  });

  it("has no shifted plan on a first tick", () => {
    expect(netScene({ ...input(), lastPlan: undefined }).bases.shift).toBeUndefined();
  });
});

describe("best with a gate", () => {
  /** The plan of the scene with what its solve promised, and whether the network was asked. */
  const asks = async (
    change: (given: ReturnType<typeof input>) => Partial<WarmStartInput>,
    options: Partial<NetStartOptions> = {},
  ) => {
    const given = input();
    const { X, U, K } = given.lastPlan;
    problem.set(given.scene.goal, given.field, given.scene.final, 0.04);
    const { merit } = evaluateGuess(problem.ocp, X.slice(0, 5), { X, U, K });
    const promised = { ...given, lastPlan: { ...given.lastPlan, merit } };
    const net = fakeNet(three);
    const candidates = await createBestStart(net, options).candidates({ ...promised, ...change(promised) });
    expect(candidates.at(-1)!.name).toBe("path");
    return net.seen.length === 1;
  };

  it("does without the network where the last plan keeps what it promised, unless told otherwise", async () => {
    expect(await asks(() => ({}))).toBe(false);
    expect(await asks(() => ({}), { gate: "always" })).toBe(true);
  });

  it("asks where there is no last plan, or nobody knows what it promised", async () => {
    expect(await asks(() => ({ lastPlan: undefined }))).toBe(true);
    expect(await asks(({ lastPlan: { merit: _merit, ...rest } }) => ({ lastPlan: rest }))).toBe(true);
  });

  it("asks where the robot was pushed, the goal moved or something is in the way", async () => {
    expect(
      await asks(({ scene }) => ({ scene: { ...scene, x: scene.x.map((v, i) => (i === 0 ? v - 1 : v)) } })),
    ).toBe(true);
    expect(
      await asks(({ scene, field }) => {
        problem.set({ x: 2.5, y: 4.2 }, field, scene.final, 0.04);
        return {};
      }),
    ).toBe(true);
    expect(
      await asks(({ scene, lastPlan }) => {
        const [x, y] = lastPlan.X.subarray(20 * 5, 20 * 5 + 2);
        fill(scene.grid, x - 0.2, y - 0.2, x + 0.2, y + 0.2);
        const field = computeDistanceField(scene.grid, { unknown: "free" });
        problem.set(scene.goal, field, scene.final, 0.04);
        return { field };
      }),
    ).toBe(true);
  });
});

describe("net", () => {
  const names = async (start: WarmStart) => (await start.candidates(input())).map((c) => c.name);

  it("starts from the states and controls of the highest score alone, in one QP per tick", async () => {
    const net = fakeNet(three);
    const start = createNetStart(net);
    expect(start).toMatchObject({ name: "net", iterations: 1 });
    const [only, ...others] = await start.candidates(input());
    expect(others).toEqual([]);
    expect(only).toEqual({
      name: "net",
      guess: { X: net.seen[0].bases.path.X, U: net.seen[0].bases.path.U, tracking: undefined },
    });
  });

  it("rolls out controls where it is told to, or where no states are predicted", async () => {
    const told = await createNetStart(fakeNet(three), { follow: "controls" }).candidates(input());
    expect(Object.keys(told[0].guess)).toEqual(["U"]);
    const controls = (scene: NetScene): NetPrediction => ({
      status: "predicted",
      dropped: 0,
      hypotheses: [{ U: scene.bases.path.U, score: 0 }],
    });
    const [only] = await createNetStart(fakeNet(controls)).candidates(input());
    expect(Object.keys(only.guess)).toEqual(["U"]);
  });

  it("chooses by merit among hypotheses that differ, where it is told to", async () => {
    const start = createNetStart(fakeNet(three), { choice: "merit" });
    expect(start.choice).toBe("merit");
    expect(await names(start)).toEqual(["net", "net-2"]); // 4 cm aside is no other hypothesis
    expect(await names(createNetStart(fakeNet(three), { choice: "merit", distinct: 0.01 }))).toHaveLength(3);
    expect(await names(createNetStart(fakeNet(three), { choice: "merit", hypotheses: 1 }))).toEqual(["net"]);
  });

  it("is tracked with the weights it is given", async () => {
    const tracking = { state: new Float64Array(5).fill(2), control: new Float64Array(2).fill(3) };
    const [only] = await createNetStart(fakeNet(three), { tracking }).candidates(input());
    expect(only.guess.tracking).toBe(tracking);
  });

  it("falls back to shift where the prediction fails, to path on a first tick, and says why", async () => {
    const start = createNetStart(fakeNet(failing));
    const [shifted] = await start.candidates(input());
    const [expected] = await getWarmStart("shift").candidates(input());
    expect(shifted).toEqual({ ...expected, note: "NaN came out" });
    const first = await start.candidates({ ...input(), lastPlan: undefined });
    expect(first.map(({ name, note }) => [name, note])).toEqual([["path", "NaN came out"]]);
  });
});

describe("the name net alone", () => {
  it("is refused, and told how to go with a network", async () => {
    expect(() => getWarmStart("net")).toThrow(/"net" needs a network: make it with createNetStart/);
    await expect(drive({ ...world("clutter", 100), init: "net" })).rejects.toThrow(/createNetStart/);
  });
});

describe("best", () => {
  const names = async (start: WarmStart, given: WarmStartInput = input()) =>
    (await start.candidates(given)).map((c) => c.name);

  it("is shift and path without a network, as before", () => {
    expect(createBestStart()).toBe(getWarmStart("best"));
  });

  it("adds the network's hypotheses, one QP each", async () => {
    const start = createBestStart(fakeNet(three));
    expect(start).toMatchObject({ name: "best", choice: "oneQp", iterations: 1 });
    expect(await names(start)).toEqual(["net", "net-2", "shift", "path"]);
    expect(await names(start, { ...input(), lastPlan: undefined })).toEqual(["net", "net-2", "path"]);
  });

  it("does without them where the prediction fails, and says why", async () => {
    const candidates = await createBestStart(fakeNet(failing)).candidates(input());
    expect(candidates.map(({ name, note }) => [name, note])).toEqual([
      ["shift", "NaN came out"],
      ["path", "NaN came out"],
    ]);
  });
});

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

describe("a drive with a network", () => {
  const nets: Record<string, LoadedNet> = {};
  beforeAll(async () => {
    const { entries } = netLayout(randomNet(jackal, 3).spec);
    const bias = entries.find(({ name }) => name === "head.trajectory.b")!;
    const spoilt: Record<string, (parameters: Float32Array) => void> = {
      untrained: () => {},
      "NaN weights": (p) => p.fill(Number.NaN),
      "one NaN weight": (p) => p.fill(Number.NaN, 100, 101),
      "weights that leave the map": (p) => p.fill(50, bias.offset, bias.offset + bias.size),
      "weights that overflow": (p) => p.fill(3e38),
    };
    for (const [name, spoil] of Object.entries(spoilt)) {
      nets[name] = await loadNet(randomNet(jackal, 3, {}, spoil).bytes, jackal, sizesOf(3));
    }
  });
  afterAll(async () => {
    for (const net of Object.values(nets)) await net.dispose();
  });

  it("reaches its goal in one QP per tick from an untrained network, which proposes about its bases", async () => {
    for (const init of [createNetStart(nets.untrained), createBestStart(nets.untrained)]) {
      const { summary } = await drive({ ...world("clutter", 100), init });
      expect(summary).toMatchObject({ status: "reached", init: init.name, iterations: 1, initFallbacks: 0 });
      expect(summary.initNote).toBeUndefined();
      expect(summary.sqp.iterations.max).toBe(1);
    }
  });

  it("is the same twice, to the last digit", async () => {
    const run = async () =>
      (await drive({ ...world("cells", 101), init: createNetStart(nets.untrained) })).summary;
    expect(await run()).toEqual(await run());
  });

  it.each([
    ["NaN weights", /NaN or infinity/],
    ["one NaN weight", /NaN or infinity/],
    ["weights that leave the map", /where the robot cannot/],
    ["weights that overflow", /NaN or infinity|where the robot cannot/],
  ])("of %s is the drive of shift, with a note, and counts no fallback of the loop", async (name, note) => {
    const options = { ...world("clutter", 100), iterations: 1 };
    const { summary } = await drive({ ...options, init: createNetStart(nets[name]) });
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.initFallbacks).toBe(Object.values(summary.sqp.status).reduce((a, b) => a + b));
    expect(summary.initNote).toMatch(note);
    expect(summary.deadline.fallbacks).toBe(0);
    const { summary: shift } = await drive({ ...options, init: "shift" });
    const strip = ({ init: _init, initFallbacks: _count, initNote: _note, ...rest }: DriveSummary) => rest;
    expect(strip(summary)).toEqual(strip(shift));
  });

  it("survives a session that fails now and then", async () => {
    let asked = 0;
    const net = nets.untrained;
    const flaky: NetInference = {
      spec: net.spec,
      predict: async (scene) =>
        ++asked % 3 === 0 ? { status: "failed", note: "device lost" } : net.predict(scene),
    };
    for (const init of [createNetStart(flaky), createBestStart(flaky)]) {
      asked = 0;
      const { summary } = await drive({ ...world("rooms", 100), init });
      expect(summary.status, summary.note).toBe("reached");
      expect(summary.initFallbacks).toBe(Math.floor(asked / 3));
      expect(summary.initNote).toBe("device lost");
      expect(summary.collisions).toBe(0);
    }
  });

  it("goes on from the last plan where the runtime hangs for good", async () => {
    const hanging: NetSession = { run: () => new Promise(() => {}) };
    const net = createNetInference(hanging, nets.untrained.spec, jackal, 50);
    const { summary } = await drive({ ...world("clutter", 100), init: createNetStart(net) });
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.initFallbacks).toBe(Object.values(summary.sqp.status).reduce((a, b) => a + b));
    expect(summary.initNote).toBe("the network has not answered for 0.05 s");
  });

  it("ends a run that does not reach its goal without blaming the network", async () => {
    const { summary } = await drive({
      ...world("clutter", 100),
      init: createNetStart(nets["NaN weights"]),
      timeout_s: 1,
    });
    expect(summary).toMatchObject({ status: "timeout", initNote: expect.stringContaining("NaN") });
    expect(summary.note).toBeUndefined();
  });
});
