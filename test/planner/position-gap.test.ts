import { expect, test } from "vitest";
import { positionGap } from "../../src/planner/index.ts";

const X = Float64Array.of(0, 0, 1, 1, 0, 9, 2, 0, 0);

test("the gap is the largest distance of two positions of the same stage, whatever the rest of the state", () => {
  expect(positionGap(X, X, 3)).toBe(0);
  expect(positionGap(X, Float64Array.of(0, 0, 0, 1, 0.1, 0, 5, 4, 0), 3)).toBe(5);
});

test.each([
  ["missing", undefined],
  ["of another length", X.slice(0, 6)],
  ["not a number in one place", X.with(4, Number.NaN)],
])("a trajectory that is %s is infinitely far off", (_what, Y) => {
  expect(positionGap(X, Y, 3)).toBe(Number.POSITIVE_INFINITY);
  expect(positionGap(Y, X, 3)).toBe(Number.POSITIVE_INFINITY);
});
