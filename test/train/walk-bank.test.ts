import { expect, test } from "vitest";
import { walkBank } from "../../src/train/evolve/open-bank.ts";

test("a walk through the bank meets every task once in a round, each round in an order of its own", () => {
  const round = (r: number): number[] => Array.from({ length: 9 }, (_, i) => walkBank(9, 4, 9 * r + i));
  const rounds = [0, 1, 2, 3].map(round);
  for (const order of rounds) expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(new Set(rounds.map(String)).size).toBe(4);
  expect(round(2)).toEqual(rounds[2]);
});
