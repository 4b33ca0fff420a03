import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { BUILD_TIME, buildCli, ROOT, runProcess } from "./run-cli.ts";

// What needs the built program: worker threads and signals.
const LONG = { timeoutMs: 170_000 };
const run = (...more: string[]): string[] =>
  "optimize --optimizee logistic --optimizers adam:0.1,sgd:0.5 --json"
    .split(" ")
    .concat("--steps", "40", "--seeds", "3", ...more);

beforeAll(buildCli, BUILD_TIME);

test("runs on several threads give what they give on one", async () => {
  const results = [];
  for (const threads of ["1", "3"]) {
    const { code, stdout } = await runProcess(run("--threads", threads), LONG);
    expect(code).toBe(0);
    const { rows } = JSON.parse(stdout);
    results.push(rows.map(({ ms, ...row }: { ms: unknown }) => row));
  }
  expect(results[0]).toEqual(results[1]);
  expect(results[0]).toHaveLength(2);
});

test("Ctrl-C keeps finished runs, also of worker threads, and the same command goes on", {
  timeout: 60_000,
}, async () => {
  const out = join(mkdtempSync(join(tmpdir(), "mnemosyne-optimize-")), "run");
  const args = run("--threads", "2", "--out", out, "--seeds", "60", "--steps", "300");
  const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const runs = (): string[] => (existsSync(join(out, "runs")) ? readdirSync(join(out, "runs")) : []);
  while (child.exitCode === null && runs().length < 4)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill("SIGINT");
  expect(await ended).toBe(1);
  expect(stderr).toContain("the same command goes on");
  const kept = runs();
  expect(kept.length).toBeLessThan(120);
  expect(kept.filter((file) => file.includes("partial"))).toEqual([]);
  expect(JSON.parse(stdout).status).toBe("interrupted");
  const again = await runProcess(args, LONG);
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout).rows.map((row: { runs: number }) => row.runs)).toEqual([60, 60]);
  expect(runs()).toEqual(expect.arrayContaining(kept));
});
