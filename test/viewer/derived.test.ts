import { describe, expect, test } from "vitest";
import type { Run, RunIndex, Series } from "../../viewer/src/contracts.ts";
import { formatExpression, parseExpression } from "../../viewer/src/derived/expression.ts";
import { findPair, findSeries, namesNeeded } from "../../viewer/src/derived/find-series.ts";

function runOf(
  times: number[],
  columns: Record<string, readonly [unit: string, of: (t: number) => number]>,
): Run {
  const at = Float64Array.from(times);
  const series = new Map<string, Series>(
    Object.entries(columns).map(([name, [unit, of]]) => [
      name,
      { name, unit, group: "g", values: at.map(of) },
    ]),
  );
  return { index: { times: at, series } as unknown as RunIndex } as Run;
}

const TIMES = [0, 0.1, 0.25, 0.3, 0.7, 1];
const A = runOf(TIMES, {
  speed: ["m/s", (t) => 3 * t * t - t],
  "turn rate": ["rad/s", (t) => 5 * t],
  "time: SQP": ["ms", () => 4],
  x: ["m", (t) => 3 * t],
  y: ["m", (t) => 4 * t],
});
const B = runOf([0, 0.5], { speed: ["m/s", (t) => 10 + t] });
const values = (name: string, runs = [A, B]): number[] => Array.from(findSeries(runs, 0, name)!.values);
const near = (got: number[], wanted: number[]): void =>
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i], 12);
  });

describe("a computed series", () => {
  test("is what its expression says, with the usual order of signs", () => {
    near(
      values('=2 * turn rate - speed / ("time: SQP" + 1)'),
      TIMES.map((t) => 10 * t - (3 * t * t - t) / 5),
    );
    near(
      values("=-(x - 1) * 2"),
      TIMES.map((t) => -(3 * t - 1) * 2),
    );
    near(
      values("=8 - 3 - speed * 0"),
      TIMES.map(() => 5),
    );
    near(
      values("=max(norm(x, y), abs(-2), deg(0) + speed * 0)"),
      TIMES.map((t) => Math.max(5 * t, 2)),
    );
    near(
      values("=wrap(x * 0 + 7)"),
      TIMES.map(() => 7 - 2 * Math.PI),
    );
  });

  test("has the exact slope of a parabola wherever it has two neighbours, however the ticks lie", () => {
    near(
      values("=derivative(speed)").slice(1, -1),
      TIMES.slice(1, -1).map((t) => 6 * t - 1),
    );
    near(
      values("=derivative(x)"),
      TIMES.map(() => 3),
    );
  });

  test("of another run takes its last value at each tick", () => {
    near(
      values("=speed - speed@B"),
      TIMES.map((t) => 3 * t * t - t - (t < 0.5 ? 10 : 10.5)),
    );
  });

  test("has a unit where all have one, and a slope has one over seconds", () => {
    const unit = (name: string): string => findSeries([A, B], 0, name)!.unit;
    expect(
      ["=speed - speed@B", "=2 * speed", "=speed / 2", "=norm(x, y)", "=deg(turn rate)"].map(unit),
    ).toEqual(["m/s", "m/s", "m/s", "m", "°/s"]);
    expect(["=derivative(speed)", "=derivative(x)", "=x * y", "=x - speed", "=1 / x"].map(unit)).toEqual([
      "m/s²",
      "m/s",
      "",
      "",
      "",
    ]);
  });

  test("is not there where what it is of is not, nor where a link was changed by hand", () => {
    expect(findSeries([A], 0, "=speed - speed@B")).toBeUndefined();
    expect(findSeries([A], 0, "=nothing + 1")).toBeUndefined();
    expect(findSeries([A], 0, "=speed +")).toBeUndefined();
    expect(findSeries([A], 0, "=3")).toBeUndefined();
    expect(namesNeeded('="/imu.x" - derivative(speed)')).toEqual(["/imu.x", "speed"]);
  });

  test("is computed anew when its run, or the other one, has grown", () => {
    const later = runOf([0, 0.5], { speed: ["m/s", () => 1] });
    const first = values("=speed@B + 0 * speed", [A, B]);
    expect(values("=speed@B + 0 * speed", [A, later])).not.toEqual(first);
    expect(findSeries([A, B], 0, "=speed@B")).toBe(findSeries([A, B], 0, "=speed@B"));
  });
});

describe("one series over another", () => {
  test("has both at the same times", () => {
    const pair = findPair([A, B], 0, "=xy(x, speed@B)")!;
    expect(Array.from(pair.x.values)).toEqual(TIMES.map((t) => 3 * t));
    expect(Array.from(pair.y.values)).toEqual(TIMES.map((t) => (t < 0.5 ? 10 : 10.5)));
    expect([pair.x.name, pair.y.name, pair.x.unit]).toEqual(["x", "speed@B", "m"]);
    expect(findSeries([A], 0, "=xy(x, y)")).toBeUndefined();
  });
});

describe("an expression", () => {
  test("that is written out again is the same", () => {
    for (const text of [
      "speed",
      "(speed - speed@B)",
      '(2 * ("time: SQP" + turn rate))',
      "xy(x, derivative(y))",
      "-max(x, 1.5, y)",
    ]) {
      expect(formatExpression(parseExpression(text))).toBe(text);
    }
  });

  test("that cannot be read says what was expected", () => {
    const told = (text: string, what: RegExp): void => expect(() => parseExpression(text)).toThrow(what);
    told("", /expected a series at the end/);
    told("speed + ", /expected a series at the end/);
    told("(speed", /expected "\)"/);
    told("speed )", /expected the end before "\)"/);
    told("sqr(speed)", /no function "sqr".*sqrt/);
    told("norm()", /expected a series/);
    told("xy(x)", /xy takes 2 series, got 1/);
    told("1 + xy(x, y)", /plot of its own/);
    told("speed $ 2", /"\$ 2" cannot be read/);
    told("(".repeat(9999), /too many parentheses/);
  });
});
