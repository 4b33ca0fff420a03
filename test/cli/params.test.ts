import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readLog } from "../../src/record/index.ts";
import { runHere } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "params-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const drive = (...flags: string[]) =>
  runHere(["navigate", "--world", "cells:7", "--init", "shift", "--timeout", "0.2", ...flags]);

test("the log of a run holds all parameters, those of --params and the defaults", async () => {
  const file = write(
    "params.yaml",
    "navigation: { margin: 0.08, weights: { speed: 0.5 } }\ntolerance: { yaw: 0.1 }\n",
  );
  const record = join(folder, "run.mcap");
  const { stderr } = await drive("--params", file, "--tolerance", "0.5", "--record", record);
  expect(stderr).not.toContain("error");
  const { meta } = await readLog(readFileSync(record));
  expect(meta.config).toMatchObject({
    navigation: { margin: 0.08, N: 30, weights: { speed: 0.5, turn: 0.4 }, collision: { linear: 300 } },
    tolerance: { position: 0.5, yaw: 0.1 },
  });
});

test("a file of parameters with a slip is refused by name, and nothing is driven", async () => {
  const file = write("slip.yaml", "navigation:\n  margn: 0.08\n");
  const { code, stderr, stdout } = await drive("--params", file);
  expect(code).toBe(1);
  expect(stderr).toContain(`${file}: navigation has an unknown option "margn"`);
  expect(stderr).toContain('(did you mean "margin"?)');
  expect(stdout).toBe("");
});
