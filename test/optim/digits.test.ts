import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createSyntheticDigits, DIGIT_SOURCES, readDigitFiles, readIdx } from "../../src/optim/index.ts";
import { readDigits } from "../../src/optim/node.ts";

/** An IDX file: element type, sizes, elements. */
function idx(shape: readonly number[], data: readonly number[], type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, type, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((d, axis) => {
    view.setUint32(4 + 4 * axis, d);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

describe("an IDX file", () => {
  const data = Array.from({ length: 24 }, (_, i) => 10 * i);
  const plain = idx([2, 3, 4], data);

  it("is read plain, packed, and from the middle of a buffer", () => {
    const packed = gzipSync(plain);
    const inside = new Uint8Array(packed.length + 5);
    inside.set(packed, 5);
    for (const bytes of [plain, packed, inside.subarray(5)]) {
      const { shape, data: read } = readIdx(bytes);
      expect(shape).toEqual([2, 3, 4]);
      expect([...read]).toEqual(data);
    }
  });

  it("packed and then changed in any byte after the header is refused, or read as it was", () => {
    const packed = gzipSync(plain, { mtime: 0 });
    // The first ten bytes hold a time and flags that do not bear on the content.
    for (let at = 10; at < packed.length; at++) {
      const changed = packed.slice();
      changed[at] ^= 1 << (at % 8);
      let read: number[] | undefined;
      try {
        read = [...readIdx(changed).data];
      } catch (error) {
        expect((error as Error).message).toMatch(/gzip|IDX/);
      }
      if (read) expect(read).toEqual(data);
    }
  });

  it("with more inside than it says is left before all of it is unpacked", () => {
    const bomb = Buffer.from(gzipSync(new Uint8Array(2 ** 26)));
    bomb.writeUInt32LE(1000, bomb.length - 4);
    const start = process.memoryUsage().rss;
    expect(() => readIdx(bomb)).toThrow("holds more than the 1000 bytes it says");
    expect(process.memoryUsage().rss - start).toBeLessThan(2 ** 26);
  });

  it("cut anywhere is refused", () => {
    for (const whole of [plain, gzipSync(plain)])
      for (let n = 0; n < whole.length; n++)
        expect(() => readIdx(whole.subarray(0, n)), `${n}`).toThrow(/gzip|IDX/);
  });

  it.each([
    ["another beginning", Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), "does not begin with two zero bytes"],
    ["floats", idx([1], [1, 2, 3, 4], 13), "element type 13, expected 8"],
    ["no axis", idx([], []), "has 0 axes"],
    ["too many axes", idx([1, 1, 1, 1, 1], [1]), "has 5 axes"],
    [
      "sizes that multiply beyond memory",
      idx([2 ** 32 - 1, 2 ** 32 - 1, 9], [1]),
      "has 1 elements, expected",
    ],
    ["too many elements", idx([2], [1, 2, 3]), "has 3 elements, expected 2 for its shape (2)"],
  ])("with %s is refused", (_, bytes, message) => {
    expect(() => readIdx(bytes)).toThrow(message);
  });

  it("that claims to unpack to gigabytes is refused before memory is taken", () => {
    const packed = gzipSync(plain);
    new DataView(packed.buffer, packed.byteOffset).setUint32(packed.length - 4, 2 ** 32 - 1, true);
    expect(() => readIdx(packed)).toThrow("holds 4294967295 bytes, expected at most 268435456");
  });
});

describe("images and labels", () => {
  const images = idx([2, 1, 2], [0, 255, 128, 64]);

  it("make a set", () => {
    const digits = readDigitFiles(images, idx([2], [3, 9]));
    expect(digits).toMatchObject({ count: 2, height: 1, width: 2, classes: 10 });
    expect([...digits.labels]).toEqual([3, 9]);
  });

  it.each([
    ["of different numbers", images, idx([3], [1, 2, 3]), "has 3 labels, expected 2"],
    ["exchanged", idx([2], [3, 9]), images, "image file has 1 axes, expected 3"],
    ["twice the images", images, images, "label file has 3 axes, expected 1"],
    ["with a label beyond nine", images, idx([2], [3, 10]), "labels[1] is 10, expected a class in 0..9"],
  ])("%s are refused", (_, first, second, message) => {
    expect(() => readDigitFiles(first, second)).toThrow(message);
  });
});

describe("synthetic digits", () => {
  it("are the same for the same seed, and others for another", () => {
    expect(createSyntheticDigits(20, createRng(4))).toEqual(createSyntheticDigits(20, createRng(4)));
    expect(createSyntheticDigits(20, createRng(4)).images).not.toEqual(
      createSyntheticDigits(20, createRng(5)).images,
    );
  });

  it("have ink in the middle, none at the corners, and every class about equally often", () => {
    const { images, labels, count } = createSyntheticDigits(2000, createRng(6));
    const seen = new Array<number>(10).fill(0);
    for (const label of labels) seen[label]++;
    // Five standard deviations of a binomial: sqrt(2000 * 0.1 * 0.9) = 13.4.
    for (const n of seen) expect(Math.abs(n - 200)).toBeLessThan(67);
    for (let i = 0; i < count; i++) {
      const image = images.subarray(i * 784, (i + 1) * 784);
      const share = image.reduce((s, p) => s + p, 0) / 255 / 784;
      expect(share).toBeGreaterThan(0.02);
      expect(share).toBeLessThan(0.35);
      expect([image[0], image[27], image[756], image[783]]).toEqual([0, 0, 0, 0]);
    }
  });

  it("can be told apart, but not all by the nearest mean image", () => {
    const train = createSyntheticDigits(2000, createRng(7));
    const means = Array.from({ length: 10 }, () => new Float64Array(784));
    const seen = new Array<number>(10).fill(0);
    for (let i = 0; i < train.count; i++) {
      seen[train.labels[i]]++;
      for (let p = 0; p < 784; p++) means[train.labels[i]][p] += train.images[i * 784 + p];
    }
    means.forEach((mean, c) => {
      for (let p = 0; p < 784; p++) mean[p] /= seen[c];
    });
    const test = createSyntheticDigits(500, createRng(8));
    let right = 0;
    for (let i = 0; i < test.count; i++) {
      const gaps = means.map((mean) => mean.reduce((s, m, p) => s + (test.images[i * 784 + p] - m) ** 2, 0));
      if (gaps.indexOf(Math.min(...gaps)) === test.labels[i]) right++;
    }
    expect(right / test.count).toBeGreaterThan(0.6);
    expect(right / test.count).toBeLessThan(0.99);
  });
});

describe.each([
  // Published counts of each class in the training and test files.
  [
    "mnist",
    [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
  ],
  ["fashion-mnist", new Array(10).fill(6000), new Array(10).fill(1000)],
])("%s", (name, train, held) => {
  const folder = `../shared/data/${name}`;
  const here = existsSync(folder);

  it.skipIf(!here)(`has the published classes and checksums (skipped without ${folder})`, async () => {
    for (const [split, expected] of [
      ["train", train],
      ["test", held],
    ] as const) {
      const digits = await readDigits(folder, name, split);
      expect([digits.height, digits.width]).toEqual([28, 28]);
      const seen = new Array<number>(10).fill(0);
      for (const label of digits.labels) seen[label]++;
      expect(seen).toEqual(expected);
    }
  });
});

describe("a folder of digits", () => {
  const made: string[] = [];
  const folder = async (): Promise<string> => {
    made.push(await mkdtemp(join(tmpdir(), "digits-")));
    return made.at(-1)!;
  };
  afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true }))));

  it("without files is refused with the publisher's address", async () => {
    await expect(readDigits(await folder(), "mnist", "test")).rejects.toThrow(
      /cannot read .*t10k-images-idx3-ubyte\.gz; it is published at http:\/\/yann\.lecun\.com/,
    );
  });

  it("with another file of the right kind is refused by its checksum", async () => {
    const path = await folder();
    const name = DIGIT_SOURCES.mnist.files.test.images.name;
    await writeFile(join(path, name), gzipSync(idx([1, 1, 1], [7])));
    await expect(readDigits(path, "mnist", "test")).rejects.toThrow(
      /MD5 [0-9a-f]{32} unpacked, expected 2646ac64/,
    );
  });

  it("of an unknown name is refused", async () => {
    await expect(readDigits(".", "mnst", "test")).rejects.toThrow(
      'data set is "mnst", expected one of mnist, fashion-mnist (did you mean "mnist"?)',
    );
  });

  const source = "../shared/data/mnist";
  it.skipIf(!existsSync(source))(`is read unpacked too (skipped without ${source})`, async () => {
    const path = await folder();
    const { images, labels } = DIGIT_SOURCES.mnist.files.test;
    await cp(join(source, labels.name), join(path, labels.name));
    await writeFile(
      join(path, images.name.replace(".gz", "")),
      gunzipSync(await readFile(join(source, images.name))),
    );
    expect((await readDigits(path, "mnist", "test")).count).toBe(10_000);
  });
});
