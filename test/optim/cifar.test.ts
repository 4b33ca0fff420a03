import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  CIFAR_SOURCES,
  type CifarSource,
  createConvnet,
  createVit,
  digitBatch,
  poolDigits,
} from "../../src/optim/index.ts";
import { readCifar } from "../../src/optim/node.ts";
import { withOptimizee } from "./run-optimizee.ts";

/** Two files of two training images, one of one test image; a coarse and a fine label each. */
const SMALL: CifarSource = {
  ...CIFAR_SOURCES["cifar-100"],
  md5: "",
  files: { train: ["a.bin", "b.bin"], test: ["t.bin"] },
  count: { train: 2, test: 1 },
};
/** Pixel p of image i: told apart by channel, row and column. */
const pixel = (i: number, p: number): number => (7 * i + (p >> 10) * 50 + (p & 31) + ((p >> 5) & 31)) % 256;
const record = (i: number, fine = 10 + i): Uint8Array =>
  Uint8Array.from({ length: 3074 }, (_, at) => (at === 0 ? 3 : at === 1 ? fine : pixel(i, at - 2)));
const FILES = {
  "a.bin": Buffer.concat([record(0), record(1)]),
  "b.bin": Buffer.concat([record(2), record(3)]),
  "t.bin": record(4),
};

/** A ustar archive as the tar program writes it: headers of 512 bytes, contents filled up to 512, two blocks of zeros. */
function tar(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, data]) => {
    const header = Buffer.alloc(512);
    header.write(`cifar/${name}`, 0);
    header.write(`${data.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("0", 156);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  const folder = Buffer.alloc(512);
  folder.write("cifar/", 0);
  folder.write("00000000000\0", 124);
  folder.write("5", 156);
  return Buffer.concat([folder, ...blocks, Buffer.alloc(1024)]);
}

function folderOf(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "mnemosyne-cifar-"));
  for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
  return folder;
}
const archived = (packed: Uint8Array): { folder: string; source: CifarSource } => ({
  folder: folderOf({ "cifar-100-binary.tar.gz": packed }),
  source: { ...SMALL, md5: createHash("md5").update(packed).digest("hex") },
});

describe("a set in CIFAR's binary version", () => {
  test("has the fine labels, and its planes where the description puts them", async () => {
    const { train, test: held } = await readCifar(folderOf(FILES), SMALL);
    expect([train.count, held.count, train.channels, train.height, train.width, train.classes]).toEqual([4, 1, 3, 32, 32, 100]); // biome-ignore format: one line
    expect([...train.labels, ...held.labels]).toEqual([10, 11, 12, 13, 14]);
    // Green, row 5, column 9 of image 2.
    expect(train.images[2 * 3072 + 1024 + 5 * 32 + 9]).toBe(pixel(2, 1024 + 5 * 32 + 9));
    expect(digitBatch(held, [0]).image.shape).toEqual([1, 3072]);
  });

  test("is the same out of its archive, whose checksum is checked", async () => {
    const { folder, source } = archived(gzipSync(tar(FILES)));
    expect(await readCifar(folder, source)).toEqual(await readCifar(folderOf(FILES), SMALL));
    await expect(readCifar(folder, { ...source, md5: "0".repeat(32) })).rejects.toThrow(
      /has MD5 \w{32}, expected 0{32}; it is published at https:\/\/www\.cs\.toronto\.edu/,
    );
  });

  test("that is damaged or lacks a file is refused by name", async () => {
    const { "t.bin": _, ...lacking } = FILES;
    await expect(readCifar(folderOf(lacking), SMALL)).rejects.toThrow(
      /cannot read .*t\.bin.*published at .*MD5/,
    );
    const short = { ...FILES, "b.bin": FILES["b.bin"].subarray(1) };
    await expect(readCifar(folderOf(short), SMALL)).rejects.toThrow(
      "b.bin has 6147 bytes, expected 6148: 2 images of 2 + 3072",
    );
    const strange = { ...FILES, "t.bin": record(4, 100) };
    await expect(readCifar(folderOf(strange), SMALL)).rejects.toThrow(
      "t.bin: image 0 has class 100, expected 0..99",
    );
    const without = archived(gzipSync(tar(lacking)));
    await expect(readCifar(without.folder, without.source)).rejects.toThrow("has no t.bin");
    const cut = archived(gzipSync(tar(FILES).subarray(0, 5000)));
    await expect(readCifar(cut.folder, cut.source)).rejects.toThrow(
      "tar archive: the file at byte 512 has size",
    );
    const endless = archived(gzipSync(tar(FILES).subarray(0, -1024)));
    await expect(readCifar(endless.folder, endless.source)).rejects.toThrow("tar archive has no end");
  });

  test("has the sizes that its publisher says: 50,000 and 10,000 images", () => {
    for (const { files, count } of Object.values(CIFAR_SOURCES)) {
      expect(files.train.length * count.train).toBe(50_000);
      expect(files.test.length * count.test).toBe(10_000);
    }
  });

  test("is pooled plane by plane, and seen in colours by a Vision Transformer and a convolutional network", async () => {
    const { train } = await readCifar(folderOf(FILES), SMALL);
    const pooled = poolDigits(train, 2);
    const [y, x] = [3, 4];
    const corners = [0, 1, 32, 33].map((d) => pixel(1, 2048 + 2 * y * 32 + 2 * x + d));
    const expected = Math.round(corners.reduce((a, b) => a + b) / 4);
    expect(pooled.images[3 * 256 + 2 * 256 + y * 16 + x]).toBe(expected);
    const { layout, batch } = createVit({ digits: pooled, patch: 4, layers: 1, batch: 2 });
    expect(layout.entries[0].shape).toEqual([3 * 4 * 4, 16]);
    expect(batch.map(({ shape }) => shape)).toEqual([[2, 768], [2, 100]]); // biome-ignore format: one line
    const convnet = createConvnet({ digits: pooled, channels: [2, 3], batch: 2 });
    expect(convnet.layout.entries[0].shape).toEqual([9 * 3, 2]);
    const rng = createRng(1);
    const { loss, grads } = await withOptimizee(convnet, (evaluate) =>
      evaluate(convnet.init(rng), convnet.drawBatch(rng)),
    );
    expect([Number.isFinite(loss), grads.length]).toEqual([true, convnet.layout.total]);
  });
});
