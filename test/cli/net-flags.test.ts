import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runScenario } from "../../src/cli/run-scenario.ts";
import {
  createSharedSpec,
  formatNetMetadata,
  initNet,
  NET_METADATA_KEY,
  writeInferenceModel,
} from "../../src/init-net/index.ts";
import { findNet, openWarmStart } from "../../src/node/open-warm-start.ts";
import { getWarmStart, resolveNavigationOptions } from "../../src/planner/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { randomNet, SMALL } from "../init-net/random-net.ts";
import { runHere } from "./run-cli.ts";

const jackal = getRobot("jackal");
const folder = mkdtempSync(join(tmpdir(), "mnemosyne-model-"));
const file = (name: string, content: Uint8Array | string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const { bytes } = randomNet(jackal, resolveNavigationOptions(jackal).lookahead);
const model = file("untrained.onnx", bytes);
const spoilt = randomNet(jackal, 3, {}, (parameters) => parameters.fill(Number.NaN)).bytes;
const grown = jackal.footprint.map(([x, y]) => [1.1 * x, 1.1 * y]);
/** A robot that nobody ships a network for. */
const nobody = file("nobody.json", JSON.stringify({ ...jackal, name: "nobody", footprint: grown }));
/** One that goes by the name of another. */
const impostor = file("impostor.json", JSON.stringify({ ...jackal, footprint: grown }));
/** One whose name alone is its own. */
const renamed = file("renamed.json", JSON.stringify({ ...jackal, name: "renamed" }));

const drive = ["navigate", "--world", "clutter:100", "--json"];

describe("--init net", () => {
  test("drives on the network that --model names, one QP per tick, and says which", async () => {
    const { code, stdout, stderr } = await runHere([...drive, "--init", "net", "--model", model]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "reached",
      init: "net",
      model,
      iterations: 1,
      init_fallbacks: 0,
      sqp: { iterations: { max: 1 } },
    });
  });

  test("takes --iterations, and best takes the network, too", async () => {
    const flags = ["--init", "best", "--model", model, "--iterations", "3"];
    const { code, stdout } = await runHere([...drive, ...flags]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ init: "best", model, iterations: 3, init_fallbacks: 0 });
  });

  test("of weights that are NaN reaches the goal on shift, and says so in every way", async () => {
    const flags = ["--init", "net", "--model", file("nan.onnx", spoilt)];
    const { code, stdout } = await runHere([...drive, ...flags]);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({
      status: "reached",
      init: "net",
      init_note: "the network's prediction holds NaN or infinity",
      deadline: { fallbacks: 0 },
    });
    expect(summary.init_fallbacks).toBeGreaterThan(0.9 * summary.ticks);
    const text = await runHere([...drive.slice(0, -1), ...flags]);
    expect(text.stdout).toContain(`fell back in ${summary.init_fallbacks} ticks: the network's prediction`);
  });

  test("drives with shift where there is no network for the robot, and says so", async () => {
    const { code, stdout, stderr } = await runHere([...drive, "--init", "net", "--robot", nobody]);
    expect(code).toBe(0);
    expect(stderr).toContain("--init net drives with --init shift instead: no network for the nobody");
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ status: "reached", init: "shift", iterations: 10 });
    expect(summary.init_note).toContain("no network for the nobody");
    expect(summary.model).toBeUndefined();
  });

  test("best without a network of the robot's own drives on that for any robot, and says so once, by name, with the commands that make one", async () => {
    const { code, stdout, stderr } = await runHere([...drive, "--robot", nobody]);
    expect(code).toBe(0);
    expect(stderr.match(/network for the nobody/g)).toHaveLength(1);
    expect(stderr).toContain(`npx mnemosyne-mpc collect --robot ${nobody} --out datasets/nobody`);
    expect(stderr).toContain(
      `npx mnemosyne-mpc train --robot ${nobody} --data datasets/nobody --from models/warm-start-robots.onnx --out runs/nobody`,
    );
    expect(JSON.parse(stdout)).toMatchObject({ init: "best", iterations: 1, init_fallbacks: 0 });
  });

  test("best takes no network of a robot that has only the name, and names what differs", async () => {
    const { code, stdout, stderr } = await runHere([...drive, "--robot", impostor, "--timeout", "1"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/footprint is x -0.254 to 0.254, .* expected x -0.2794 to 0.2794/);
    expect(stderr).toContain(`npx mnemosyne-mpc collect --robot ${impostor}`);
    expect(JSON.parse(stdout).model).toBe("models/warm-start-robots.onnx");
    const asked = await runHere([...drive, "--robot", impostor, "--model", model]);
    expect(asked.code).toBe(2);
    expect(JSON.parse(asked.stdout).error.message).toContain("footprint is x -0.254");
  });

  test("best takes the network of a robot that is called otherwise", async () => {
    const { stdout, stderr } = await runHere([...drive, "--robot", renamed, "--timeout", "1"]);
    expect(stderr).not.toContain("network");
    expect(JSON.parse(stdout).model).toBe("models/warm-start-jackal.onnx");
  });

  test("plans a single scene from the network", async () => {
    const flags = ["plan", "--world", "clutter:3", "--init", "net", "--model", model, "--json"];
    const { code, stdout, stderr } = await runHere(flags);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ init: "net", model, start: "net", status: "converged" });
  });

  test("is part of the log's description of the run", async () => {
    const record = join(folder, "run.mcap");
    const flags = ["--init", "net", "--model", model, "--record", record, "--timeout", "1"];
    await runHere([...drive, ...flags]);
    expect(readFileSync(record).includes("untrained.onnx")).toBe(true);
  });
});

describe("a --model that cannot be used", () => {
  test.each<[string, () => string[], number, string, RegExp]>([
    ["is missing", () => ["--model", join(folder, "none.onnx")], 1, "io", /none.onnx: no such file/],
    [
      "is a folder",
      () => {
        mkdirSync(join(folder, "dir.onnx"), { recursive: true });
        return ["--model", join(folder, "dir.onnx")];
      },
      1,
      "io",
      /is a folder/,
    ],
    ["is empty", () => ["--model", file("empty.onnx", "")], 1, "format", /empty.onnx: .*the file is empty/],
    ["is text", () => ["--model", file("text.onnx", "hello")], 1, "format", /text.onnx: not an ONNX model/],
    [
      "is cut short",
      () => ["--model", file("cut.onnx", bytes.subarray(0, 5000))],
      1,
      "format",
      /or only part of one/,
    ],
    [
      "is for another robot",
      () => ["--model", model, "--robot", "f1tenth"],
      2,
      "config",
      /robot is jackal, expected f1tenth/,
    ],
    [
      "is for another rate",
      () => ["--model", model, "--rate", "5"],
      2,
      "config",
      /N is 30, expected 15; dt is 0.1/,
    ],
    ["has another ending", () => ["--model", "model.pt"], 2, "usage", /ends in .onnx/],
  ])("%s: nothing drives, and the message says why", async (_what, flags, exit, error, why) => {
    for (const init of ["net", "best"]) {
      const { code, stdout, stderr } = await runHere([...drive, "--init", init, ...flags()]);
      expect(code).toBe(exit);
      const object = JSON.parse(stdout);
      expect(object).toMatchObject({ verb: "navigate", status: "failed", error: { code: error } });
      expect(object.error.message).toMatch(why);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  test("is refused by evaluate before any worker starts", async () => {
    const flags = [
      "evaluate",
      "--worlds",
      "clutter:0-9",
      "--init",
      "net",
      "--model",
      model,
      "--robot",
      "omni",
    ];
    const { code, stdout } = await runHere([...flags, "--json"]);
    expect(code).toBe(2);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stdout).error.message).toContain("expected omni");
  });

  test("is not read where no network is asked, and that is said", async () => {
    const flags = ["--init", "shift", "--model", "nowhere.onnx", "--timeout", "1"];
    const { stderr } = await runHere([...drive, ...flags]);
    expect(stderr).toContain("--model is not read: --init shift asks no network");
  });
});

describe("the network that comes with the package", () => {
  const sizes = resolveNavigationOptions(jackal);
  const own = (content?: Uint8Array | string): string => {
    const models = mkdtempSync(join(tmpdir(), "mnemosyne-models-"));
    if (content !== undefined) writeFileSync(join(models, "warm-start-jackal.onnx"), content);
    return models;
  };

  test("is found by the robot's name", async () => {
    const models = own(bytes);
    const start = await openWarmStart({ init: "net" }, jackal, sizes, models);
    expect(start).toMatchObject({
      warmStart: { name: "net", iterations: 1 },
      model: join(models, "warm-start-jackal.onnx"),
    });
    expect(start.note).toBeUndefined();
    const best = await openWarmStart({ init: "best" }, jackal, sizes, models);
    expect(best.model).toBe(start.model);
  });

  test.each<[string, Uint8Array | string | undefined, object, RegExp]>([
    ["missing", undefined, {}, /no network for the jackal in .* \(there: no network\)/],
    ["damaged", bytes.subarray(0, 1000), {}, /warm-start-jackal.onnx: not an ONNX model/],
    ["for another rate", bytes, { N: 15, dt: 0.2 }, /N is 30, expected 15/],
    ["of another format", "x", {}, /not an ONNX model/],
  ])(
    "where it is %s net becomes shift and best does without, with a note",
    async (what, content, change, why) => {
      const models = own(content);
      const net = await openWarmStart({ init: "net" }, jackal, { ...sizes, ...change }, models);
      expect(net.warmStart).toBe(getWarmStart("shift"));
      expect(net.note).toMatch(why);
      const best = await openWarmStart({ init: "best" }, jackal, { ...sizes, ...change }, models);
      expect(best.warmStart).toBe(getWarmStart("best"));
      expect(best.note).toMatch(why);
      // No training makes one for another rate than the usual.
      for (const { note } of [net, best])
        expect(note?.includes("npx mnemosyne-mpc train --robot jackal")).toBe(what !== "for another rate");
    },
  );

  test("for any robot serves one that has none of its own, and says so once, with the commands that make one", async () => {
    const shared = createSharedSpec(30, SMALL);
    const metadata = { [NET_METADATA_KEY]: formatNetMetadata(shared) };
    const models = own(bytes);
    writeFileSync(join(models, "robots.onnx"), writeInferenceModel(shared, initNet(shared, 1), metadata));
    const wide = { ...jackal, footprint: jackal.footprint.map(([x, y]) => [x, 1.2 * y] as const) };
    const start = await openWarmStart({ init: "best", robot: "wide.json" }, wide, sizes, models);
    expect(start.model).toBe(join(models, "robots.onnx"));
    expect(start.note).toMatch(/--init best asks the network for any robot, .*robots.onnx: .*footprint is/);
    const net = await openWarmStart({ init: "net", robot: "wide.json" }, wide, sizes, models);
    expect(net).toMatchObject({
      warmStart: getWarmStart("shift"),
      note: expect.stringContaining("instead: "),
    });
    expect(start.note).toMatch(/npx mnemosyne-mpc collect --robot wide.json .*--from .*robots.onnx/);
    const named = await openWarmStart({ init: "best" }, jackal, sizes, models);
    expect(named).toMatchObject({ model: join(models, "warm-start-jackal.onnx") });
    expect(named.note).toBeUndefined();
  });

  test("says which others are there, and is not looked for outside of its folder", async () => {
    const models = own("x");
    const inner = join(models, "inner");
    mkdirSync(inner);
    const found = await findNet(undefined, { ...jackal, name: "../jackal" }, sizes, inner);
    expect(found.net).toBeUndefined();
    const there = await findNet(undefined, { ...jackal, name: "../jackal" }, sizes, models);
    expect(there).toMatchObject({ note: expect.stringContaining("(there: warm-start-jackal.onnx)") });
  });
});

describe("a run as a worker does it", () => {
  const request = {
    id: "a",
    place: { kind: "world", world: { family: "clutter", seed: 100 } },
    robot: "jackal",
    init: "net",
    model,
    seed: 0,
  } as const;

  test("opens the network itself, from plain data to plain data", async () => {
    const row = await runScenario(structuredClone(request));
    expect(row).toMatchObject({ status: "reached", init: "net", model, iterations: 1, init_fallbacks: 0 });
    expect(JSON.parse(JSON.stringify(row))).toEqual(row);
  });
});

describe("benchmarks of the network", () => {
  test("bench net --json: predictions by window and features, training by device and batch", {
    timeout: 60_000,
  }, async () => {
    const flags = ["--scenes", "3", "--windows", "10,20", "--features", "4,8", "--batches", "4"];
    const { code, stdout, stderr } = await runHere([
      ...["bench", "net", "--worlds", "clutter", "--model", model, "--json"],
      ...[...flags, "--devices", "cpu", "--threads", "1"],
    ]);
    expect(code, stderr).toBe(0);
    const object = JSON.parse(stdout);
    expect(object).toMatchObject({ verb: "bench net", scenes: 3, robot: "jackal", seed: 0 });
    const designs = object.latency.map(({ model, window, map, features }: Record<string, unknown>) => [
      model,
      window,
      map,
      features,
    ]);
    expect(designs).toEqual([
      [undefined, 10, "hf+", 4],
      [undefined, 10, "hf+", 8],
      [undefined, 10, "softmax", undefined],
      [undefined, 20, "hf+", 4],
      [undefined, 20, "hf+", 8],
      [undefined, 20, "softmax", undefined],
      ["untrained.onnx", 20, "hf+", 8],
    ]);
    for (const row of object.latency) {
      expect(row).toMatchObject({ n: 12, failed: 0, tokens: (row.window / 5) ** 2 });
      for (const part of ["features", "inference", "total"])
        expect(Object.keys(row.ms[part])).toEqual(["p50", "p99", "max"]);
    }
    expect(object.training).toHaveLength(1);
    expect(object.training[0]).toMatchObject({ device: "cpu", threads: 1, batch: 4 });
    expect(object.devices).toMatchObject([{ device: "cpu", usable: true }]);
  });

  test.each([
    [["--windows", "52"], "multiples of 5"],
    [["--windows", "50,x"], "whole number from 5 to 500"],
    [["--features", "0"], "whole number from 1"],
    [["--attention", "hf"], "favor+"],
    [["--devices", "gpu"], "cpu, webgpu, cuda"],
  ])("bench net refuses %j", async (flags, hint) => {
    const { code, stderr } = await runHere(["bench", "net", ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
  });
});
