import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openTask, TASKS } from "../../src/node/index.ts";
import { findEncoder } from "../../src/optim/node.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-task-"));
afterAll(() => rmSync(folder, { recursive: true }));

const rows = Array.from({ length: 60 }, (_, i) =>
  i % 2 === 0 ? `game number ${i},games` : `library number ${i},libs`,
);
const CSV = join(folder, "texts.csv");
writeFileSync(CSV, `text,label\n${rows.join("\n")}\n`);

const request = (options: object = {}, data = CSV) =>
  ({ data, pool: 1, heldOut: "test", most: 1000, options }) as const;

describe.skipIf(findEncoder() === undefined)(
  "tasks of the sentence encoder (skipped without its package)",
  () => {
    test("the last layer alone is trained on sentences, the top on pieces of texts", async () => {
      const last = await openTask("encoder", request());
      const { layout, batch } = last.create(4);
      expect(layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
        ["head.w", [512, 2]],
        ["head.b", [2]],
      ]);
      expect(batch.map(({ name }) => name)).toEqual(["sentence", "label"]);
      const top = (await openTask("encoder", request({ train: "top" }))).create(4);
      expect(top.batch.map(({ name }) => name)).toEqual(["ids", "mask", "label"]);
      expect([...new Set(top.layout.entries.map(({ name }) => name.split(".")[0]))]).toEqual([
        "layer",
        "pool",
        "head",
      ]);
      expect(top.layout.total).toBeLessThan(4_000_000);
    });

    test("of a soft prompt nothing else is trained, and validation texts are others than test texts", async () => {
      const [test, validation] = await Promise.all(
        (["test", "validation"] as const).map((heldOut) =>
          openTask("soft-prompt", { ...request(), heldOut }),
        ),
      );
      expect(test.create(2).layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
        ["prompt", [8, 256]],
      ]);
      expect(test.id).not.toBe(validation.id);
    });

    test("a wrong pattern, with the names there are", async () => {
      await expect(openTask("encoder", request({ train: "haed" }))).rejects.toThrow(
        /^train is "haed", expected names of tensors, .*layer.0.norm.0.gain/,
      );
    });
  },
);

test("options of others, files that are not there, no encoder: each is told with what to do", async () => {
  expect(Object.keys(TASKS)).toContain("soft-prompt");
  await expect(openTask("soft-prompt", request({ train: "top" }))).rejects.toThrow(
    "optimizee soft-prompt takes no train, expected encoder, examples",
  );
  await expect(openTask("mlp-1x20", request({ encoder: folder }, "synthetic"))).rejects.toThrow(
    "optimizee mlp-1x20 takes no encoder",
  );
  await expect(openTask("encoder", request({}, join(folder, "none.csv")))).rejects.toThrow(
    /there are no texts in .*none.csv: write Debian's by `apt-cache dumpavail/,
  );
  await expect(openTask("encoder", request({ encoder: folder }))).rejects.toThrow(
    /ENOENT.*expected model.json, its shards and vocab.json/,
  );
});
