import { expect, test } from "vitest";
import { STEERED_SPEC } from "../../src/optim/index.ts";
import { checkDesign } from "../../src/train/evolve/evolve-session.ts";
import { walkBank } from "../../src/train/evolve/open-bank.ts";

test("a walk through the bank meets every task once in a round, each round in an order of its own", () => {
  const round = (r: number): number[] => Array.from({ length: 9 }, (_, i) => walkBank(9, 4, 9 * r + i));
  const rounds = [0, 1, 2, 3].map(round);
  for (const order of rounds) expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(new Set(rounds.map(String)).size).toBe(4);
  expect(round(2)).toEqual(rounds[2]);
});

test("an evolution goes on with what it was begun with, and names what differs", () => {
  const design = { spec: STEERED_SPEC, pairs: 6, runs: 2, rate: 0.1, seed: 3 };
  expect(() => checkDesign(design, { ...design, spec: { ...STEERED_SPEC } })).not.toThrow();
  expect(() => checkDesign(design, { ...design, pairs: 8 })).toThrow("made with pairs 6, now it is 8");
  expect(() => checkDesign(design, { ...design, spec: { ...STEERED_SPEC, memory: "lstm" } })).toThrow(
    'memory "cam", now it is "lstm"',
  );
  expect(() => checkDesign(design, { ...design, from: "a.mnos" })).toThrow("from not given");
});
