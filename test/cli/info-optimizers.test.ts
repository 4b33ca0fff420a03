import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findOptimizers } from "../../src/cli/info-parts.ts";
import { LIGHT_SPEC, writeLearnedOptimizer } from "../../src/optim/index.ts";
import { untrained } from "../optim/learned-designs.ts";

test("designs without a trained optimizer say how to train one; damaged files are told", () => {
  const folder = mkdtempSync(join(tmpdir(), "mnemosyne-models-"));
  expect(findOptimizers(folder).map(({ name, found }) => [name, found])).toEqual([
    ["mnemosyne", false],
    ["mnemosyne-light", false],
    ["lstm", false],
  ]);
  const light = writeLearnedOptimizer({ ...untrained(LIGHT_SPEC), name: "mnemosyne-light" });
  writeFileSync(join(folder, "optimizer-mnemosyne-light.mnos"), light);
  writeFileSync(join(folder, "optimizer-mine.mnos"), light.subarray(0, 100));
  const [big, small, lstm, mine] = findOptimizers(folder);
  expect(big).toMatchObject({ found: false, how: expect.stringContaining("meta-train --design mnemosyne ") });
  // 8 x (2 + 1) of the first layer, three of 8 x 8, 8 + 1 of the last.
  expect(small.detail).toContain("1 cell, tau 0.1, width 8");
  expect(small.detail).toContain("225 weights");
  expect([small.found, lstm.found]).toEqual([true, false]);
  expect(mine).toMatchObject({ name: "mine", found: false, detail: "unusable" });
  expect(mine.how).toContain("damaged or cut short");
});
