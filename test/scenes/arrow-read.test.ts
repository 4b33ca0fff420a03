import { readdirSync, readFileSync } from "node:fs";
import { tableFromIPC } from "apache-arrow";
import { expect, test } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import { readArrowFile } from "../../src/scenes/arrow-read.ts";
import { readShard } from "../../src/scenes/index.ts";

const folder = new URL("../../datasets/sample/", import.meta.url);
const name = readdirSync(folder).find((file) => file.endsWith(".arrow"))!;
const bytes = new Uint8Array(readFileSync(new URL(name, folder)));

test("numbers, texts and lists are what the reader of the Arrow project finds", () => {
  const table = tableFromIPC(bytes);
  const { columns, length, metadata } = readArrowFile(bytes);
  expect([length, columns.length]).toEqual([table.numRows, table.numCols]);
  expect(metadata).toEqual(table.schema.metadata);
  for (const [at, { name, type, values, width, offsets }] of columns.entries()) {
    expect([name, type]).toEqual([table.schema.fields[at].name, String(table.schema.fields[at].type)]);
    const theirs = table.getChild(name)!;
    for (let i = 0; i < length; i += 29) {
      const [from, to] = offsets ? [offsets[i], offsets[i + 1]] : [i * width, (i + 1) * width];
      const ours = Array.from(values.subarray(from, to) as Float64Array);
      const row: unknown = theirs.get(i);
      const expected =
        typeof row === "string"
          ? [...new TextEncoder().encode(row)]
          : typeof row === "number"
            ? [row]
            : Array.from(row as Iterable<number>);
      expect(ours, `${name} of row ${i}`).toEqual(expected);
    }
  }
});

test.each([1, 2, 3, 4])("a part of a Buffer that begins at byte %d is read as the whole is", (at) => {
  const part = Buffer.concat([Buffer.alloc(at), bytes]).subarray(at);
  expect(readShard(part).numbers("X")).toEqual(readShard(bytes).numbers("X"));
});

/** The shard without the word that says that a checksum follows, so that damage reaches what reads the columns. */
function unsealed(): Buffer {
  const copy = Buffer.from(bytes);
  copy.write("unsealed", copy.lastIndexOf("mnemoFNV"));
  return copy;
}

/** Where numbers and offsets of the structure lie: all but the body of the record batch. */
function structure(file: Buffer): number[] {
  const footer = file.length - 10 - file.readInt32LE(file.length - 10);
  const schema = 8 + file.readInt32LE(12); // the first message
  const batch = 16 + schema + file.readInt32LE(16 + schema - 4);
  const places = [];
  for (let at = 8; at < Math.min(batch, 12_000); at += 4) places.push(at);
  for (let at = footer; at + 4 <= file.length - 6; at += 4) places.push(at);
  return places;
}

// 50,000 files by scripts/fuzz-readers.mjs.
test("200 shards of which lengths, counts and offsets are anything are read or refused, and take no memory", () => {
  const rng = createRng(31);
  const sound = unsealed();
  const places = structure(sound);
  const values = [0, 1, 2, 7, 255, 4096, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 8];
  const before = process.memoryUsage().rss;
  let read = 0;
  for (let n = 0; n < 200; n++) {
    const file = Buffer.from(sound);
    for (let hits = 1 + rng.int(3); hits > 0; hits--) {
      const at = places[rng.int(places.length)];
      file.writeUInt32LE(rng.int(3) === 0 ? rng.int(2 ** 32) : values[rng.int(values.length)], at);
    }
    try {
      const shard = readShard(n % 5 === 0 ? file.subarray(0, rng.int(file.length)) : file);
      for (let i = 0; i < shard.length; i += 11) shard.example(i);
      read++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`file ${n}: ${error}`, { cause: error });
    }
  }
  expect(read).toBeGreaterThan(2);
  expect(read).toBeLessThan(160);
  // Each file has 300 kB; a count that was believed would have taken gigabytes.
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
});
