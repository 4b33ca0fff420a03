import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeatureRows } from "../../src/init-net/index.ts";
import { holdOutEnough } from "../../src/train/held-out.ts";

/** Examples of worlds, each [world, whether collect held it out]; in shards of five. */
function rowsOf(examples: readonly (readonly [number, boolean])[]): FeatureRows[] {
  const shards: FeatureRows[] = [];
  for (let at = 0; at < examples.length; at += 5) {
    const part = examples.slice(at, at + 5);
    shards.push({
      length: part.length,
      world: Uint32Array.from(part, ([world]) => world),
      family: new Uint8Array(part.length),
      heldOut: Uint8Array.from(part, ([, out]) => Number(out)),
    } as unknown as FeatureRows);
  }
  return shards;
}
const flags = (shards: FeatureRows[]): number[] => shards.flatMap(({ heldOut }) => [...heldOut]);

describe("what is held out", () => {
  test("stays as it was collected where that is enough", () => {
    const shards = rowsOf([...Array(20)].map((_, i) => [Math.floor(i / 2), i >= 18]));
    expect(holdOutEnough({ shards })).toBeUndefined();
    expect(flags(shards).slice(-2)).toEqual([1, 1]);
  });

  test("is some of the examples but not all, and a world is on one side, whatever was collected", () => {
    const worlds = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { minLength: 2, maxLength: 12 }); // biome-ignore format: one line
    fc.assert(
      fc.property(worlds, (list) => {
        const examples = list.flatMap(([count, out], world) => [...Array(count)].map(() => [world, out] as const)); // biome-ignore format: one line
        const shards = rowsOf(examples);
        holdOutEnough({ shards });
        const sides = flags(shards);
        const share = sides.reduce((a, b) => a + b, 0) / sides.length;
        expect(share).toBeLessThan(1);
        // Less than a twentieth only where a single world is left to train on.
        const left = new Set(examples.filter((_, i) => sides[i] === 0).map(([world]) => world));
        expect(share >= 0.05 || left.size === 1).toBe(true);
        for (const [world] of list.entries())
          expect(new Set(sides.filter((_, i) => examples[i][0] === world)).size).toBe(1);
        const again = rowsOf(examples);
        holdOutEnough({ shards: again });
        expect(flags(again)).toEqual(sides);
      }),
    );
  });

  test("of a single world is every eighth example, and that is said; of a single example nothing can be", () => {
    const shards = rowsOf([...Array(16)].map(() => [3, false]));
    expect(holdOutEnough({ shards })).toMatch(/one world/);
    expect(flags(shards).reduce((a, b) => a + b)).toBe(2);
    expect(() => holdOutEnough({ shards: rowsOf([[3, true]]) })).toThrow(/hold 1 example/);
  });
});
