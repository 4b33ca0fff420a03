import * as zstd from "@foxglove/wasm-zstd";
import { McapIndexedReader, McapRecordBuilder, McapWriter, type McapWriterOptions } from "@mcap/core";
import lz4 from "lz4js";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import {
  bytesSource,
  createMemorySink,
  openChunkedLog,
  type RunRecord,
  readLog,
} from "../../src/record/index.ts";
import { decompressLz4 } from "../../src/record/lz4.ts";
import { type ShortRun, shortRun } from "./short-run.ts";

type Layout = Partial<Omit<McapWriterOptions, "writable">> & {
  /** Every n-th message lies outside of the chunks. */ readonly loose?: number;
  /** Without what says that it is a log of this program. */ readonly foreign?: boolean;
};

const NO_INDEX: Layout = {
  useStatistics: false,
  useSummaryOffsets: false,
  repeatSchemas: false,
  repeatChannels: false,
  useAttachmentIndex: false,
  useMetadataIndex: false,
  useMessageIndex: false,
  useChunkIndex: false,
};
const CHUNKS: Layout = { chunkSize: 30_000 };
const compressedBy = (compression: string, compress: (bytes: Uint8Array) => Uint8Array): Layout => ({
  ...CHUNKS,
  compressChunk: (bytes) => ({ compression, compressedData: compress(bytes) }),
});
const ZSTD = compressedBy("zstd", (bytes) => zstd.compress(bytes, 5));
const LZ4 = compressedBy("lz4", (bytes) => lz4.compress(bytes));

/** Writes a log anew, with the format's own library. */
async function rewrite(
  bytes: Uint8Array,
  { loose, foreign = false, ...layout }: Layout,
): Promise<Uint8Array> {
  const from = await McapIndexedReader.Initialize({ readable: bytesSource(bytes) });
  const sink = createMemorySink();
  const writable = {
    write: async (part: Uint8Array) => sink.write(part),
    position: () => BigInt(sink.bytes.length),
  };
  const writer = new McapWriter({ writable, ...layout });
  await writer.start({ profile: "", library: "somebody's" });
  if (!foreign)
    for await (const { name, metadata } of from.readMetadata()) await writer.addMetadata({ name, metadata });
  const records = new McapRecordBuilder();
  const schemas = new Map<number, number>();
  for (const { id, ...schema } of from.schemasById.values())
    schemas.set(id, await writer.registerSchema(schema));
  const channels = new Map<number, number>();
  for (const { id, ...channel } of from.channelsById.values()) {
    const schemaId = schemas.get(channel.schemaId) ?? 0;
    channels.set(id, await writer.registerChannel({ ...channel, schemaId }));
    if (loose !== undefined) records.writeChannel({ ...channel, id: channels.get(id)!, schemaId: 0 });
  }
  let count = 0;
  for await (const message of from.readMessages()) {
    const moved = { ...message, channelId: channels.get(message.channelId)! };
    if (loose !== undefined && ++count % loose === 0) records.writeMessage(moved);
    else await writer.addMessage(moved);
    sink.write(records.buffer);
    records.reset();
  }
  await writer.end();
  return sink.bytes;
}

const LAYOUTS: Record<string, Layout> = {
  "in one chunk": {},
  "in several chunks": CHUNKS,
  "without chunks": { useChunks: false },
  "without chunks and without an index": { ...NO_INDEX, useChunks: false },
  "in one chunk, without an index": NO_INDEX,
  "in several chunks, without an index": { ...NO_INDEX, ...CHUNKS },
  "without an index of chunks": { ...CHUNKS, useChunkIndex: false },
  "without an index of messages": { ...CHUNKS, useMessageIndex: false },
  "without channels in the summary": { ...CHUNKS, repeatChannels: false, repeatSchemas: false },
  "without an index of metadata": { ...CHUNKS, useMetadataIndex: false },
  "without statistics": { ...CHUNKS, useStatistics: false, useSummaryOffsets: false },
  "compressed with zstd": ZSTD,
  "compressed with zstd, without an index": { ...NO_INDEX, ...ZSTD },
  "compressed with lz4": LZ4,
  "compressed with lz4, without an index": { ...NO_INDEX, ...LZ4 },
  "some messages outside of its chunks": { ...CHUNKS, loose: 3 },
  "some messages outside of its chunks, without an index": { ...NO_INDEX, ...CHUNKS, loose: 2 },
};

let run: ShortRun;
let whole: RunRecord;
beforeAll(async () => {
  await zstd.isLoaded;
  run = await shortRun({}, { chunkSize: 2 ** 15 });
  whole = await readLog(run.bytes);
});

const decoder = new TextDecoder();
const byTime = <T extends { readonly time: number }>(items: readonly T[]): T[] =>
  [...items].sort((a, b) => a.time - b.time);

describe.each(Object.entries(LAYOUTS))("a log %s", (_name, layout) => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = await rewrite(run.bytes, layout);
  });

  test("is read whole, and nothing is said against it", async () => {
    const record = await readLog(bytes);
    expect(record.problems).toEqual([]);
    expect(record.complete).toBe(true);
    expect(record.meta).toEqual(whole.meta);
    expect(record.summary).toEqual(whole.summary);
    expect(byTime(record.ticks)).toEqual(whole.ticks);
    expect(byTime(record.paths)).toEqual(whole.paths);
    expect(record.maps).toEqual(whole.maps);
  });

  test("is read piece by piece, in order and again", async () => {
    const log = await openChunkedLog(bytes);
    for (const _again of [0, 1]) {
      const times: number[] = [];
      for (let piece = 0; piece < log.sizes.length; piece++)
        for (const { data } of await log.read(piece, ["/diagnostics"]))
          times.push(JSON.parse(decoder.decode(data)).time);
      expect(times.sort((a, b) => a - b)).toEqual(whole.ticks.map(({ time }) => time));
    }
    expect(log.problems).toEqual([]);
    expect(log.summary).toEqual(whole.summary);
  });

  test("of somebody else is refused with what it holds", async () => {
    const foreign = await rewrite(run.bytes, { ...layout, foreign: true });
    const from = await McapIndexedReader.Initialize({ readable: bytesSource(run.bytes) });
    // Whoever puts messages outside of the writer's chunks leaves it with wrong statistics.
    const messages = layout.loose === undefined ? from.statistics!.messageCount : "\\d+";
    // A channel without messages need not be in the file.
    const told = new RegExp(
      `not a log of this program.*holds ${messages} messages on 1[2345] topics, written by ` +
        `".*somebody's.*": /.*foxglove\\.`,
    );
    await expect(readLog(foreign)).rejects.toThrow(FormatError);
    await expect(readLog(foreign)).rejects.toThrow(told);
    await expect(openChunkedLog(foreign)).rejects.toThrow(told);
  });
});

test("an unknown compression is named", async () => {
  const bytes = await rewrite(
    run.bytes,
    compressedBy("brotli", (part) => part),
  );
  const { ticks, problems } = await readLog(bytes);
  expect(ticks).toEqual([]);
  expect(problems.join("\n")).toMatch(/compressed with "brotli", which this reader cannot undo/);
});

test.each([
  ["zstd", ZSTD],
  ["lz4", LZ4],
] as const)("a damaged chunk of %s costs its ticks, not the reader (40 files)", async (_name, layout) => {
  const bytes = await rewrite(run.bytes, layout);
  const rng = createRng(3);
  for (let n = 0; n < 40; n++) {
    const damaged = bytes.slice();
    for (let k = 0; k < 3; k++) damaged[2000 + rng.int(bytes.length - 4000)] ^= 1 << rng.int(8);
    const { ticks, problems } = await readLog(damaged);
    expect(ticks.length).toBeLessThanOrEqual(whole.ticks.length);
    expect(problems.length).toBeGreaterThan(0);
  }
});

describe("LZ4", () => {
  const rng = createRng(5);
  const samples: Record<string, Uint8Array> = {
    nothing: new Uint8Array(0),
    "one byte": Uint8Array.of(7),
    "one byte, again and again": new Uint8Array(300_000).fill(7),
    noise: Uint8Array.from({ length: 100_000 }, () => rng.int(256)),
    "few letters": Uint8Array.from({ length: 200_000 }, () => 97 + rng.int(3)),
    "a text with long repeats": new TextEncoder().encode(
      Array.from({ length: 900 }, (_, i) => `{"tick":${i},"pose":[${i % 17}]}`)
        .join("\n")
        .repeat(40),
    ),
  };

  test.each(Object.entries(samples))("gives back what another program compressed: %s", (_name, bytes) => {
    expect(decompressLz4(lz4.compress(bytes), bytes.length)).toEqual(bytes);
  });

  test("that is cut, or of another size, is refused", () => {
    const compressed = lz4.compress(samples["few letters"]);
    expect(() => decompressLz4(compressed, 199_999)).toThrow(/more than 199999 bytes/);
    expect(() => decompressLz4(compressed, 200_001)).toThrow(/give 200000 bytes, expected 200001/);
    for (const cut of [1, 6, 9, 1000, compressed.length - 6])
      expect(() => decompressLz4(compressed.subarray(0, cut), 200_000)).toThrow(FormatError);
    expect(() => decompressLz4(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 1)).toThrow(/begins no LZ4 frame/);
  });

  test("that is damaged brings a FormatError or wrong bytes, never more than were asked for (500 times)", () => {
    const compressed = lz4.compress(samples["a text with long repeats"]);
    const size = samples["a text with long repeats"].length;
    for (let n = 0; n < 500; n++) {
      const damaged = compressed.slice();
      damaged[rng.int(damaged.length)] ^= 1 << rng.int(8);
      try {
        expect(decompressLz4(damaged, size).length).toBe(size);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
