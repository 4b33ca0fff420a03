import { describe, expect, test } from "vitest";
import {
  ConfigError,
  check,
  checkCount,
  checkName,
  checkWithin,
  FormatError,
  isJsonObject,
  shown,
} from "../../src/base/index.ts";

describe("a check", () => {
  test("says name, what it got, and what it expected with its unit", () => {
    expect(() => check("tau", -1, false, "a number > 0 [s]")).toThrow("tau is -1, expected a number > 0 [s]");
    expect(() => check("id", 3, false, "a text", FormatError)).toThrow(FormatError);
    expect(() => checkCount("n", 1.5, 1, 9, "ticks")).toThrow(
      "n is 1.5, expected an integer in 1..9 [ticks]",
    );
    expect(() => checkWithin("d", Number.NaN, 0, 2, "m")).toThrow("d is NaN, expected a number 0 .. 2 [m]");
    expect(() => checkName("kind", "gaol", ["goal", "stop"])).toThrow(
      'kind is "gaol", expected one of goal, stop (did you mean "goal"?)',
    );
    expect(() => checkName("kind", undefined, ["goal"])).toThrow(ConfigError);
  });

  test("passes what is legal, both ends of a range included", () => {
    checkWithin("d", 0, 0, 2);
    checkWithin("d", 2, 0, 2);
    checkCount("n", 1, 1, 1);
    checkName("kind", "goal", ["goal", "stop"]);
  });
});

test("values of any kind are shown short", () => {
  const values = [0.5, Number.NaN, "word", [1, Number.NaN, "a"], undefined, null, { a: 1 }, new Int8Array(9)];
  expect(values.map(shown).join("; ")).toBe(
    '0.5; NaN; "word"; [1,NaN,"a"]; missing; null; {"a":1}; Int8Array',
  );
  expect(shown("x".repeat(1e6))).toHaveLength(64);
  const deep = JSON.parse(`${"[".repeat(9000)}${"]".repeat(9000)}`);
  expect(shown(deep).length).toBeLessThan(70);
});

test("a JSON object is no list, no null and no typed array", () => {
  expect([{}, { a: 1 }].every(isJsonObject)).toBe(true);
  expect([null, [], new Float64Array(1), "{}", 1, undefined].some(isJsonObject)).toBe(false);
});
