import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openBenchStarts } from "../../src/bench/bench-models.ts";
import { parseModelRef } from "../../src/cli/parse-optimizers.ts";
import { resolveNavigationOptions } from "../../src/planner/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { runHere } from "../cli/run-cli.ts";
import { randomNet } from "../init-net/random-net.ts";

describe("bench sqp with networks", () => {
  let file: string;
  beforeAll(() => {
    const robot = getRobot("jackal");
    file = join(mkdtempSync(join(tmpdir(), "mnemosyne-bench-")), "random.onnx");
    writeFileSync(file, randomNet(robot, resolveNavigationOptions(robot).lookahead).bytes);
  });

  test("has rows of the robot's own network, of best with and without it, and of one more", async () => {
    const refs = parseModelRef(`blind=${file}`, parseModelRef(file));
    const { starts, models } = await openBenchStarts(refs, getRobot("jackal"));
    const house = ["zero", "straight", "path", "shift", "shift-or-path", "best-no-net"];
    const nets = ["net", "net-merit", "best", "blind", "blind-merit", "best-blind"];
    expect(starts.map(({ name }) => name)).toEqual([...house, ...nets]);
    expect(models).toEqual({ net: file, blind: file });
  });

  test("solves from its prediction, and says which file it was", async () => {
    const flags = ["--scenes", "1", "--worlds", "clutter", "--model", file, "--json"];
    const { code, stdout, stderr } = await runHere(["bench", "sqp", ...flags]);
    expect(code, stderr).toBe(0);
    const { rows, models } = JSON.parse(stdout);
    expect(models).toEqual({ net: file });
    const net = rows.find((row: { init: string }) => row.init === "net");
    expect(net).toMatchObject({ n: 1, kind: "ordinary" });
    expect(Number.isFinite(net.guess_m.p50)).toBe(true);
  });

  test("refuses a network for another robot", async () => {
    const flags = ["--scenes", "1", "--robot", "turtlebot4", "--model", file];
    const { code, stderr } = await runHere(["bench", "sqp", ...flags]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("turtlebot4");
  });
});

describe("--model of bench sqp", () => {
  test("is a file, or a name and a file", () => {
    const one = parseModelRef("a.onnx");
    expect(one).toEqual([{ name: undefined, file: "a.onnx" }]);
    expect(parseModelRef("b2=x/y=z.onnx", one)).toEqual([...one, { name: "b2", file: "x/y=z.onnx" }]);
  });

  test.each([
    ["a.txt", /\.onnx/],
    ["net=a.onnx", /names other than .*net/],
    ["shift=a.onnx", /names other than .*shift/],
    ["mine=b.onnx", /mine, each once/],
    ["b.onnx", /Only one model/],
  ])("%s is refused", (text, message) => {
    const before = parseModelRef("mine=a.onnx", parseModelRef("a.onnx"));
    expect(() => parseModelRef(text, before)).toThrow(message);
  });
});
