import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RunVerb } from "../../src/cli/verb.ts";
import { runHere } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const file = join(folder, "run.yaml");
  writeFileSync(file, text);
  return file;
}

/** What a verb is given. */
async function given(...args: string[]) {
  let options: unknown;
  const execute: RunVerb = async (_verb, read) => {
    options = read;
  };
  return { ...(await runHere(args, { execute })), options };
}

test("flags of a file are as those of the command line, which win over them", async () => {
  const file = write(
    "map: office.yaml\nstart: [1, 2.6, -90]\ngoal: 12.3,6\nrate: 20\nsensor: lidar\nshocks: true\n",
  );
  const byFile = await given("navigate", "--config", file, "--sensor", "truth");
  const flags = [
    "--map",
    "office.yaml",
    "--start",
    "1,2.6,-90",
    "--goal",
    "12.3,6",
    "--rate",
    "20",
    "--shocks",
  ];
  expect(byFile.stderr).toBe("");
  expect(byFile.options).toEqual((await given("navigate", ...flags, "--sensor", "truth")).options);
  expect(await given("evaluate", "runs.jsonl", `--config=${write("jobs: 2\n")}`)).toMatchObject({
    code: 0,
    options: { jobs: 2 },
  });
});

test("a file of parameters holds flags, too: those of --config and of the command line win over them", async () => {
  const params = join(folder, "params.yaml");
  const text = "navigation: { margin: 0.1 }\nworld: cells:3\nrate: 20\nsensor: lidar\nkeepout: k.yaml\n";
  writeFileSync(params, text);
  const file = write(`params: ${params}\nrate: 30\n`);
  const flags = ["--sensor", "lidar", "--keepout", "k.yaml", "--params", params];
  expect((await given("navigate", "--params", params)).options).toEqual(
    (await given("navigate", "--world", "cells:3", "--rate", "20", ...flags)).options,
  );
  // A map takes the place of a world, wherever the two stand.
  const place = ["--map", "m.yaml", "--start", "1,2,3", "--goal", "4,5"];
  expect((await given("navigate", "--config", file, ...place)).options).toEqual(
    (await given("navigate", ...place, "--rate", "30", ...flags)).options,
  );
  writeFileSync(params, "navigation: { margin: 0.1 }\nsensr: lidar\n");
  const slip = await given("navigate", "--params", params);
  expect([slip.code, slip.stderr.includes('did you mean "sensor"?'), slip.stderr.includes(params)]).toEqual([
    1,
    true,
    true,
  ]);
});

test("a list gives a flag that may be repeated once for each of its values", async () => {
  const folders = write("data: [one, two, 'three,four']\nout: runs/x\n");
  expect((await given("train", "--config", folders)).options).toMatchObject({
    data: ["one", "two", "three,four"],
  });
  const models = write("model: [a.onnx, mine=b.onnx]\nscenes: 5\n");
  expect((await given("bench", "sqp", "--config", models)).options).toEqual(
    (await given("bench", "sqp", "--scenes", "5", "--model", "a.onnx", "--model", "mine=b.onnx")).options,
  );
});

test("what is no flag of the verb, or no value, is refused with the file's name", async () => {
  const slip = await given("navigate", "--config", write("wrold: cells:7\n"));
  expect(slip.code).toBe(1);
  expect(slip.stderr).toContain(`${join(folder, "run.yaml")}: the file has an unknown option "wrold"`);
  expect(slip.stderr).toContain('(did you mean "world"?)');
  const nested = await given("navigate", "--config", write("rate: { hz: 10 }\n"));
  expect(nested.stderr).toContain("rate is");
  expect((await given("navigate", "--config", "no-such.yaml")).stderr).toContain(
    "no-such.yaml: no such file",
  );
  expect((await given("navigate", "--config")).code).toBe(2);
  expect((await given("world", "--config", write("sensor: lidar\n"))).stderr).toContain('"sensor"');
});
