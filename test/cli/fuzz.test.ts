import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { parseMutated } from "./mutated-calls.ts";

// Ten times as many, and some that are carried out: test/long/fuzz.test.ts.
test("1,000 mutated command lines are parsed or refused, without a crash", async () => {
  const seed = 22;
  const accepted = await parseMutated(createRng(seed), 1000, seed);
  expect(accepted).toBeGreaterThan(10); // the fuzzer does reach the verbs
  expect(accepted).toBeLessThan(900);
});
