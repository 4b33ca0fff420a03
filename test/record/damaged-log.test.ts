import { McapWriter } from "@mcap/core";
import { beforeAll, describe, expect, it } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import { blobSource, createLogWriter, createMemorySink, openLog, readLog } from "../../src/record/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { type ShortRun, shortRun } from "./short-run.ts";

/** Where each message of /diagnostics ends in the file, found by its text. */
function tickEnds(bytes: Uint8Array): number[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const ends: number[] = [];
  const mark = Buffer.from('"missedDeadline":false}');
  for (let at = file.indexOf(mark); at >= 0; at = file.indexOf(mark, at + 1)) ends.push(at + mark.length);
  return ends;
}

/** An MCAP file of someone else, or of another version of this program. */
async function otherMcap(metadata?: Record<string, string>): Promise<Uint8Array> {
  const sink = createMemorySink();
  const writer = new McapWriter({
    writable: { write: async (bytes) => sink.write(bytes), position: () => BigInt(sink.bytes.length) },
  });
  await writer.start();
  if (metadata !== undefined)
    await writer.addMetadata({ name: "mnemosyne.run", metadata: new Map(Object.entries(metadata)) });
  const channelId = await writer.registerChannel({
    topic: "/chatter",
    messageEncoding: "json",
    schemaId: 0,
    metadata: new Map(),
  });
  const data = new TextEncoder().encode("{}");
  await writer.addMessage({ channelId, sequence: 0, logTime: 0n, publishTime: 0n, data });
  await writer.end();
  return sink.bytes;
}

describe("a log that was cut off", () => {
  let run: ShortRun;
  beforeAll(async () => {
    run = await shortRun();
  });

  it("gives every tick that lies whole before the cut, and says that there is no end", async () => {
    const ends = tickEnds(run.bytes);
    expect(ends.length).toBe(run.summary.ticks);
    const whole = await readLog(run.bytes);
    const cuts = Array.from({ length: 9 }, (_, i) => Math.floor(((i + 1) / 10) * run.bytes.length));
    // Before, in and after a message; in the index; the last byte.
    cuts.push(ends[2] - 1, ends[2], ends[2] + 1, run.bytes.length - 300, run.bytes.length - 1);
    for (const cut of cuts) {
      const record = await readLog(run.bytes.subarray(0, cut));
      expect(record.ticks.length).toBe(ends.filter((end) => end <= cut).length);
      expect(record.ticks).toEqual(whole.ticks.slice(0, record.ticks.length));
      expect(record.meta).toEqual(whole.meta);
      expect(record.complete).toBe(false);
      expect(record.problems.join("\n")).toMatch(/no readable index/);
      if (record.ticks.length > 0) expect(record.maps).toEqual(whole.maps);
    }
  });

  it("keeps its summary where only the index is gone", async () => {
    const record = await readLog(run.bytes.subarray(0, run.bytes.length - 10));
    expect(record.summary).toEqual(run.summary);
    expect(record.ticks.length).toBe(run.summary.ticks);
    expect(record.complete).toBe(false);
  });

  it("is readable while it is being written, and without ever being closed", async () => {
    const sink = createMemorySink();
    const writer = createLogWriter(sink, { robot: getRobot("jackal") }, { chunkSize: 1000 });
    const { reports, states } = run;
    for (let i = 0; i < 10; i++) writer.tick(reports[i], { state: states[i] });
    await expect.poll(async () => (await readLog(sink.bytes)).ticks.length).toBe(10);
    const record = await readLog(sink.bytes);
    expect(record.complete).toBe(false);
    expect(record.summary).toBeUndefined();
  });

  it("is refused where it was cut before it says what run it is of", async () => {
    for (const cut of [0, 1, 8, 9, 40, 60]) {
      const reading = readLog(run.bytes.subarray(0, cut));
      await expect(reading).rejects.toThrow(FormatError);
      await expect(reading).rejects.toThrow(/empty|cut off/);
    }
  });

  it("reads through a Blob as through bytes", async () => {
    const fromBlob = await readLog(blobSource(new Blob([run.bytes.slice()])));
    expect(fromBlob.ticks).toEqual((await readLog(run.bytes)).ticks);
    const cut = run.bytes.slice(0, run.bytes.length >> 1);
    expect((await readLog(blobSource(new Blob([cut])))).ticks).toEqual((await readLog(cut)).ticks);
  });
});

describe("a log with wrong bytes", () => {
  let bytes: Uint8Array;
  let ticks: number;
  beforeAll(async () => {
    const run = await shortRun({ timeout_s: 1 }, { chunkSize: 20_000 });
    bytes = run.bytes;
    ticks = run.summary.ticks;
  });

  it("loses at most the ticks of a damaged chunk, and says so", async () => {
    const damaged = bytes.slice();
    const end = tickEnds(bytes)[5];
    damaged.fill(0x21, end - 2000, end - 1990);
    const record = await readLog(damaged);
    expect(record.complete).toBe(false);
    expect(record.problems.length).toBeGreaterThan(0);
    expect(record.ticks.length).toBeGreaterThanOrEqual(ticks - 4);
    expect(record.ticks[record.ticks.length - 1].tick).toBe(ticks - 1);
  });

  it("says that a checksum is wrong, also without an index", async () => {
    const damaged = bytes.slice(0, bytes.length - 10);
    const digit = Buffer.from(damaged.buffer).indexOf('"totalMs":0') + 10;
    damaged[digit] = "7".charCodeAt(0);
    const record = await readLog(damaged);
    expect(record.ticks[0].totalMs).toBe(7);
    expect(record.problems.join("\n")).toMatch(/checksum of the record at byte \d+ is wrong/);
    expect((await readLog(bytes.slice(0, bytes.length - 10))).problems.join("\n")).not.toMatch(/checksum/);
  });

  it("never brings anything but a FormatError, wherever the bytes are wrong (300 files)", async () => {
    const rng = createRng(11);
    let readable = 0;
    for (let n = 0; n < 300; n++) {
      const damaged = bytes.slice();
      const hits = 1 + rng.int(4);
      // Half of the hits go where the structure is: the head and the index.
      for (let h = 0; h < hits; h++) {
        const near = rng.int(2) === 0 ? rng.int(bytes.length) : rng.int(400) - 200;
        const at = near < 0 ? bytes.length + near : near;
        damaged[at] = rng.int(256);
      }
      const cut = rng.int(3) === 0 ? rng.int(bytes.length) : bytes.length;
      try {
        const record = await readLog(damaged.subarray(0, cut));
        expect(record.ticks.length).toBeLessThanOrEqual(ticks);
        readable++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        expect((error as Error).message.length).toBeGreaterThan(10);
      }
    }
    expect(readable).toBeGreaterThan(100);
  });

  it("a record that says it has 2^63 bytes neither hangs nor takes memory", async () => {
    const damaged = bytes.slice();
    const view = new DataView(damaged.buffer);
    // The magic, the header's opcode, length and body; then the opcode of the record after it.
    const second = 8 + 9 + Number(view.getBigUint64(9, true));
    view.setBigUint64(second + 1, 2n ** 63n, true);
    const cut = damaged.subarray(0, bytes.length - 1);
    await expect(readLog(cut)).rejects.toThrow(FormatError);
  });
});

describe("what is no log", () => {
  it("nothing at all is said to be empty", async () => {
    await expect(openLog(new Uint8Array(0))).rejects.toThrow("the log is empty (0 bytes)");
  });

  it("another kind of file is named by its first bytes", async () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0);
    await expect(openLog(png)).rejects.toThrow(/not an MCAP file: it begins with 89 50 4e 47/);
    await expect(openLog(new TextEncoder().encode("hello"))).rejects.toThrow(FormatError);
  });

  it("an MCAP file of someone else is refused, as is another version of the format", async () => {
    await expect(openLog(await otherMcap())).rejects.toThrow(/not a log of this program.*mnemosyne\.run/);
    await expect(openLog(await otherMcap({ format: "2", robot: "{}" }))).rejects.toThrow(
      "the log has format 2, expected 1",
    );
    await expect(openLog(await otherMcap({ format: "1", robot: "{" }))).rejects.toThrow(/is damaged/);
    await expect(openLog(await otherMcap({ format: "1", robot: "null" }))).rejects.toThrow(FormatError);
  });
});
