import { describe, expect, test } from "vitest";
import { getRobot } from "../../src/sim/index.ts";
import type { Run, RunIndex, Series } from "../../viewer/src/contracts.ts";
import { fileNameOf } from "../../viewer/src/export/save-file.ts";
import { formatCsv } from "../../viewer/src/panels/csv.ts";
import { deadlineOf, limitsOf } from "../../viewer/src/panels/plot-limits.ts";
import {
  alignLines,
  formatValue,
  groupLines,
  tickAtOrBefore,
  valueAt,
  wordsOf,
} from "../../viewer/src/panels/plot-table.ts";

const { NaN: none } = Number;

function series(name: string, unit: string, group: string, ...values: number[]): Series {
  return { name, unit, group, values: Float64Array.from(values) };
}

function runOf(times: number[], ...list: Series[]): Run {
  const index = {
    name: "a",
    meta: { robot: getRobot("jackal") },
    times: Float64Array.from(times),
    series: new Map(list.map((s) => [s.name, s])),
  } as unknown as RunIndex;
  return { index } as Run;
}

describe("values at a time", () => {
  const times = Float64Array.of(0, 0.1, 0.2, 0.2, 0.5);

  test("belong to the tick at or before it, the last of several at once", () => {
    expect([-1, 0, 0.05, 0.1, 0.2, 0.4, 9].map((t) => tickAtOrBefore(times, t))).toEqual([
      -1, 0, 0, 1, 3, 3, 4,
    ]);
    expect(tickAtOrBefore(new Float64Array(0), 1)).toBe(-1);
  });

  test("sums of tenths meet their ticks", () => {
    expect(tickAtOrBefore(Float64Array.of(0, 0.3), 0.1 + 0.2)).toBe(1);
    expect(tickAtOrBefore(Float64Array.of(0, 0.1 + 0.2), 0.3)).toBe(1);
  });

  test("are not there before the first tick", () => {
    const speed = series("speed", "m/s", "speed", 1, 2);
    const run = runOf([1, 2], speed);
    expect(valueAt(run, speed, 0.5)).toBeNaN();
    expect(valueAt(run, speed, 1.5)).toBe(1);
  });
});

describe("lines", () => {
  const a = runOf(
    [0, 1, 2],
    series("speed", "m/s", "speed", 0, 1, none),
    series("turn rate", "rad/s", "turning", 0, 0, 0),
  );
  const b = runOf([0.5, 1], series("speed", "m/s", "speed", 5, 6));

  test("share a plot with their group, over both runs", () => {
    const groups = groupLines([a, b], ["turn rate", "speed", "unheard of"]);
    expect(groups.map((g) => [g.unit, g.lines.map((l) => l.run)])).toEqual([
      ["rad/s", [0]],
      ["m/s", [0, 1]],
    ]);
  });

  test("of one run keep its ticks; what is not a number is a gap", () => {
    const [group] = groupLines([a], ["speed"]);
    expect(alignLines([a], group.lines)).toEqual([
      [0, 1, 2],
      [0, 1, null],
    ]);
  });

  test("of two runs meet on all their ticks; where one has none it is passed over", () => {
    const [group] = groupLines([a, b], ["speed"]);
    expect(alignLines([a, b], group.lines)).toEqual([
      [0, 0.5, 1, 2],
      [0, undefined, 1, null],
      [undefined, 5, 6, undefined],
    ]);
  });
});

describe("limits", () => {
  const index = (robot: string, more: object = {}): RunIndex =>
    ({ meta: { robot: getRobot(robot), ...more } }) as unknown as RunIndex;
  const values = (unit: string, name: string, robot: string): number[] =>
    limitsOf({ unit, name }, index(robot)).map((limit) => limit.value);

  test("are the robot's", () => {
    expect(values("m/s", "speed", "jackal")).toEqual([-0.5, 2]);
    expect(values("rad/s", "turn rate", "jackal")).toEqual([-2, 2]);
    expect(values("m/s", "lateral speed", "omni")).toEqual([-0.8, 0.8]);
    expect(values("rad", "steering angle", "f1tenth")).toEqual([-0.4189, 0.4189]);
    expect(values("rad/s", "turn rate", "f1tenth")).toEqual([]);
    expect(values("m", "clearance", "omni")).toEqual([0]);
    expect(values("", "iterations", "omni")).toEqual([]);
  });

  test("of time are the deadline, else what the summary says, else the period", () => {
    expect(deadlineOf(index("jackal", { config: { deadlineMs: 50, rateHz: 10 } })).value).toBe(50);
    expect(deadlineOf(index("jackal", { config: { rateHz: 20 } })).value).toBe(50);
    expect(deadlineOf(index("jackal")).value).toBe(100);
    const summed = { ...index("jackal"), summary: { deadline: { ms: 77 } } } as unknown as RunIndex;
    expect(deadlineOf(summed).value).toBe(77);
  });
});

describe("CSV", () => {
  test("has exact numbers, units, and nothing where there is no number", () => {
    const { index } = runOf(
      [0, 0.1],
      series("speed", "m/s", "speed", 1 / 3, none),
      series('a "b", c', "", "x", Number.POSITIVE_INFINITY, -2),
    );
    expect(formatCsv(index, ["speed", "not there", 'a "b", c'])).toBe(
      'time [s],speed [m/s],"a ""b"", c"\r\n0,0.3333333333333333,\r\n0.1,,-2\r\n',
    );
  });

  test("of a run without ticks is its header", () => {
    expect(formatCsv(runOf([]).index, [])).toBe("time [s]\r\n");
  });

  test("a file is named after its run, whatever that is called", () => {
    expect(fileNameOf("runs/a b:7.mcap", ".csv")).toBe("runs-a-b-7.csv");
    expect(fileNameOf("", ".csv")).toBe("run.csv");
  });
});

test("numbers are written for people", () => {
  expect([0, 1, -0.5, 1 / 3, 123456, 2e7, 1e-7, none, Number.POSITIVE_INFINITY].map(formatValue)).toEqual([
    "0",
    "1",
    "−0.5",
    "0.3333",
    "123500",
    "2.00e+7",
    "1.00e−7",
    "–",
    "∞",
  ]);
  expect(wordsOf("solver status")?.[0]).toBe("converged");
  expect(wordsOf("toString")).toBeUndefined();
});
