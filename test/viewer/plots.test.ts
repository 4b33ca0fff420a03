import { describe, expect, test } from "vitest";
import { getRobot } from "../../src/sim/index.ts";
import type { Run, RunIndex, Series } from "../../viewer/src/contracts.ts";
import { valueAt } from "../../viewer/src/derived/find-series.ts";
import { fileNameOf } from "../../viewer/src/export/save-file.ts";
import { formatCsv } from "../../viewer/src/panels/csv.ts";
import { formatValue } from "../../viewer/src/panels/format-value.ts";
import { DASHES, PLOT_COLOURS } from "../../viewer/src/panels/plot-colours.ts";
import { deadlineOf, limitsOf } from "../../viewer/src/panels/plot-limits.ts";
import { alignLines, groupLines, tickAtOrBefore, wordsOf } from "../../viewer/src/panels/plot-table.ts";

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
    const columns = [
      series("speed", "m/s", "speed", 1 / 3, none),
      series('a "b", c', "", "x", Number.POSITIVE_INFINITY, -2),
    ];
    expect(formatCsv(runOf([0, 0.1], ...columns), columns)).toBe(
      'time [s],speed [m/s],"a ""b"", c"\r\n0,0.3333333333333333,\r\n0.1,,-2\r\n',
    );
  });

  test("of a run without ticks is its header", () => {
    expect(formatCsv(runOf([]), [])).toBe("time [s]\r\n");
  });

  test("has a series with times of its own at each tick, and of a log without ticks at its own times", () => {
    const own = { ...series("/imu.x", "", "/imu", 5, 6), times: Float64Array.of(0.05, 0.15) };
    expect(formatCsv(runOf([0, 0.1, 0.2]), [own])).toBe("time [s],/imu.x\r\n0,\r\n0.1,5\r\n0.2,6\r\n");
    expect(formatCsv(runOf([]), [own])).toBe("time [s],/imu.x\r\n0.05,5\r\n0.15,6\r\n");
  });

  test("a file is named after its run, whatever that is called", () => {
    expect(fileNameOf("runs/a b:7.mcap", ".csv")).toBe("runs-a-b-7.csv");
    expect(fileNameOf("", ".csv")).toBe("run.csv");
  });
});

test("lines can be told from light and from dark paper: 4.5 to 1, as text", () => {
  const luminance = (css: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const c = Number.parseInt(css.slice(at, at + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  for (const colour of PLOT_COLOURS.light) expect(contrast(colour, "#ffffff")).toBeGreaterThan(4.5);
  for (const colour of PLOT_COLOURS.dark) expect(contrast(colour, "#14181b")).toBeGreaterThan(4.5);
  expect(DASHES[0]).toEqual([]);
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
