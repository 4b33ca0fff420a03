import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { featureKey, featureSizes, shrinkFeatureRows } from "../../src/init-net/index.ts";
import { peekFeatureFile, readFeatureFile, writeFeatureFile } from "../../src/init-net/node.ts";
import { KINDS, randomRows, smallSpec } from "./random-features.ts";

const spec = smallSpec();
const sizes = featureSizes(spec);
const folder = mkdtempSync(join(tmpdir(), "mnemosyne-features-"));
const path = join(folder, "a.features");
const header = {
  key: featureKey(spec),
  source: { name: "a.arrow", size: 12, modified: 34.5 },
  length: 9,
  skipped: { nonFinite: 2 },
  kinds: KINDS,
};
const rows = randomRows(spec, 14, 7);
const { bytes } = shrinkFeatureRows(rows, sizes, spec.nx, 9);

describe("features on disk", () => {
  test("rows come back bit for bit, in shared memory", async () => {
    await writeFeatureFile(path, header, bytes);
    const read = await readFeatureFile(path, spec);
    expect(read.header).toEqual(header);
    expect(read.shared.buffer).toBeInstanceOf(SharedArrayBuffer);
    for (const [name, width] of [
      ["x", spec.nx],
      ["vector", sizes.vector],
      ["bases", sizes.bases],
      ["target", sizes.target],
      ["grid", sizes.grid],
      ["kind", 1],
      ["heldOut", 1],
      ["world", 1],
      ["index", 1],
    ] as const) {
      expect(Array.from(read.rows[name])).toEqual(Array.from(rows[name].subarray(0, 9 * width)));
    }
    expect(await peekFeatureFile(path)).toEqual(header);
  });

  test("a flipped bit, a cut-off file and another file are refused by name", async () => {
    await writeFeatureFile(path, header, bytes);
    const whole = readFileSync(path);
    const flipped = Uint8Array.from(whole);
    flipped[whole.length - 100] ^= 4;
    const broken = join(folder, "broken.features");
    for (const [content, complaint] of [
      [flipped, "checksum"],
      [whole.subarray(0, whole.length - 8), "cut off"],
      [whole.subarray(0, 40), "cut off"],
      [new Uint8Array(100), "not a file of features"],
    ] as const) {
      writeFileSync(broken, content);
      await expect(readFeatureFile(broken, spec)).rejects.toThrow(complaint);
      await expect(readFeatureFile(broken, spec)).rejects.toThrow("broken.features");
    }
  });

  test("features of another window or robot are not taken; another width shares them", async () => {
    await writeFeatureFile(path, header, bytes);
    await expect(readFeatureFile(path, smallSpec({ window: 15 }))).rejects.toThrow("another network");
    const wider = smallSpec({ width: 16, hypotheses: 3, predicts: "controls", map: "softmax" });
    expect((await readFeatureFile(path, wider)).rows.length).toBe(9);
  });

  test("a file that is not there, or no file of features, is none to look into", async () => {
    expect(await peekFeatureFile(join(folder, "none"))).toBeUndefined();
    writeFileSync(join(folder, "text"), "hello");
    expect(await peekFeatureFile(join(folder, "text"))).toBeUndefined();
  });
});
