import { describe, expect, it } from "vitest";
import { drive } from "../../src/drive/index.ts";
import type { NetPrediction, NetScene } from "../../src/init-net/index.ts";
import { createTrajectory, rollout } from "../../src/ocp/index.ts";
import {
  createBestStart,
  createNetStart,
  getWarmStart,
  type NetStartOptions,
  netScene,
  pathStart,
  shiftPlan,
  type WarmStart,
  type WarmStartInput,
} from "../../src/planner/index.ts";
import { computeDistanceField } from "../../src/sim/index.ts";
import { evaluateGuess } from "../../src/sqp/index.ts";
import { world } from "../drive/runs.ts";
import { failing, fakeNet, input, problem, three } from "./fake-net.ts";
import { fill } from "./scenes.ts";

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
