import { describe, expect, test } from "vitest";
import { DEFAULT_KIND_SHARES, kindAt, resolveKindShares, SCENE_KINDS } from "../../src/scenes/index.ts";

describe("shares of kinds of scenes", () => {
  test("weights become shares, kinds that are not named get none", () => {
    const shares = resolveKindShares({ ordinary: 1, goal: 3 });
    expect(shares).toEqual({ ordinary: 0.25, first: 0, goal: 0.75, displaced: 0, obstacle: 0 });
    expect(resolveKindShares({ ...DEFAULT_KIND_SHARES })).toEqual(DEFAULT_KIND_SHARES);
  });

  test("unknown kinds, weights below zero and nothing but zeros are refused", () => {
    expect(() => resolveKindShares({ usual: 1 })).toThrow(
      /kind of scene is "usual", expected one of ordinary/,
    );
    expect(() => resolveKindShares({ goal: -1 })).toThrow(
      "share of goal is -1, expected a finite number >= 0",
    );
    expect(() => resolveKindShares({ goal: Number.NaN })).toThrow("share of goal is NaN");
    expect(() => resolveKindShares({ goal: 0, first: 0 })).toThrow("every kind of scene has share 0");
    expect(() => resolveKindShares({ toString: 1 })).toThrow('kind of scene is "toString"');
  });

  test("places spread evenly over [0, 1) give each kind its share", () => {
    const count = new Map<string, number>(SCENE_KINDS.map((kind) => [kind, 0]));
    for (let n = 0; n < 1000; n++) {
      const kind = kindAt(DEFAULT_KIND_SHARES, (n + 0.5) / 1000);
      count.set(kind, count.get(kind)! + 1);
    }
    for (const kind of SCENE_KINDS)
      expect(Math.abs(count.get(kind)! - 1000 * DEFAULT_KIND_SHARES[kind])).toBeLessThanOrEqual(1);
  });

  test("rounding at the end of the range never gives a kind without a share", () => {
    const shares = resolveKindShares({ ordinary: 1, first: 1, goal: 1 });
    expect(kindAt(shares, 1)).toBe("goal");
  });
});
