import { beforeAll, describe, expect, test } from "vitest";
import { type DriveSummary, drive } from "../../src/drive/index.ts";
import type { TickReport } from "../../src/planner/index.ts";
import {
  createLogWriter,
  createMemorySink,
  createMessageWriter,
  type LogMessage,
  openLog,
  readLog,
} from "../../src/record/index.ts";
import { getRobot, makeWorld } from "../../src/sim/index.ts";
import { netGridOf, specOfRun } from "../../viewer/src/panels/net-grid.ts";
import { createMessageRun, type MessageRun } from "../../viewer/src/run/message-run.ts";

const robot = getRobot("jackal");
const { grid, start, goal } = makeWorld("cells", 3);
const meta = { id: "cells:3", robot, config: { rateHz: 10 } };
const messages: LogMessage[] = [];
const sink = createMemorySink();
let summary: DriveSummary;
let run: MessageRun;

beforeAll(async () => {
  const options = { localGridEvery: 5 };
  const stream = createMessageWriter((message) => messages.push(structuredClone(message)), meta, options);
  const log = createLogWriter(sink, meta, options);
  stream.map(grid);
  log.map(grid);
  ({ summary } = await drive({
    grid,
    robot,
    start,
    goal: { x: goal.x, y: goal.y },
    timeout_s: 2,
    keepIterates: true,
    onTick(report: TickReport, simulator) {
      stream.tick(report, simulator);
      log.tick(report, simulator);
    },
  }));
  await log.close(summary);
  run = createMessageRun("live", meta);
  // As they come over a wire: what is not a number is null.
  for (const message of messages) run.add(JSON.parse(JSON.stringify(message)));
});

describe("a run that comes as messages", () => {
  test("is told what the log of the same run holds", async () => {
    const logged: LogMessage[] = [];
    for await (const message of (await openLog(sink.bytes)).messages()) logged.push(message);
    const plain = (list: readonly LogMessage[]) =>
      list.map((m) => JSON.stringify([m.topic, m.time, m.value])).sort();
    expect(messages.length).toBeGreaterThan(20);
    expect(plain(messages)).toEqual(plain(logged));
  });

  test("shows the ticks, maps and paths that a log shows", async () => {
    const record = await readLog(sink.bytes);
    expect(run.index.times.length).toBe(record.ticks.length);
    for (const [i, tick] of record.ticks.entries()) {
      expect(run.tickNow(i)).toEqual(tick);
      expect(run.index.times[i]).toBe(tick.time);
    }
    expect(run.map(1)).toEqual(record.maps[0]);
    expect(run.path(0)).toEqual(record.paths[0]);
    expect(run.index.series.get("speed")!.values).toEqual(
      Float64Array.from(record.ticks, (tick) => tick.truth!.state[3]),
    );
  });

  test("says what the robot knew at a tick: the last local grid up to then", async () => {
    const written = (await readLocalGrids()).map((g) => g.time);
    for (const i of [0, 4, 5, 9]) {
      const local = await run.localGrid(i);
      expect(local!.time).toBe(written.filter((t) => t <= run.index.times[i] + 1e-9).at(-1));
    }
  });

  test("a damaged message is a problem, not an end", () => {
    const other = createMessageRun("other", meta);
    other.add({ topic: "/diagnostics", time: 0, value: { tick: "x" } });
    other.add(messages.find((m) => m.topic === "/diagnostics")!);
    expect(other.index.times.length).toBe(1);
    expect(other.index.problems[0]).toContain("tick is");
  });

  test("listeners hear of ticks until the run is closed", () => {
    let closed = 0;
    const other = createMessageRun("other", meta, () => closed++);
    let heard = 0;
    const tick = messages.find((m) => m.topic === "/diagnostics")!;
    other.onChange(() => heard++);
    other.add(tick);
    expect(heard).toBe(1);
    const before = other.index;
    expect(other.index).toBe(before);
    other.end(summary);
    expect([heard, other.index.live, other.index.complete, other.index.summary]).toEqual([
      2,
      false,
      true,
      summary,
    ]);
    other.close();
    other.add(tick);
    expect([heard, closed]).toEqual([2, 1]);
  });
});

test("the network's grid of a tick is the map around the robot, forward up", async () => {
  const tick = run.tickNow(10)!;
  const local = (await run.localGrid(10))!;
  const spec = specOfRun(meta, tick);
  expect([spec.N, spec.dt]).toEqual([30, 0.1]);
  const seen = netGridOf(spec, tick.x!, local.grid);
  const occupancy = seen.channels.find((c) => c.name === "occupancy")!.bytes;
  const step = seen.side / seen.window;
  const [x, y, yaw] = tick.x!;
  const near = 2 + Math.ceil((0.5 * step) / grid.resolution);
  let compared = 0;
  for (let row = 0; row < seen.window; row++) {
    for (let column = 0; column < seen.window; column++) {
      const forward = (seen.window / 2 - row - 0.5) * step;
      const left = (seen.window / 2 - column - 0.5) * step;
      const px = x + Math.cos(yaw) * forward - Math.sin(yaw) * left;
      const py = y + Math.sin(yaw) * forward + Math.cos(yaw) * left;
      const i = Math.floor((px - grid.origin.x) / grid.resolution);
      const j = Math.floor((py - grid.origin.y) / grid.resolution);
      if (i < near || j < near || i >= grid.width - near || j >= grid.height - near) continue;
      // Only where the map says the same all around: a cell is occupied as soon as an obstacle is near.
      const around: number[] = [];
      for (let dj = -near; dj <= near; dj++)
        for (let di = -near; di <= near; di++) around.push(grid.cells[(j + dj) * grid.width + i + di]);
      if (!around.every((value) => value === around[0])) continue;
      const byte = occupancy[row * seen.window + column];
      if (byte === 128) continue;
      expect(byte).toBe(around[0] >= 65 ? 255 : 0);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(200);
});

async function readLocalGrids() {
  const grids = [];
  for await (const local of (await openLog(sink.bytes)).localGrids()) grids.push(local);
  return grids;
}
