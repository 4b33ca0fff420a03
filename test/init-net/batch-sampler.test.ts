import { describe, expect, test } from "vitest";
import { createBatchSampler } from "../../src/init-net/index.ts";

const examples = Uint32Array.from({ length: 50 }, (_, i) => 3 * i);

function drawn(sampler: ReturnType<typeof createBatchSampler>, steps: readonly number[], batch: number) {
  return steps.flatMap((step) => {
    const rows = new Uint32Array(batch);
    const mirrors = new Uint8Array(batch);
    sampler.draw(step, rows, mirrors);
    return Array.from(rows, (row, i) => ({ row, mirrored: mirrors[i] }));
  });
}

describe("batches", () => {
  test("an epoch draws every example once, whatever the batch, and the next one in another order", () => {
    const sampler = createBatchSampler({ examples, batch: 7, seed: 1, mirror: false });
    const rows = drawn(sampler, [...Array(15).keys()], 7).map(({ row }) => row);
    const first = rows.slice(0, 50);
    const second = rows.slice(50, 100);
    const sorted = [...examples];
    expect([...first].sort((a, b) => a - b)).toEqual(sorted);
    expect([...second].sort((a, b) => a - b)).toEqual(sorted);
    expect(second).not.toEqual(first);
    expect(sampler.stepsPerEpoch).toBe(8);
  });

  test("a step's batch depends on the step alone, not on those drawn before", () => {
    const options = { examples, batch: 8, seed: 3, mirror: true };
    const inOrder = drawn(createBatchSampler(options), [...Array(20).keys()], 8);
    const sampler = createBatchSampler(options);
    for (const step of [19, 2, 11]) {
      expect(drawn(sampler, [step], 8)).toEqual(inOrder.slice(8 * step, 8 * step + 8));
    }
  });

  test("another seed draws another order", () => {
    const of = (seed: number) =>
      drawn(createBatchSampler({ examples, batch: 50, seed, mirror: false }), [0], 50);
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  test("about half of the examples are mirrored, and no example always", () => {
    const all = drawn(
      createBatchSampler({ examples, batch: 50, seed: 1, mirror: true }),
      [...Array(40).keys()],
      50,
    );
    const share = all.filter(({ mirrored }) => mirrored === 1).length / all.length;
    expect(share).toBeGreaterThan(0.45); // 2000 draws: standard deviation 0.011
    expect(share).toBeLessThan(0.55);
    for (const example of examples) {
      const own = new Set(all.filter(({ row }) => row === example).map(({ mirrored }) => mirrored));
      expect(own.size).toBe(2);
    }
  });

  test("with weights, classes are drawn as often as their weights say, however rare they are", () => {
    const classes = Uint8Array.from(examples, (_, i) => (i < 5 ? 0 : i < 40 ? 1 : 2));
    const sampler = createBatchSampler({
      examples,
      batch: 100,
      seed: 5,
      mirror: false,
      weighting: { classes, weights: [3, 1, 0] },
    });
    const rows = drawn(sampler, [...Array(20).keys()], 100).map(({ row }) => row / 3);
    const rare = rows.filter((i) => i < 5).length / rows.length;
    expect(Math.abs(rare - 0.75)).toBeLessThan(0.04); // 2000 draws: standard deviation 0.01
    expect(rows.some((i) => i >= 40)).toBe(false);
    expect(new Set(rows.filter((i) => i < 5)).size).toBe(5);
  });

  test("nothing to draw from is refused", () => {
    const empty = { examples: new Uint32Array(0), batch: 4, seed: 0, mirror: false };
    expect(() => createBatchSampler(empty)).toThrow("no example to train on");
    const weighting = { classes: new Uint8Array(50), weights: [0, 1] };
    expect(() => createBatchSampler({ ...empty, examples, weighting })).toThrow("weight above 0");
  });
});
