import { McapIndexedReader, McapWriter } from "@mcap/core";
import { beforeAll, describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import {
  bytesSource,
  createMemorySink,
  decodeTick,
  type IndexEntry,
  openChunkedLog,
  readLog,
} from "../../src/record/index.ts";
import { createMessageQueue } from "../../src/record/message-queue.ts";
import { type ShortRun, shortRun } from "./short-run.ts";

async function indexOf(bytes: Uint8Array): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = [];
  for await (const part of (await openChunkedLog(bytes)).index()) entries.push(...part);
  return entries;
}

describe("the index of a log", () => {
  let run: ShortRun;
  beforeAll(async () => {
    run = await shortRun({}, { chunkSize: 2 ** 15, localGridEvery: 3 });
  });

  it("names the chunk of every tick, grid and path", async () => {
    const log = await openChunkedLog(run.bytes);
    const found: Omit<IndexEntry, "tick">[] = [];
    for (let chunk = 0; chunk < log.sizes.length; chunk++)
      for (const { topic, time } of await log.read(chunk, ["/diagnostics", "/map", "/local_grid", "/path"]))
        found.push({ topic, time, chunk });
    expect(log.sizes.length).toBeGreaterThan(3);
    expect((await indexOf(run.bytes)).map(({ topic, time, chunk }) => ({ topic, time, chunk }))).toEqual(
      found,
    );
  });

  it("holds every tick but for its trajectories", async () => {
    const { ticks } = await readLog(run.bytes);
    const empty = new Float64Array(0);
    const briefs = (await indexOf(run.bytes)).filter((entry) => entry.topic === "/diagnostics");
    expect(briefs.map(({ tick }) => decodeTick(tick))).toEqual(
      ticks.map((tick) => ({
        ...tick,
        plan: tick.plan && { ...tick.plan, X: empty, U: empty },
        hypotheses: [],
      })),
    );
  });

  it("of more lines than are written at once comes in parts", async () => {
    const sink = createMemorySink();
    const queue = createMessageQueue(sink, { chunkSize: 2 ** 12 });
    queue.addMetadata("mnemosyne.run", { format: "1", robot: '{"footprint":[]}' });
    for (let i = 0; i < 600; i++) queue.add("/path", BigInt(i) * 1_000_000n, { poses: [] });
    await queue.close();
    const sizes: number[] = [];
    for await (const part of (await openChunkedLog(sink.bytes)).index()) sizes.push(part.length);
    expect(sizes.length).toBeGreaterThan(1);
    expect((await indexOf(sink.bytes)).map(({ time }) => time)).toEqual(
      Array.from({ length: 600 }, (_, i) => i / 1000),
    );
  });

  it("of a file whose chunks were made anew is refused", async () => {
    const other = await shortRun({}, { chunkSize: 2 ** 14, localGridEvery: 3 });
    const sink = createMemorySink();
    const writer = new McapWriter({
      writable: { write: async (bytes) => sink.write(bytes), position: () => BigInt(sink.bytes.length) },
      chunkSize: 2 ** 15,
    });
    await writer.start({ profile: "", library: "another program" });
    const reader = await McapIndexedReader.Initialize({ readable: bytesSource(other.bytes) });
    for await (const record of reader.readMetadata()) await writer.addMetadata(record);
    for await (const record of reader.readAttachments()) await writer.addAttachment(record);
    const ids = new Map<number, number>();
    for (const [id, channel] of reader.channelsById)
      ids.set(id, await writer.registerChannel({ ...channel, schemaId: 0 }));
    for await (const message of reader.readMessages())
      await writer.addMessage({ ...message, channelId: ids.get(message.channelId)! });
    await writer.end();
    expect((await readLog(sink.bytes)).ticks.length).toBe(other.summary.ticks);
    await expect(indexOf(sink.bytes)).rejects.toThrow(/the index (names no chunk|knows)/);
  });

  it("that is damaged or missing is refused", async () => {
    const text = Buffer.from(run.bytes);
    const at = text.indexOf('"phase":"', text.lastIndexOf('{"chunks":'));
    const damaged = run.bytes.slice();
    damaged[at + 10] ^= 1;
    await expect(indexOf(damaged)).rejects.toThrow();
    const cut = run.bytes.subarray(0, Math.floor(0.7 * run.bytes.length));
    await expect(indexOf(cut)).rejects.toThrow(FormatError);
  });
});
