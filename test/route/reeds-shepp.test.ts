import { describe, expect, test } from "vitest";
import { createRng, wrapAngle } from "../../src/base/index.ts";
import { driveAlong } from "../../src/route/drive-curve.ts";
import { forEachDubinsWord } from "../../src/route/dubins.ts";
import { forEachReedsSheppWord, type HearWord, reedsSheppDistance } from "../../src/route/reeds-shepp.ts";

type Word = { readonly letters: number[]; readonly lengths: number[] };
type Case = readonly [number, number, number];

const cases = (seed: number, count: number, reach: number): Case[] => {
  const rng = createRng(seed);
  const coordinate = (): number => reach * (2 * rng.uniform() - 1);
  return Array.from({ length: count }, () => [coordinate(), coordinate(), Math.PI * (2 * rng.uniform() - 1)]);
};
const wordsTo = (
  each: (x: number, y: number, phi: number, hear: HearWord) => void,
  [x, y, phi]: Case,
): Word[] => {
  const words: Word[] = [];
  each(x, y, phi, (letters, lengths, n) =>
    words.push({ letters: [...letters.slice(0, n)], lengths: [...lengths.slice(0, n)] }),
  );
  return words;
};
const lengthOf = ({ lengths }: Word): number => lengths.reduce((sum, length) => sum + Math.abs(length), 0);
const endOf = ({ letters, lengths }: Word): Float64Array => {
  const pose = new Float64Array(3);
  for (const [i, length] of lengths.entries()) driveAlong(pose, letters[i], length, pose);
  return pose;
};
const missOf = (word: Word, [x, y, phi]: Case): number => {
  const [ex, ey, yaw] = endOf(word);
  return Math.max(Math.abs(ex - x), Math.abs(ey - y), Math.abs(wrapAngle(yaw - phi)));
};
const distance = ([x, y, phi]: Case): number => reedsSheppDistance(x, y, phi, 1);

describe("driving along a segment", () => {
  test("equals 10,000 small steps of the car's differential equation", () => {
    for (const [curvature, length] of [
      [1, 2],
      [-0.7, -1.5],
      [0, 3],
      [1e-9, 1],
    ]) {
      const pose = Float64Array.of(1, 2, 0.5);
      const ds = length / 1e4;
      for (let i = 0; i < 1e4; i++) {
        const middle = pose[2] + (curvature * ds) / 2;
        pose[0] += ds * Math.cos(middle);
        pose[1] += ds * Math.sin(middle);
        pose[2] += curvature * ds;
      }
      const exact = driveAlong(Float64Array.of(1, 2, 0.5), curvature, length, new Float64Array(3));
      for (let i = 0; i < 3; i++) expect(exact[i]).toBeCloseTo(pose[i], 7);
    }
  });
});

describe("the words of Reeds and Shepp", () => {
  test("each leads to the pose, in every quadrant, near and far", () => {
    for (const at of [...cases(1, 200, 1), ...cases(2, 200, 5), ...cases(3, 50, 100)])
      for (const word of wordsTo(forEachReedsSheppWord, at)) expect(missOf(word, at)).toBeLessThan(1e-9);
  });

  test("the shortest, of equals the one of fewest segments, is at times of each of the nine families", () => {
    const shapes = new Set<string>();
    for (const at of cases(4, 4000, 3)) {
      const words = wordsTo(forEachReedsSheppWord, at);
      const rank = (word: Word): number => lengthOf(word) + 1e-9 * word.letters.length;
      const least = words.reduce((best, word) => (rank(word) < rank(best) ? word : best));
      let shape = "";
      least.letters.forEach((letter, i) => {
        const turned = i > 0 && Math.sign(least.lengths[i]) !== Math.sign(least.lengths[i - 1]);
        shape += `${turned ? "|" : ""}${letter === 0 ? "S" : "C"}`;
      });
      shapes.add(shape);
    }
    expect([...shapes].sort()).toEqual(
      ["C|C|C", "C|CC", "CC|C", "CSC", "CC|CC", "C|CC|C", "C|CSC", "CSC|C", "C|CSC|C"].sort(),
    );
  });

  test("are never shorter than the straight line", () => {
    for (const at of cases(5, 2000, 4))
      expect(distance(at)).toBeGreaterThanOrEqual(Math.hypot(at[0], at[1]) - 1e-12);
  });

  test("are as long mirrored, driven backwards, and on the way back", () => {
    for (const [x, y, phi] of cases(6, 2000, 4)) {
      const there = distance([x, y, phi]);
      const c = Math.cos(phi);
      const s = Math.sin(phi);
      expect(distance([x, -y, -phi])).toBeCloseTo(there, 9);
      expect(distance([-x, y, -phi])).toBeCloseTo(there, 9);
      expect(distance([-x * c - y * s, x * s - y * c, -phi])).toBeCloseTo(there, 9);
    }
  });

  test("scale with the turning radius", () => {
    for (const [x, y, phi] of cases(7, 100, 4))
      expect(reedsSheppDistance(3 * x, 3 * y, phi, 3)).toBeCloseTo(3 * distance([x, y, phi]), 9);
  });

  test("known ways: sideways by nothing but arcs, round on the spot, straight back", () => {
    expect(distance([-5, 0, 0])).toBeCloseTo(5, 12);
    expect(distance([0, 0, Math.PI])).toBeCloseTo(Math.PI, 9); // three arcs of 60 degrees each
    expect(distance([0, 2, Math.PI])).toBeCloseTo(Math.PI, 12);
    expect(distance([0, 0, 0])).toBeCloseTo(0, 12);
  });

  test("the shortest is as short as what Newton's method finds from 600 random starts", () => {
    for (const at of cases(8, 12, 2.5)) expect(distance(at)).toBeCloseTo(shortestByNewton(at), 7);
  });
});

describe("the words of Dubins", () => {
  test("never reverse, and lead to the pose", () => {
    for (const at of [...cases(11, 300, 1), ...cases(12, 300, 6)]) {
      const words = wordsTo(forEachDubinsWord, at);
      expect(words.length).toBeGreaterThanOrEqual(2);
      for (const word of words) {
        expect(missOf(word, at)).toBeLessThan(1e-7);
        expect(Math.min(...word.lengths)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test("are no shorter than those that may reverse, and as short where the pose lies well ahead", () => {
    for (const at of cases(13, 500, 6)) {
      const dubins = Math.min(...wordsTo(forEachDubinsWord, at).map(lengthOf));
      expect(dubins).toBeGreaterThanOrEqual(distance(at) - 1e-9);
    }
    const ahead: Case = [8, 1, 0.2];
    expect(Math.min(...wordsTo(forEachDubinsWord, ahead).map(lengthOf))).toBeCloseTo(distance(ahead), 9);
  });

  test("a pose a little behind takes a whole turn", () => {
    const dubins = Math.min(...wordsTo(forEachDubinsWord, [-1e-6, 0, 0]).map(lengthOf));
    expect(dubins).toBeCloseTo(2 * Math.PI, 4);
  });
});

/**
 * Shapes of up to five segments with three unknown lengths each: [letter, unknown or fixed length in quarter turns,
 * factor]. Whatever the signs; mirrored ones are added. Independent of closed forms: only the shapes are shared.
 */
const A = 0;
const B = 1;
const C = 2;
type Shape = readonly (readonly [letter: number, unknown: number, factor: number])[];
function shapes(): Shape[] {
  const list: Shape[] = [
    [
      [1, A, 1],
      [0, B, 1],
      [1, C, 1],
    ],
    [
      [1, A, 1],
      [0, B, 1],
      [-1, C, 1],
    ],
    [
      [1, A, 1],
      [-1, B, 1],
      [1, C, 1],
    ],
    [
      [1, A, 1],
      [-1, B, 1],
      [1, B, -1],
      [-1, C, 1],
    ],
    [
      [1, A, 1],
      [-1, B, 1],
      [1, B, 1],
      [-1, C, 1],
    ],
  ];
  for (const side of [1, -1]) {
    for (const last of [1, -1]) {
      list.push([
        [1, A, 1],
        [-1, -1, side],
        [0, B, 1],
        [last, C, 1],
      ]);
      list.push([
        [last, C, 1],
        [0, B, 1],
        [-1, -1, side],
        [1, A, 1],
      ]);
    }
    list.push([
      [1, A, 1],
      [-1, -1, side],
      [0, B, 1],
      [1, -1, side],
      [-1, C, 1],
    ]);
  }
  return [...list, ...list.map((shape) => shape.map(([letter, u, f]) => [-letter, u, f] as const))];
}

function shortestByNewton(at: Case): number {
  const rng = createRng(99);
  const all = shapes();
  let best = Number.POSITIVE_INFINITY;
  const residual = (shape: Shape, z: readonly number[]): number[] => {
    const word = {
      letters: shape.map(([letter]) => letter),
      lengths: shape.map(([, u, f]) => f * (u < 0 ? Math.PI / 2 : z[u])),
    };
    const [x, y, yaw] = endOf(word);
    return [x - at[0], y - at[1], wrapAngle(yaw - at[2])];
  };
  for (let start = 0; start < 600; start++) {
    const shape = all[start % all.length];
    const z = [0, 1, 2].map(() => Math.PI * (2 * rng.uniform() - 1));
    for (let step = 0; step < 12; step++) {
      const r = residual(shape, z);
      const columns = [0, 1, 2].map((j) => {
        const moved = z.slice();
        moved[j] += 1e-7;
        return residual(shape, moved).map((value, i) => wrapAngle(value - r[i]) / 1e-7);
      });
      const d = solve3(columns, r);
      if (d === undefined) break;
      const size = Math.max(1, Math.hypot(...d));
      for (let j = 0; j < 3; j++) z[j] -= d[j] / size;
    }
    if (Math.hypot(...residual(shape, z)) > 1e-9) continue;
    const length = shape.reduce((sum, [, u, f]) => sum + Math.abs(f * (u < 0 ? Math.PI / 2 : z[u])), 0);
    best = Math.min(best, length);
  }
  return best;
}

/** Solves with three columns by Cramer's rule. */
function solve3([a, b, c]: number[][], r: number[]): number[] | undefined {
  const det = (p: number[], q: number[], s: number[]): number =>
    p[0] * (q[1] * s[2] - q[2] * s[1]) -
    q[0] * (p[1] * s[2] - p[2] * s[1]) +
    s[0] * (p[1] * q[2] - p[2] * q[1]);
  const d = det(a, b, c);
  return Math.abs(d) < 1e-9 ? undefined : [det(r, b, c) / d, det(a, r, c) / d, det(a, b, r) / d];
}
