import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DriveSummary, drive } from "../../src/drive/index.ts";
import { createNetInference, type NetInference, type NetSession } from "../../src/init-net/index.ts";
import { type LoadedNet, loadNet } from "../../src/init-net/node.ts";
import { netLayout } from "../../src/init-net/training-models.ts";
import { createBestStart, createNetStart } from "../../src/planner/index.ts";
import { randomNet, sizesOf } from "../init-net/random-net.ts";
import { jackal } from "../planner/fake-net.ts";
import { world } from "./runs.ts";

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
