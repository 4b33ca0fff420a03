import { beforeAll, describe, expect, it } from "vitest";
import { bytesSource, openChunkedLog, readLog, type TickRecord } from "../../src/record/index.ts";
import { createBoundedCache } from "../../viewer/src/run/bounded-cache.ts";
import { createChunkLoader } from "../../viewer/src/run/chunk-loader.ts";
import { createIndexBuilder, seriesOf } from "../../viewer/src/run/index-builder.ts";
import { latestAt } from "../../viewer/src/run/latest-at.ts";
import {
  createLogScan,
  readPlaced,
  readTicks,
  type ScanState,
  scanIndex,
} from "../../viewer/src/run/log-scan.ts";
import { createMarkFinder } from "../../viewer/src/run/mark-finder.ts";
import { type ShortRun, shortRun } from "../record/short-run.ts";

async function scanned(bytes: Uint8Array) {
  const log = await openChunkedLog(bytes);
  const scan = createLogScan(log);
  while (await scan.next());
  return { log, state: scan.state() };
}

describe("one pass over a log", () => {
  let run: ShortRun;
  beforeAll(async () => {
    run = await shortRun({}, { chunkSize: 2 ** 15, localGridEvery: 5 });
  });

  it("finds every tick's time, pose and numbers", async () => {
    const { log, state } = await scanned(run.bytes);
    const { ticks, meta } = await readLog(run.bytes);
    expect(Array.from(state.times)).toEqual(ticks.map((tick) => tick.time));
    expect(Array.from(state.trail)).toEqual(
      ticks.flatMap((tick) => Array.from(tick.truth!.state.subarray(0, 3))),
    );
    const series = seriesOf(meta, state);
    expect(Array.from(series.get("speed")!.values)).toEqual(ticks.map((tick) => tick.truth!.state[3]));
    expect(Array.from(series.get("solve time")!.values)).toEqual(ticks.map((tick) => tick.totalMs));
    expect(Array.from(series.get("iterations")!.values)).toEqual(
      ticks.map((tick) => tick.solve?.iterations ?? Number.NaN),
    );
    expect(state.problems).toEqual([]);
    expect(state.share).toBe(1);
    expect(state.firstTicks.length).toBe(log.sizes.length + 1);
  });

  it("knows in which chunk each tick lies", async () => {
    const { log, state } = await scanned(run.bytes);
    const { ticks } = await readLog(run.bytes);
    for (const i of [0, 1, ticks.length >> 1, ticks.length - 1]) {
      const chunk = latestAt(state.firstTicks, i, (first) => first);
      const read = await readTicks(log, chunk);
      expect(read[i - state.firstTicks[chunk]]).toEqual(ticks[i]);
    }
  });

  it("knows where grids lie", async () => {
    const { log, state } = await scanned(run.bytes);
    const whole = await readLog(run.bytes);
    expect(state.maps).toHaveLength(whole.maps.length);
    expect(await readPlaced(log, "/map", state.maps[0])).toEqual(whole.maps[0]);
    expect(state.localGrids.length).toBe(Math.ceil(whole.ticks.length / 5));
    const local = await readPlaced(log, "/local_grid", state.localGrids[2]);
    expect(local?.time).toBeCloseTo(state.localGrids[2].time, 9);
    expect(await readPlaced(log, "/path", state.paths[0])).toEqual(whole.paths[0]);
  });

  it("tells the same from the log's own index, of which it reads a fraction", async () => {
    let read = 0n;
    const source = bytesSource(run.bytes);
    const log = await openChunkedLog({
      size: () => source.size(),
      read(offset, length) {
        read += length;
        return source.read(offset, length);
      },
    });
    expect(await scanIndex(log)).toEqual((await scanned(run.bytes)).state);
    expect(Number(read)).toBeLessThan(run.bytes.length / 4);
  });

  it("is told while the index is read: ever more whole chunks, each as the whole index says of it", async () => {
    // A long log has an index in parts.
    const { bytes } = await shortRun({ timeout_s: 30 }, { chunkSize: 2 ** 12, localGridEvery: 1 });
    const log = await openChunkedLog(bytes);
    const told: ScanState[] = [];
    const all = await scanIndex(log, (state) => void told.push(state));
    expect(told.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBe(all);
    for (const { times, trail, firstTicks, share } of told) {
      const n = times.length;
      expect(firstTicks).toEqual(all.firstTicks.subarray(0, firstTicks.length));
      expect(firstTicks.at(-1)).toBe(n);
      expect([times, trail]).toEqual([all.times.subarray(0, n), all.trail.subarray(0, 3 * n)]);
      expect(share).toBeCloseTo((firstTicks.length - 1) / log.sizes.length, 12);
    }
  });

  it("of a damaged log counts the same ticks as are read later", async () => {
    const bytes = run.bytes.slice();
    const text = Buffer.from(bytes.buffer);
    // A number in a trajectory becomes a word: the tick stays, its trajectories go.
    const at = text.indexOf('"X":[', text.indexOf('"hypotheses"') + 1) + 5;
    bytes.set(Buffer.from('"a"'), at);
    const { log, state } = await scanned(bytes);
    let count = 0;
    for (let chunk = 0; chunk < log.sizes.length; chunk++) {
      const ticks = await readTicks(log, chunk);
      expect(ticks.length).toBe(state.firstTicks[chunk + 1] - state.firstTicks[chunk]);
      count += ticks.length;
    }
    expect(count).toBe(run.summary.ticks);
    expect(state.problems.join("\n")).toMatch(/checksum/);
  });
});

const brief = (patch: Partial<TickRecord>): TickRecord => ({
  tick: 0,
  time: 0,
  phase: "driving",
  source: "solution",
  command: { kind: "stop" },
  hypotheses: [],
  partsMs: { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 },
  totalMs: 10,
  missedDeadline: false,
  ...patch,
});

describe("marks", () => {
  it("stand where a fallback, a contact, a recovery begins, once each", () => {
    const finder = createMarkFinder();
    const contact = { state: new Float64Array(5), contact: true };
    const ticks = [
      brief({}),
      brief({ source: "brake", note: "the plan collides" }),
      brief({ source: "brake", note: "the plan collides" }),
      brief({ truth: contact }),
      brief({ truth: contact }),
      brief({ phase: "recovering" }),
      brief({ phase: "recovering" }),
      brief({ phase: "arrived", source: "stop" }),
      brief({ source: "stop", phase: "stuck" }),
    ];
    const marks = ticks.flatMap((tick, i) => finder.add(tick, i));
    expect(marks.map(({ time, kind }) => [time, kind])).toEqual([
      [1, "fallback"],
      [3, "contact"],
      [5, "recovery"],
      [8, "fallback"],
    ]);
    expect(marks[0].text).toMatch(/the plan collides/);
  });

  it("stand where somebody touches the robot who has caused it, too, and say so", () => {
    const finder = createMarkFinder();
    const near = (moverClearance: number, contact = false) =>
      brief({ truth: { state: new Float64Array(5), contact, moverClearance } });
    const ticks = [near(0.1), near(0), near(0), near(0, true), near(0.2), near(-0.01)];
    const marks = ticks.flatMap((tick, i) => finder.add(tick, i));
    expect(marks.map(({ time, kind, text }) => [time, kind, /has not caused/.test(text)])).toEqual([
      [1, "contact", true],
      [3, "contact", false],
      [5, "contact", true],
    ]);
  });

  it("stand at every deadline missed, as the log or the clock says", () => {
    const finder = createMarkFinder(50);
    const kinds = [brief({ missedDeadline: true }), brief({ totalMs: 51 }), brief({ totalMs: 50 })].map(
      (tick) => finder.add(tick, 0).map(({ kind }) => kind),
    );
    expect(kinds).toEqual([["missedDeadline"], ["missedDeadline"], []]);
  });
});

it("an index grows past its first size and its times never go back", () => {
  const builder = createIndexBuilder({ robot: { model: "differential" } as never });
  for (let i = 0; i < 3000; i++) builder.add(brief({ time: i === 2000 ? 5 : i, totalMs: i }));
  builder.add(brief({ time: Number.NaN }), 4000);
  const { times, columns, trail } = builder.table();
  expect(times.length).toBe(3001);
  expect(times[2000]).toBe(1999);
  expect(times[3000]).toBe(4000);
  expect(trail.length).toBe(9003);
  expect(columns.some((column) => column[2999] === 2999)).toBe(true);
});

it("a bounded cache forgets what was used longest ago", () => {
  const cache = createBoundedCache<string, number>(10);
  cache.set("a", 1, 4);
  cache.set("b", 2, 4);
  cache.get("a");
  cache.set("c", 3, 4);
  expect([cache.get("a"), cache.get("b"), cache.get("c"), cache.cost]).toEqual([1, undefined, 3, 8]);
  cache.set("d", 4, 99);
  expect([cache.get("d"), cache.get("c"), cache.cost]).toEqual([4, undefined, 99]);
});

it("while a user scrubs, only the chunk asked for last is read next; one that is waited for always comes", async () => {
  const read: number[] = [];
  const held = new Map<number, number>();
  const gates: (() => void)[] = [];
  const loader = createChunkLoader<number>({
    load: (chunk) => {
      read.push(chunk);
      return new Promise((resolve) => gates.push(() => resolve(chunk)));
    },
    store: (chunk, value) => held.set(chunk, value),
    has: (chunk) => held.has(chunk) || chunk > 50,
    changed: () => {},
  });
  loader.request(1);
  const waited = loader.load(30);
  for (const chunk of [2, 3, 4, 50]) loader.request(chunk);
  for (let turn = 0; turn < 5; turn++) {
    gates.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(read).toEqual([1, 50, 30]);
  expect(await waited).toBe(30);
});
