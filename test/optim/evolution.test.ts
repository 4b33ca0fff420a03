import { describe, expect, it } from "vitest";
import {
  beginEvolution,
  candidate,
  type EvolutionOptions,
  type EvolutionState,
  evolve,
  evolved,
  perturbation,
} from "../../src/optim/index.ts";
import { type PlainData, packState, unpackState } from "../../src/rules/index.ts";

const start = Float32Array.of(1, -1, 0.5, 0);
const goal = [0.4, 0.2, -0.3, 0.5];
const options: EvolutionOptions = {
  pairs: 8,
  sigma: new Float64Array(4).fill(0.1),
  rate: 0.3,
  limit: 1,
  seed: 3,
};
const score = (w: Float32Array): number => w.reduce((sum, x, i) => sum + (1 + i) * (x - goal[i]) ** 2, 0);

function generations(
  from: EvolutionState,
  count: number,
  more: Partial<EvolutionOptions> = {},
): EvolutionState {
  const o = { ...options, ...more };
  let state = from;
  for (let t = 0; t < count; t++) {
    const scores = Array.from({ length: o.pairs }, (_, j): [number, number] => {
      const direction = perturbation(o, state, j);
      return [1, -1].map((share) => score(candidate(o, state, start, direction, share))) as [number, number];
    });
    state = evolve(o, state, scores);
  }
  return state;
}

describe("evolution", () => {
  it("finds the minimum of a quadratic that it only sees values of", () => {
    const found = evolved(options, generations(beginEvolution(4), 150), start);
    expect(score(start)).toBeGreaterThan(1);
    expect(score(found)).toBeLessThan(0.01);
  });

  it("goes on from a saved state to the same bits", () => {
    const half = generations(beginEvolution(4), 5);
    const back = unpackState<EvolutionState>(packState(half as unknown as PlainData));
    expect(generations(back, 5)).toEqual(generations(beginEvolution(4), 10));
  });

  it("after one generation has come to its mean, not to a share of it", () => {
    const state = generations(beginEvolution(4), 1);
    evolved(options, state, start).forEach((w, i) => {
      expect(w).toBeCloseTo(start[i] + 0.1 * state.mean[i], 6);
      expect(Math.abs(state.mean[i])).toBeCloseTo(options.rate, 6);
    });
  });

  it("is not carried away by one pair of which one run diverged", () => {
    const state = beginEvolution(4);
    const wild = evolve(options, state, [
      [1e9, 0],
      ...Array.from({ length: 7 }, (): [number, number] => [0, 0]),
    ]);
    const limited = evolve(options, state, [
      [2, 0],
      ...Array.from({ length: 7 }, (): [number, number] => [0, 0]),
    ]);
    expect(wild).toEqual(limited);
  });
});
