import { beforeAll, describe, expect, it } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import {
  createLogWriter,
  createMemorySink,
  openLog,
  type RunRecord,
  readLog,
} from "../../src/record/index.ts";
import {
  cellCenter,
  cellIndexAt,
  createGrid,
  getRobot,
  OCCUPIED,
  type OccupancyGrid,
} from "../../src/sim/index.ts";
import { type ShortRun, shortRun } from "./short-run.ts";

/** Trajectories are rounded to 0.1 mm, and half of that is the largest error. */
const ROUNDED = 0.5e-4 + 1e-12;

/** JSON has no -0. */
const plain = (values: Float64Array): Float64Array => values.map((v) => v + 0);

function largestDifference(a: Float64Array, b: Float64Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** Frame by equality, cells by bytes: `toEqual` takes seconds for a large map. */
function expectSameGrid(actual: OccupancyGrid, expected: OccupancyGrid): void {
  const { cells, ...frame } = actual;
  const { cells: expectedCells, ...expectedFrame } = expected;
  expect(frame).toEqual(expectedFrame);
  expect(Buffer.compare(Buffer.from(cells.buffer), Buffer.from(expectedCells.slice().buffer))).toBe(0);
}

describe("a logged run", () => {
  let run: ShortRun;
  let record: RunRecord;
  beforeAll(async () => {
    run = await shortRun();
    record = await readLog(run.bytes);
  });

  it("comes back whole, with its summary and what it was made of", () => {
    expect(record.problems).toEqual([]);
    expect(record.complete).toBe(true);
    expect(record.meta).toEqual({
      id: "clutter:5",
      robot: getRobot("jackal"),
      config: { seed: 0, world: "clutter:5" },
    });
    expect(record.summary).toEqual(run.summary);
    expect(run.outcome).toMatchObject({ complete: true, bytes: run.bytes.length, droppedTicks: 0 });
  });

  it("holds every tick: numbers exactly, trajectories to 0.1 mm", () => {
    expect(record.ticks.length).toBe(run.reports.length);
    expect(record.ticks.length).toBe(run.summary.ticks);
    let solved = 0;
    record.ticks.forEach((tick, i) => {
      const report = run.reports[i];
      const { scene, solve, plan } = report;
      expect(tick).toMatchObject({
        tick: report.tick,
        time: report.time,
        phase: report.phase,
        source: report.source,
        pose: report.pose,
        goal: report.goal,
        partsMs: report.partsMs,
        totalMs: report.totalMs,
        missedDeadline: report.missedDeadline,
      });
      expect(tick.note).toBe(report.note);
      const { command } = report;
      expect(tick.command).toEqual(
        command.kind === "drive" ? { kind: "drive", u: plain(command.u) } : command,
      );
      expect(tick.x).toEqual(scene && plain(scene.x));
      expect(tick.localGoal).toEqual(scene?.goal);
      expect(tick.final).toBe(scene?.final);
      expect(tick.localPath === undefined).toBe(scene === undefined);
      if (scene !== undefined)
        expect(largestDifference(tick.localPath!, scene.path)).toBeLessThanOrEqual(ROUNDED);
      expect(tick.truth?.state).toEqual(plain(run.states[i]));
      expect(tick.plan === undefined).toBe(plan === undefined);
      if (plan !== undefined) {
        expect(tick.plan).toMatchObject({ time: plan.time, dt: plan.dt });
        expect(largestDifference(tick.plan!.X, plan.X)).toBeLessThanOrEqual(ROUNDED);
        expect(largestDifference(tick.plan!.U, plan.U)).toBeLessThanOrEqual(ROUNDED);
      }
      if (solve === undefined) return;
      solved++;
      const { startX, iterates, ...numbers } = solve;
      expect(tick.solve).toEqual(numbers);
      expect(tick.hypotheses.length).toBe(1);
      expect(tick.hypotheses[0]).toMatchObject({ name: solve.start, chosen: true });
      expect(largestDifference(tick.hypotheses[0].X, startX)).toBeLessThanOrEqual(ROUNDED);
      expect(tick.hypotheses[0].iterates.length).toBe(iterates.length);
      iterates.forEach((X, n) => {
        expect(largestDifference(tick.hypotheses[0].iterates[n], X)).toBeLessThanOrEqual(ROUNDED);
      });
    });
    expect(solved).toBeGreaterThan(15);
    expect(record.ticks.some((tick) => tick.hypotheses.some((h) => h.iterates.length > 1))).toBe(true);
  });

  it("holds the map once, and the global path as often as it was planned", () => {
    expect(record.maps.length).toBe(1);
    expectSameGrid(record.maps[0].grid, run.world.grid);
    const planned = run.reports.filter(
      (r, i) => r.globalPath?.join() !== run.reports[i - 1]?.globalPath?.join(),
    );
    expect(record.paths.length).toBe(planned.length);
    record.paths.forEach((path, i) => {
      expect(path.time).toBeCloseTo(planned[i].time, 9);
      // Poses are rounded to 1 mm.
      expect(largestDifference(path.points, planned[i].globalPath!)).toBeLessThanOrEqual(0.5e-3 + 1e-12);
    });
  });

  it("holds local grids as they were at their tick, though the next tick overwrote them", async () => {
    const every = await shortRun({}, { localGridEvery: 1 });
    const log = await openLog(every.bytes);
    const scenes = every.reports.filter((report) => report.scene !== undefined);
    let n = 0;
    for await (const { time, grid } of log.localGrids()) {
      expect(time).toBeCloseTo(scenes[n].time, 9);
      expectSameGrid(grid, scenes[n].scene!.grid);
      n++;
    }
    expect(n).toBe(scenes.length);
    expect(n).toBeGreaterThan(15);
  });

  it("places local grids where the map has the same obstacles", async () => {
    const log = await openLog(run.bytes);
    const map = record.maps[0].grid;
    let checked = 0;
    for await (const { grid } of log.localGrids()) {
      expect(grid.cells.length).toBeLessThan(map.cells.length);
      for (let j = 0; j < map.height; j++) {
        for (let i = 0; i < map.width; i++) {
          if (map.cells[j * map.width + i] < OCCUPIED) continue;
          const [x, y] = cellCenter(map, i, j);
          const local = cellIndexAt(grid, x, y);
          if (local < 0) continue;
          if (grid.cells[local] < OCCUPIED) expect.fail(`(${x}, ${y}) is occupied in the map only`);
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(1000);
  });
});

describe("the map in a log", () => {
  async function roundTrip(grid: OccupancyGrid): Promise<OccupancyGrid> {
    const sink = createMemorySink();
    const writer = createLogWriter(sink, { robot: getRobot("omni") });
    writer.map(grid);
    await writer.close();
    const { maps, problems } = await readLog(sink.bytes);
    expect(problems).toEqual([]);
    expect(maps.length).toBe(1);
    return maps[0].grid;
  }

  it("comes back cell by cell, for any size, origin and cells from -1 to 100", async () => {
    const rng = createRng(7);
    for (const [width, height] of [
      [1, 1],
      [1, 2],
      [3, 7],
      [64, 5],
      [101, 33],
    ]) {
      const grid = createGrid(width, height, 0.01 + rng.uniform(), {
        x: 1e3 * rng.gauss(),
        y: 1e3 * rng.gauss(),
        yaw: rng.gauss(),
      });
      for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.int(102) - 1;
      const back = await roundTrip(grid);
      expect(back.origin.yaw).toBeCloseTo(
        Math.atan2(Math.sin(grid.origin.yaw), Math.cos(grid.origin.yaw)),
        12,
      );
      expectSameGrid(back, { ...grid, origin: { ...grid.origin, yaw: back.origin.yaw } });
    }
  });

  it("comes back where it is too large for colours", async () => {
    const grid = createGrid(2100, 2000, 0.05);
    for (let c = 0; c < grid.cells.length; c += 997) grid.cells[c] = 100;
    expectSameGrid(await roundTrip(grid), grid);
  });

  it("is written again when the world changes", async () => {
    const changed = createGrid(200, 200, 0.05);
    changed.cells.fill(100, 0, 200);
    const run = await shortRun({
      timeout_s: 1,
      onTick(report, simulator) {
        if (report.tick !== 4) return;
        simulator.setGrid(changed);
      },
    });
    const { maps } = await readLog(run.bytes);
    expect(maps.map((map) => map.time)).toEqual([0, 0.5]);
    expectSameGrid(maps[1].grid, changed);
  });
});

describe("odd ticks", () => {
  const fault = {
    tick: -1,
    time: Number.NaN,
    phase: "fault",
    command: { kind: "stop" },
    source: "stop",
    pose: { x: Number.NaN, y: Number.NaN, yaw: Number.NaN },
    note: 'the sensor said "NaN"\n<ü>',
    partsMs: { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 },
    totalMs: Number.POSITIVE_INFINITY,
    missedDeadline: false,
  } as const;

  it("a fault without pose or time is logged, its numbers as NaN", async () => {
    const sink = createMemorySink();
    const writer = createLogWriter(sink, { robot: getRobot("jackal") });
    writer.tick({ ...fault, time: 3 });
    writer.tick(fault);
    writer.tick({ ...fault, time: -1 });
    writer.note(2, "info", "a person came by");
    expect((await writer.close()).complete).toBe(true);
    const { ticks, problems } = await readLog(sink.bytes);
    expect(problems).toEqual([]);
    expect(ticks.map((tick) => tick.time)).toEqual([3, Number.NaN, -1]);
    expect(ticks[1]).toMatchObject({ tick: -1, phase: "fault", totalMs: Number.NaN, note: fault.note });
    expect(ticks[1].pose).toBeUndefined();
    const log = await openLog(sink.bytes);
    const times: number[] = [];
    const texts: unknown[] = [];
    for await (const message of log.messages(["/log"])) {
      times.push(message.time);
      texts.push((message.value as { message: string }).message);
    }
    // The same note is said once, and time does not run backwards.
    expect(times).toEqual([3, 3]);
    expect(texts).toEqual([fault.note, "a person came by"]);
  });

  it("several hypotheses come back in order", async () => {
    const sink = createMemorySink();
    const writer = createLogWriter(sink, { robot: getRobot("jackal") });
    const X = Float64Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0);
    writer.tick({ ...fault, time: 0 }, undefined, [
      { name: "shift", chosen: false, X, iterates: [] },
      { name: "path", chosen: true, X, iterates: [X.map((v) => v + 1), X.map((v) => v + 2)] },
    ]);
    await writer.close();
    const [tick] = (await readLog(sink.bytes)).ticks;
    expect(tick.hypotheses).toEqual([
      { name: "shift", chosen: false, X, iterates: [] },
      { name: "path", chosen: true, X, iterates: [X.map((v) => v + 1), X.map((v) => v + 2)] },
    ]);
  });

  it("a closed log takes nothing more, and closing again changes nothing", async () => {
    const sink = createMemorySink();
    const writer = createLogWriter(sink, { robot: getRobot("jackal") });
    const first = await writer.close();
    const { length } = sink.bytes;
    writer.tick({ ...fault, time: 1 });
    writer.note(1, "error", "too late");
    expect(await writer.close()).toBe(first);
    expect(sink.bytes.length).toBe(length);
    expect((await readLog(sink.bytes)).complete).toBe(true);
  });
});

it("a log with an illegal option or a config that is no JSON is refused at once", () => {
  const robot = getRobot("jackal");
  const sink = createMemorySink();
  expect(() => createLogWriter(sink, { robot }, { localGridEvery: 0.5 })).toThrow(
    "localGridEvery is 0.5, expected an integer >= 0 [ticks]",
  );
  expect(() => createLogWriter(sink, { robot }, { chunkSize: Number.NaN })).toThrow(ConfigError);
  expect(() => createLogWriter(sink, { robot, config: { seed: 1n } })).toThrow(
    /meta.config is not plain JSON/,
  );
});
