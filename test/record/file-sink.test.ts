import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drive } from "../../src/drive/index.ts";
import {
  type ByteSink,
  createLogWriter,
  createMemorySink,
  type LogWriterOptions,
  openLog,
  RecordError,
  readLog,
} from "../../src/record/index.ts";
import { createFileSink, openFileSource } from "../../src/record/node.ts";
import { getRobot, makeWorld } from "../../src/sim/index.ts";

const world = makeWorld("clutter", 5);
const robot = getRobot("jackal");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "record-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Drives for a second with a log into `sink`; tells how the run and the log ended. */
async function driveInto(sink: ByteSink, options: Partial<LogWriterOptions> = {}) {
  const failures: RecordError[] = [];
  const writer = createLogWriter(
    sink,
    { robot },
    { chunkSize: 4096, ...options, onFailure: (error) => failures.push(error) },
  );
  const { summary } = await drive({
    grid: world.grid,
    robot,
    start: world.start,
    goal: world.goal,
    timeout_s: 1,
    deadlineMs: 1000,
    onTick(report, simulator) {
      writer.tick(report, simulator);
    },
  });
  return { summary, failures, outcome: await writer.close(summary) };
}

/** Takes so many bytes, then fails; like a disk that fills up. */
function failingSink(
  room: number,
  how: "throw" | "reject",
): ByteSink & { closed: boolean[]; written: number } {
  const sink = {
    closed: [] as boolean[],
    written: 0,
    write(bytes: Uint8Array): void | Promise<void> {
      sink.written += bytes.length;
      if (sink.written <= room) return;
      const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      if (how === "throw") throw error;
      return Promise.reject(error);
    },
    close(whole: boolean): void {
      sink.closed.push(whole);
    },
  };
  return sink;
}

describe("a log file", () => {
  it("is there when it is whole, and not before; an older one stays until then", async () => {
    const path = join(folder, "run.mcap");
    writeFileSync(path, "older");
    const sink = await createFileSink(path);
    const writer = createLogWriter(sink, { robot });
    writer.map(world.grid);
    await expect.poll(() => statSync(sink.partialPath).size).toBeGreaterThan(0);
    expect(readFileSync(path, "utf8")).toBe("older");
    const outcome = await writer.close();
    expect(outcome.complete).toBe(true);
    expect(statSync(path).size).toBe(outcome.bytes);
    expect(existsSync(sink.partialPath)).toBe(false);
    const source = await openFileSource(path);
    expect((await readLog(source)).maps.length).toBe(1);
    await source.close();
  });

  it("holds the same bytes as a log in memory", async () => {
    const path = join(folder, "same.mcap");
    const memory = createMemorySink();
    await driveInto(memory);
    await driveInto(await createFileSink(path));
    expect(Buffer.compare(readFileSync(path), memory.bytes)).toBe(0);
  });

  it("keeps a link a link", async () => {
    const real = join(folder, "real.mcap");
    const link = join(folder, "link.mcap");
    writeFileSync(real, "");
    symlinkSync(real, link);
    await driveInto(await createFileSink(link));
    expect(readFileSync(link).equals(readFileSync(real))).toBe(true);
    expect((await readLog(readFileSync(real))).complete).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("in a missing folder, or in place of a folder, is refused at once by its path", async () => {
    const missing = join(folder, "no", "run.mcap");
    await expect(createFileSink(missing)).rejects.toThrow(RecordError);
    await expect(createFileSink(missing)).rejects.toThrow(
      `${missing}: cannot write the log: the folder does not exist`,
    );
    await expect(createFileSink(folder)).rejects.toThrow(
      `${folder}: cannot write the log: is a folder, expected a file`,
    );
    const file = join(folder, "plain");
    writeFileSync(file, "");
    await expect(createFileSink(join(file, "run.mcap"))).rejects.toThrow(
      /a part of the path is not a folder/,
    );
    await expect(openFileSource(missing)).rejects.toThrow(`${missing}: cannot read the log: no such file`);
    await expect(openFileSource(folder)).rejects.toThrow(/is a folder, expected a file/);
  });

  it.skipIf(process.getuid?.() === 0)("without permission is refused at once", async () => {
    const closed = join(folder, "closed");
    mkdirSync(closed, { mode: 0o500 });
    await expect(createFileSink(join(closed, "run.mcap"))).rejects.toThrow(/permission denied/);
  });
});

describe("a disk that is full", () => {
  it.skipIf(!existsSync("/dev/full"))(
    "/dev/full: the run goes on, the failure is told once, by its path",
    async () => {
      const { summary, failures, outcome } = await driveInto(await createFileSink("/dev/full"));
      expect(summary.ticks).toBe(11);
      expect(failures.length).toBe(1);
      expect(failures[0].message).toBe("/dev/full: cannot write the log: no space left on the device");
      expect(failures[0].code).toBe("io");
      expect(outcome).toMatchObject({ complete: false, bytes: 0, failure: failures[0] });
      expect(statSync("/dev/full").isCharacterDevice()).toBe(true);
    },
  );

  it("a small disk: what was written stays, readable, under another name; the older log is untouched", async (context) => {
    const disk = mkdtempSync(join(folder, "disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=450k", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      context.skip("mounting a small disk is not permitted here");
    }
    try {
      const path = join(disk, "run.mcap");
      writeFileSync(path, "older");
      const sink = await createFileSink(path);
      const { summary, failures, outcome } = await driveInto(sink);
      expect(summary.ticks).toBe(11);
      expect(outcome.complete).toBe(false);
      expect(failures.map((error) => error.message)).toEqual([
        `${path}: cannot write the log: no space left on the device; what was written before is in ${sink.partialPath}`,
      ]);
      expect(readFileSync(path, "utf8")).toBe("older");
      const source = await openFileSource(sink.partialPath);
      const log = await openLog(source);
      expect(log.meta.robot).toEqual(robot);
      expect(log.complete).toBe(false);
      const ticks: number[] = [];
      for await (const { tick } of log.ticks()) ticks.push(tick);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks).toEqual(ticks.map((_, i) => i));
      await source.close();
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });

  it.each(["throw", "reject"] as const)(
    "a sink whose writes %s costs the log, never the run",
    async (how) => {
      const memory = createMemorySink();
      const whole = await driveInto(memory);
      for (const room of [0, 100, 200_000]) {
        const sink = failingSink(room, how);
        const { summary, failures, outcome } = await driveInto(sink);
        expect(summary).toEqual(whole.summary);
        expect(failures.length).toBe(1);
        expect(failures[0]).toBeInstanceOf(RecordError);
        expect(failures[0].message).toMatch(/the log could not be written: ENOSPC/);
        expect(outcome.failure).toBe(failures[0]);
        expect(outcome.bytes).toBeLessThanOrEqual(room);
        expect(sink.closed).toEqual([false]);
      }
    },
  );

  it("a sink that fails to close is told, too", async () => {
    const { failures, outcome } = await driveInto({
      write() {},
      close() {
        throw new Error("gone");
      },
    });
    expect(failures.map((error) => error.message)).toEqual(["the log could not be written: gone"]);
    expect(outcome.complete).toBe(false);
  });

  it("a tick that cannot be written down ends the log, not the run", async () => {
    const failures: RecordError[] = [];
    const writer = createLogWriter(
      createMemorySink(),
      { robot },
      { onFailure: (error) => failures.push(error) },
    );
    const report = {
      tick: 0,
      time: 0,
      phase: "idle",
      command: { kind: "stop" },
      source: "stop",
      pose: { x: 0, y: 0, yaw: 0 },
      partsMs: { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 },
      totalMs: 0,
      missedDeadline: false,
    } as const;
    writer.tick({ ...report, totalMs: 1n as unknown as number });
    writer.tick(report);
    expect(failures.map((error) => error.message)).toEqual([
      "the log could not be written: Do not know how to serialize a BigInt",
    ]);
    expect(await writer.close()).toMatchObject({ complete: false, droppedTicks: 1 });
  });

  it("a listener that throws is no reason to stop", async () => {
    const writer = createLogWriter(
      failingSink(0, "throw"),
      { robot },
      {
        onFailure() {
          throw new Error("listener");
        },
      },
    );
    writer.note(0, "info", "hello");
    expect((await writer.close()).complete).toBe(false);
  });
});

describe("a disk that is slow", () => {
  it("costs ticks, not memory: what waits is bounded, and the log says how many are missing", async () => {
    let release = (): void => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const memory = createMemorySink();
    const sink: ByteSink = {
      async write(bytes) {
        const copy = bytes.slice();
        await blocked;
        memory.write(copy);
      },
      close: () => {},
    };
    const writer = createLogWriter(sink, { robot }, { maxWaiting: 500_000 });
    const { summary } = await drive({
      grid: world.grid,
      robot,
      start: world.start,
      goal: world.goal,
      timeout_s: 3,
      deadlineMs: 1000,
      onTick(report, simulator) {
        writer.tick(report, simulator);
      },
    });
    release();
    const outcome = await writer.close(summary);
    expect(outcome.complete).toBe(true);
    expect(outcome.droppedTicks).toBeGreaterThan(0);
    const record = await readLog(memory.bytes);
    expect(record.ticks.length).toBe(summary.ticks - outcome.droppedTicks);
    const notes: string[] = [];
    for await (const { value } of (await openLog(memory.bytes)).messages(["/log"]))
      notes.push((value as { message: string }).message);
    expect(notes).toContain(`${outcome.droppedTicks} ticks left out: the disk was too slow`);
  });
});
