import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { BUILD_TIME, buildCli, runHere, runProcess } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-files-"));
const inFolder = (name: string): string => join(folder, name);
const makeFolder = (name: string): string => {
  mkdirSync(inFolder(name), { recursive: true });
  return inFolder(name);
};
const makeFile = (name: string): string => {
  writeFileSync(inFolder(name), "not a folder");
  return inFolder(name);
};

describe("a message about a file names it", () => {
  // Node's error for reading a folder has no path: each of these once said only "is a folder".
  test.each<[string, (path: string) => string[], string]>([
    ["navigate's robot", (path) => ["navigate", "--world", "cells:7", "--robot", path], "robot.json"],
    ["plan's robot", (path) => ["plan", "--world", "cells:7", "--robot", path], "robot.json"],
    ["navigate's model", (path) => ["navigate", "--world", "cells:7", "--model", path], "net.onnx"],
    ["bench net's model", (path) => ["bench", "net", "--no-training", "--model", path], "net.onnx"],
    ["evaluate's scenarios", (path) => ["evaluate", path], "runs.jsonl"],
    ["bench figures' result", (path) => ["bench", "figures", path], "bench.json"],
  ])("%s is a folder", async (_what, args, name) => {
    const path = makeFolder(name);
    const { code, stdout, stderr } = await runHere([...args(path), "--json"]);
    expect(code).toBe(1);
    expect(stderr).toBe(`mnemosyne: ${path}: is a folder, expected a file\n`);
    expect(JSON.parse(stdout)).toMatchObject({ status: "failed", error: { code: "io" } });
  });

  test.each<[string, (path: string) => string[]]>([
    ["collect", (path) => ["collect", "--count", "1", "--out", path]],
    ["world", (path) => ["world", "--world", "cells:1", "--out", join(path, "cells")]],
  ])("%s is told to write into a folder that is a file", async (_what, args) => {
    const path = makeFile("taken");
    const { code, stderr } = await runHere(args(path));
    expect(code).toBe(1);
    expect(stderr).toBe(`mnemosyne: ${path}: is a file, expected a folder\n`);
  });

  // What cannot be written is said before the work, whose result would be lost.
  test.each<[string, (path: string) => string[]]>([
    ["bench qp", (path) => ["bench", "qp", "--out", join(path, "qp.json")]],
    ["bench peers", (path) => ["bench", "peers", "--out", join(path, "peers.json")]],
    ["capacity", (path) => ["capacity", "--out", path]],
    ["memformer", (path) => ["memformer", "--out", path]],
    ["optimize", (path) => ["optimize", "--data", "synthetic", "--out", path]],
    ["optimize --save", (path) => ["optimize", "--data", "synthetic", "--save", join(path, "w.safetensors")]],
    ["navigate", (path) => ["navigate", "--world", "cells:7", "--picture", join(path, "run.svg")]],
  ])("%s is told to write below a file, and does not begin", async (_what, args) => {
    const path = makeFile("taken");
    let said = "";
    const { code, stdout } = await runHere(args(path), { onStderr: (text) => (said += text) });
    expect([code, stdout]).toEqual([1, ""]);
    expect(said).toBe(`mnemosyne: ${path}: is a file, expected a folder\n`); // no progress before it
  });

  test("logs and pictures make the folders they go into", async () => {
    const [log, picture] = [join(folder, "new", "run.mcap"), join(folder, "newer", "run.svg")];
    const flags = ["--init", "path", "--timeout", "0.2", "--record", log, "--picture", picture];
    await runHere(["navigate", "--world", "cells:7", ...flags]);
    expect([existsSync(log), existsSync(picture)]).toEqual([true, true]);
  });

  test("a picture that cannot take its name leaves nothing behind and is called by it", async () => {
    const path = makeFolder("run.svg");
    const { code, stderr } = await runHere([
      ...["navigate", "--world", "cells:7", "--init", "path", "--timeout", "0.2", "--picture", path],
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`mnemosyne: ${path}: is a folder, expected a file`);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });
});

describe("evaluate", () => {
  beforeAll(buildCli, BUILD_TIME);

  test("of what cannot be driven says why, and no figures of runs that there were none of", {
    timeout: 60_000,
  }, async () => {
    const file = join(folder, "unmapped.jsonl");
    writeFileSync(file, '{"id":"a","map":"none.yaml","start":[1,2,0],"goal":[1,2]}\n');
    const text = await runProcess(["evaluate", file]);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("0 of 1 reached (0.0%), 1 failed");
    expect(text.stdout).not.toContain("clearance");
    const { stdout } = await runProcess(["evaluate", file, "--json"]);
    const [row, totals] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(row).toMatchObject({ id: "a", status: "failed", error: { code: "format" } });
    expect(row.error.message).toContain("none.yaml");
    expect(totals).toMatchObject({ verb: "evaluate", scenarios: 1, runs: 0, failed: 1 });
  });
});
