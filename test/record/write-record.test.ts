import { expect, it } from "vitest";
import {
  createMemorySink,
  openLog,
  type RecordContent,
  readLog,
  type TickRecord,
  type TimedGrid,
  writeRecord,
} from "../../src/record/index.ts";
import { shortRun } from "./short-run.ts";

async function written(content: RecordContent) {
  const sink = createMemorySink();
  await writeRecord(content, sink);
  return sink.bytes;
}

it("a log that was read and written again is read as the same run", async () => {
  const record = await readLog((await shortRun({ init: "path" })).bytes);
  expect(record.ticks.length).toBeGreaterThan(10);
  const bytes = await written(record);
  expect(await readLog(bytes)).toEqual(record);
});

it("local grids are written where there are some", async () => {
  const { bytes } = await shortRun({}, { localGridEvery: 4 });
  const gridsOf = async (from: Uint8Array): Promise<TimedGrid[]> => {
    const all: TimedGrid[] = [];
    for await (const grid of (await openLog(from)).localGrids()) all.push(grid);
    return all;
  };
  const localGrids = await gridsOf(bytes);
  expect(localGrids.length).toBeGreaterThan(2);
  expect(await gridsOf(await written({ ...(await readLog(bytes)), localGrids }))).toEqual(localGrids);
});

it("a run that goes on has no summary, and ticks may lack whatever a fault takes from them", async () => {
  const tick: TickRecord = {
    tick: 0,
    time: 0,
    phase: "fault",
    source: "stop",
    command: { kind: "stop" },
    hypotheses: [],
    partsMs: { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 },
    totalMs: Number.NaN,
    missedDeadline: false,
    note: "the sensor is gone",
  };
  const { meta } = await readLog((await shortRun()).bytes);
  const record = await readLog(await written({ meta, maps: [], paths: [], ticks: [tick] }));
  expect(record.summary).toBeUndefined();
  expect(record.complete).toBe(true);
  expect(record.ticks[0]).toMatchObject({ phase: "fault", totalMs: Number.NaN, note: "the sensor is gone" });
});
