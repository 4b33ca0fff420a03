import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { nodeTooOld } from "../../bin/node-version.mjs";
import { BUILD_TIME, buildCli, ROOT, runProcess, startProcess } from "./run-cli.ts";

const MAIN = join(ROOT, "dist", "cli", "main.js");

describe("the program as a process", () => {
  beforeAll(buildCli, BUILD_TIME);

  test("data goes to stdout, exit status is 0", async () => {
    const { code, stdout, stderr } = await runProcess(["info", "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ verb: "info" });
  });

  test("misuse ends with 2, failure with 1, help with 0", { timeout: 60_000 }, async () => {
    const cwd = mkdtempSync(join(tmpdir(), "mnemosyne-process-"));
    expect((await runProcess(["infos"], { cwd })).code).toBe(2);
    expect((await runProcess(["world", "cells:1", "--out", "/dev/null/x"], { cwd })).code).toBe(1);
    expect((await runProcess(["world", "--help"], { cwd })).code).toBe(0);
  });

  test("the launcher runs the program with its arguments and status", () => {
    const bin = join(ROOT, "bin", "mnemosyne.mjs");
    const good = spawnSync(process.execPath, [bin, "--version"], { encoding: "utf8" });
    expect([good.status, good.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
    expect(spawnSync(process.execPath, [bin, "--versoin"], { encoding: "utf8" }).status).toBe(2);
  });

  test("a reader that goes away is no news: nothing on stderr, no hang", async () => {
    const child = spawn(process.execPath, [MAIN, "info"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([0, 1]).toContain(code);
    expect(stderr).toBe("");
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk under stdout is a failure with a sentence", () => {
    const full = openSync("/dev/full", "w");
    const run = spawnSync(process.execPath, [MAIN, "info"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("no space left");
    expect(run.stderr).not.toMatch(/\n\s+at /);
  });

  test("a run is served to Foxglove by the built program, and ends in order when it is told to", async () => {
    const flags = ["--world", "clutter:3", "--init", "shift", "--speed", "0.5", "--serve", "0"];
    const run = startProcess(["navigate", ...flags]);
    await expect.poll(() => run.stderr, { timeout: 15_000 }).toMatch(/ws:\S+/);
    const socket = new WebSocket(/ws:\S+/.exec(run.stderr)![0], ["foxglove.websocket.v1"]);
    const hello = await new Promise((heard) => socket.once("message", heard));
    expect(JSON.parse(String(hello))).toMatchObject({ op: "serverInfo", name: "mnemosyne clutter:3" });
    run.kill("SIGTERM");
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\nmnemosyne: interrupted\n$/)]);
  });

  test("a Node.js that is too old is refused with the version needed", () => {
    for (const old of ["18.20.4", "20.18.9", "16.0.0"]) expect(nodeTooOld(old)).toContain("20.19");
    for (const fine of ["20.19.0", "20.20.2", "22.0.0", "24.1.0"]) expect(nodeTooOld(fine)).toBeUndefined();
  });
});
