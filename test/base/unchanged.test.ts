import { expect, test } from "vitest";
import { checkUnchanged, describeChanges } from "../../src/base/index.ts";

const WAS = { seed: 1, taus: [0, 1], rate: 0.1 };

test("a setting that is not what it was is refused by name, one that came or went too", () => {
  checkUnchanged("made with", WAS, { ...WAS, taus: [0, 1] });
  expect(() => checkUnchanged("made with", WAS, { ...WAS, taus: [1] })).toThrow(
    "made with taus [0,1], now it is [1]",
  );
  expect(() => checkUnchanged("made with", WAS, { ...WAS, map: "hf+" })).toThrow(
    'map not given, now it is "hf+"',
  );
  expect(() => checkUnchanged("made with", WAS, {})).toThrow("seed 1, now it is not given");
});

test("settings that are not named may change, and are told", () => {
  checkUnchanged("made with", WAS, { ...WAS, rate: 1 }, ["seed", "taus"]);
  expect(describeChanges(WAS, { ...WAS, rate: 1, map: "hf+" })).toEqual([
    "rate is 1, was 0.1",
    'map is "hf+", was not given',
  ]);
  expect(describeChanges(WAS, { ...WAS })).toEqual([]);
});
