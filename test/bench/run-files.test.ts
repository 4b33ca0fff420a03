import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { codeId } from "../../src/bench/optimize/code-id.ts";
import { createRunFiles, type RunKey } from "../../src/bench/optimize/run-files.ts";

const record = {
  train: [1, 0.5],
  checkpoints: [{ step: 2, loss: 0.4 }],
  skipped: 0,
  ms: { gradient: 1, update: 1 },
};
const key = {
  job: {
    task: { optimizee: "quadratic-2", steps: 2, checkpoints: [2] },
    optimizer: { kind: "classic", name: "sgd", label: "sgd:0.1", learningRate: 0.1 },
    seed: 1,
  },
} as unknown as RunKey;

test("a run is found by the code that made it, and by no other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "runs-"));
  const files = (name: string) => createRunFiles(folder, async () => name);
  await files("one").write(key, record);
  expect(await files("one").find(key)).toEqual(record);
  expect(await files("two").find(key)).toBeUndefined();
});

test("code has another name where a program changes, comes or goes, and not where its types or maps do", async () => {
  const root = mkdtempSync(join(tmpdir(), "code-"));
  for (const room of ["base", "linalg", "wasm", "cam", "graph", "rules", "optim"])
    mkdirSync(join(root, room));
  const put = (name: string, text: string) => writeFileSync(join(root, name), text);
  const id = () => codeId(pathToFileURL(`${root}/`));
  put("rules/adam.js", "1");
  const first = await id();
  put("rules/adam.d.ts", "types");
  put("rules/adam.js.map", "map");
  expect(await id()).toBe(first);
  put("rules/adam.js", "2");
  const second = await id();
  put("rules/sgd.js", "");
  expect(new Set([first, second, await id()]).size).toBe(3);
  expect(await codeId()).toMatch(/^[0-9a-f]{12}$/);
});
