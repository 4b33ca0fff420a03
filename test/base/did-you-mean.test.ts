import { expect, test } from "vitest";
import { didYouMean } from "../../src/base/index.ts";

const VERBS = ["navigate", "evaluate", "world", "info"];

test.each([
  ["inof", "info"], // two letters swapped are one mistake
  ["naviagte", "navigate"],
  ["wrold", "world"],
  ["World", "world"],
  ["evalute", "evaluate"],
])("%s is taken for %s", (word, meant) => {
  expect(didYouMean(word, VERBS)).toBe(` (did you mean "${meant}"?)`);
});

test("a word like none is taken for none, however long", () => {
  for (const word of ["", "x", "bench", "a".repeat(1e6)]) expect(didYouMean(word, VERBS)).toBe("");
});
