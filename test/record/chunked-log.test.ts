import { beforeAll, describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import {
  type ByteSource,
  bytesSource,
  openChunkedLog,
  openLog,
  type RawMessage,
} from "../../src/record/index.ts";
import { type ShortRun, shortRun } from "./short-run.ts";

const decoder = new TextDecoder();

async function allMessages(bytes: Uint8Array): Promise<RawMessage[]> {
  const log = await openChunkedLog(bytes);
  const messages: RawMessage[] = [];
  for (let chunk = 0; chunk < log.sizes.length; chunk++) messages.push(...(await log.read(chunk)));
  return messages;
}

describe("a log read chunk by chunk", () => {
  let run: ShortRun;
  beforeAll(async () => {
    run = await shortRun({}, { chunkSize: 2 ** 15 });
  });

  it("gives the same messages as one read from beginning to end", async () => {
    const expected: unknown[] = [];
    for await (const message of (await openLog(run.bytes)).messages()) expected.push(message);
    const chunked = (await allMessages(run.bytes)).map(({ topic, time, data }) => ({
      topic,
      time,
      value: JSON.parse(decoder.decode(data)),
    }));
    expect(chunked).toEqual(expected);
    expect(chunked.length).toBeGreaterThan(100);
  });

  it("knows its run and its end, and has several chunks that are read in any order", async () => {
    const log = await openChunkedLog(run.bytes);
    expect(log.meta.id).toBe(run.world.name);
    expect(log.summary).toEqual(run.summary);
    expect(log.problems).toEqual([]);
    expect(log.sizes.length).toBeGreaterThan(3);
    const backwards: RawMessage[] = [];
    for (let chunk = log.sizes.length - 1; chunk >= 0; chunk--)
      backwards.unshift(...(await log.read(chunk, ["/diagnostics"])));
    expect(backwards.map(({ time }) => time)).toEqual(run.reports.map(({ time }) => expect.closeTo(time, 8)));
    expect(new Set(backwards.map(({ topic }) => topic))).toEqual(new Set(["/diagnostics"]));
    await expect(log.read(log.sizes.length)).rejects.toThrow(RangeError);
  });

  it("never holds more of the file than a chunk at a time", async () => {
    let largest = 0n;
    const source = bytesSource(run.bytes);
    const watched: ByteSource = {
      size: () => source.size(),
      read(offset, length) {
        if (length > largest) largest = length;
        return source.read(offset, length);
      },
    };
    const log = await openChunkedLog(watched);
    for (let chunk = 0; chunk < log.sizes.length; chunk++) await log.read(chunk);
    expect(Number(largest)).toBeLessThanOrEqual(Math.max(...log.sizes, 65536));
    expect(Number(largest)).toBeLessThan(run.bytes.length / 2);
  });

  it("that was cut off gives every whole message before the cut", async () => {
    const whole = await allMessages(run.bytes);
    for (const share of [0.2, 0.5, 0.77]) {
      const cut = run.bytes.subarray(0, Math.floor(share * run.bytes.length));
      const log = await openChunkedLog(cut);
      const messages = await allMessages(cut);
      messages.forEach(({ topic, time, data }, i) => {
        expect([topic, time, data.length]).toEqual([whole[i].topic, whole[i].time, whole[i].data.length]);
        expect(Buffer.compare(data, whole[i].data)).toBe(0);
      });
      if (share >= 0.5) expect(messages.length).toBeGreaterThan(0.1 * whole.length);
      expect(log.summary).toBeUndefined();
      expect(log.problems.join("\n")).toMatch(/no readable index/);
    }
  });

  it("that is none is refused as by openLog", async () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(100), run.bytes.subarray(0, 20)])
      await expect(openChunkedLog(bytes)).rejects.toThrow(FormatError);
  });
});
