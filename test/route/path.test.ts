import { describe, expect, it } from "vitest";
import { createRng, wrapAngle } from "../../src/base/index.ts";
import { joinPaths } from "../../src/route/join-paths.ts";
import { createPath, nearestOnPath, type Path, pathBlocked, pathPoseAt } from "../../src/route/path.ts";
import { scanSegment } from "../../src/route/segment-scan.ts";
import {
  cellCenter,
  computeDistanceField,
  createGrid,
  type DistanceField,
  distanceAt,
} from "../../src/sim/index.ts";

function randomPath(seed: number, n: number): Path {
  const rng = createRng(seed);
  const points = new Float64Array(2 * n);
  for (let k = 1; k < n; k++) {
    points[2 * k] = points[2 * k - 2] + 0.2 * rng.gauss();
    points[2 * k + 1] = points[2 * k - 1] + 0.2 * rng.gauss();
  }
  return createPath(points);
}

function randomField(seed: number, yaw = 0): DistanceField {
  const rng = createRng(seed);
  const grid = createGrid(30, 20, 0.1, { x: -1.5, y: -1, yaw });
  for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.uniform() < 0.08 ? 100 : 0;
  return computeDistanceField(grid);
}

describe("a path", () => {
  it("measures its arc length along its points, and looks along them", () => {
    const path = createPath(Float64Array.of(0, 0, 3, 0, 3, 4, 3, 4));
    expect([...path.s]).toEqual([0, 3, 7, 7]);
    expect(path.length).toBe(7);
    expect(path.yaw[0]).toBe(0);
    expect(path.yaw[1]).toBeCloseTo(Math.PI / 4, 12); // in the corner: half-way
    expect(path.yaw[3]).toBeCloseTo(Math.PI / 2, 12);
  });

  it("of a single point has length 0 and one pose", () => {
    const path = createPath(Float64Array.of(1, 2));
    expect(path.length).toBe(0);
    expect([...pathPoseAt(path, 5, new Float64Array(3))]).toEqual([1, 2, 0]);
    expect(nearestOnPath(path, 9, 9)).toBe(0);
    expect(pathBlocked(path, computeDistanceField(createGrid(40, 40, 0.1)), 0.3)).toBe(-1);
  });

  it("gives poses linear between its points, cut to its ends, the yaw the short way round", () => {
    const path = createPath(Float64Array.of(0, 0, -1, 0.2, -2, 0, -3, -0.2));
    const pose = new Float64Array(3);
    for (let k = 0; k < 4; k++) {
      pathPoseAt(path, path.s[k], pose);
      expect(pose[0]).toBeCloseTo(path.points[2 * k], 12);
      expect(pose[1]).toBeCloseTo(path.points[2 * k + 1], 12);
      expect(wrapAngle(pose[2] - path.yaw[k])).toBeCloseTo(0, 12);
    }
    pathPoseAt(path, (path.s[1] + path.s[2]) / 2, pose);
    expect(pose[0]).toBeCloseTo(-1.5, 12);
    expect(Math.abs(pose[2])).toBeGreaterThan(2.8); // between +2.9 and -2.9, through pi, not through 0
    expect([...pathPoseAt(path, -1, new Float64Array(3))].slice(0, 2)).toEqual([0, 0]);
    expect([...pathPoseAt(path, 99, new Float64Array(3))].slice(0, 2)).toEqual([-3, -0.2]);
  });

  it("finds its nearest point as a search through 0.1 mm steps does, in the whole and in a window", () => {
    const pose = new Float64Array(3);
    for (let seed = 0; seed < 20; seed++) {
      const path = randomPath(seed, 12);
      const rng = createRng(seed + 50);
      for (let n = 0; n < 5; n++) {
        const [x, y] = [rng.gauss(), rng.gauss()];
        const from = n === 0 ? 0 : path.length * rng.uniform();
        const window = n === 0 ? Number.POSITIVE_INFINITY : 0.5;
        const to = Math.min(path.length, from + window);
        const distanceAtS = (s: number): number => {
          pathPoseAt(path, s, pose);
          return Math.hypot(pose[0] - x, pose[1] - y);
        };
        let best = Number.POSITIVE_INFINITY;
        for (let s = from; s <= to; s += 1e-4) best = Math.min(best, distanceAtS(s));
        const s = nearestOnPath(path, x, y, from, window);
        expect(s).toBeGreaterThanOrEqual(from);
        expect(s).toBeLessThanOrEqual(to);
        expect(distanceAtS(s)).toBeLessThanOrEqual(best + 1e-12);
        expect(distanceAtS(s)).toBeGreaterThan(best - 1e-3);
      }
    }
  });

  it("takes the first of equally near points, and `from` where the point is not a number", () => {
    const there = createPath(Float64Array.of(0, 0, 1, 0, 0, 0));
    expect(nearestOnPath(there, 0.25, 1)).toBe(0.25);
    expect(nearestOnPath(there, 0.25, 1, 1)).toBe(1.75);
    expect(nearestOnPath(there, Number.NaN, 1, 0.5)).toBe(0.5);
  });
});

describe("scanSegment", () => {
  it("finds the lowest distance and the first crossing that dense sampling of distanceAt finds", () => {
    const low = new Float64Array(1);
    let crossings = 0;
    for (let seed = 0; seed < 60; seed++) {
      const field = randomField(seed, seed % 2 === 0 ? 0 : 0.7);
      const rng = createRng(seed + 99);
      // Some ends on the lattice, some straight lines, some beyond the border.
      const end = () => (rng.uniform() < 0.3 ? rng.int(20) : 32 * rng.uniform() - 2);
      const [u0, v0, u1] = [end(), end(), end()];
      const v1 = rng.uniform() < 0.2 ? v0 : end();
      const n = 20_000;
      let first = 2;
      let lowest = Number.POSITIVE_INFINITY;
      const limit = 0.1;
      for (let k = 0; k <= n; k++) {
        const [x, y] = cellCenter(field, u0 + (k / n) * (u1 - u0), v0 + (k / n) * (v1 - v0));
        const d = distanceAt(field, x!, y!);
        lowest = Math.min(lowest, d);
        if (d < limit && first > 1) first = k / n;
      }
      const t = scanSegment(field, Float64Array.of(u0, v0, u1, v1), limit);
      if (first <= 1) {
        crossings++;
        expect(t).toBeLessThanOrEqual(first + 1e-9);
        expect(t).toBeGreaterThan(first - 1 / n - 1e-9);
      }
      expect(scanSegment(field, Float64Array.of(u0, v0, u1, v1), Number.NEGATIVE_INFINITY, low)).toBe(2);
      expect(low[0]).toBeLessThanOrEqual(lowest + 1e-12);
      // Slope at most sqrt 2, 40 cells of 0.1 m at most in 20000 steps: 0.3 mm.
      expect(low[0]).toBeGreaterThan(lowest - 3e-4);
      if (low[0] < limit) expect(t).toBeLessThanOrEqual(1);
      else expect(t).toBe(2);
    }
    expect(crossings).toBeGreaterThan(20);
  });

  it("stops at once where a coordinate or a distance is not a number", () => {
    const field = randomField(1);
    expect(scanSegment(field, Float64Array.of(Number.NaN, 0, 1, 1), 0.1)).toBe(0);
    expect(scanSegment(field, Float64Array.of(0, 0, Number.POSITIVE_INFINITY, 1), 0.1)).toBe(0);
    field.distance.fill(Number.NaN);
    expect(scanSegment(field, Float64Array.of(1, 1, 5, 6), 0.1)).toBe(0);
  });
});

describe("pathBlocked", () => {
  it("returns the first arc length below the radius, as sampling at 0.1 mm finds it", () => {
    const pose = new Float64Array(3);
    let blocked = 0;
    for (let seed = 0; seed < 40; seed++) {
      const field = randomField(seed, seed % 2 === 0 ? 0 : -1.1);
      const path = randomPath(seed + 7, 8);
      const [from, to] = [0.2 * path.length, 0.9 * path.length];
      let expected = -1;
      for (let s = from; s <= to; s += 1e-4) {
        pathPoseAt(path, s, pose);
        const [dx, dy] = [pose[0] - field.origin.x, pose[1] - field.origin.y];
        const [c, t] = [Math.cos(field.origin.yaw), Math.sin(field.origin.yaw)];
        const [px, py] = [c * dx + t * dy, c * dy - t * dx];
        if (px < 0 || py < 0 || px > 3 || py > 2) continue;
        const d = distanceAt(field, pose[0], pose[1]);
        if (d < 0.08 && expected < 0) expected = s;
      }
      const at = pathBlocked(path, field, 0.08, from, to);
      if (expected < 0) expect(at).toBe(-1);
      else {
        blocked++;
        expect(at).toBeLessThanOrEqual(expected + 1e-9);
        expect(at).toBeGreaterThan(expected - 1.1e-4);
      }
    }
    expect(blocked).toBeGreaterThan(10);
  });

  it("does not judge what lies outside the grid", () => {
    const grid = createGrid(20, 20, 0.1);
    for (let j = 0; j < 20; j++) grid.cells[j * 20 + 19] = 100;
    const field = computeDistanceField(grid);
    const beyond = createPath(Float64Array.of(2.05, 1, 5, 1));
    expect(pathBlocked(beyond, field, 0.3)).toBe(-1);
    const through = createPath(Float64Array.of(-1, 1, 5, 1));
    // The wall's face is at 1.9 m; the field falls below 0.3 m at 1.6 m, which is 2.6 m along.
    expect(pathBlocked(through, field, 0.3)).toBeCloseTo(2.6, 9);
    expect(pathBlocked(through, field, 0.3, 0, 2.5)).toBe(-1);
    expect(pathBlocked(through, field, 0.3, 3.2)).toBe(-1);
  });
});

describe("joined paths", () => {
  it("of 20 km each are one, without the point where they meet twice", () => {
    const n = 200_001;
    const straight = (x0: number) =>
      createPath(Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? x0 + 0.05 * i : 0)));
    const { path, ends } = joinPaths([straight(0), straight(0.1 * (n - 1))]);
    expect(path.s.length).toBe(2 * n - 1);
    for (const [k, end] of ends.entries()) expect(end / (0.1 * (n - 1) * (k + 1))).toBeCloseTo(1, 9);
    expect(path.length / ends[1]).toBeCloseTo(1, 9);
    expect(path.points.at(-2)).toBeCloseTo(ends[1], 6);
  });
});
