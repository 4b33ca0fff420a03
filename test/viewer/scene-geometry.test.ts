import { describe, expect, it } from "vitest";
import { createGrid, footprintContact, ROBOTS } from "../../src/sim/index.ts";
import {
  findCollisions,
  footprintCorners,
  placeCorners,
  sweepPart,
  trianglesPerPart,
} from "../../viewer/src/scene/footprint-sweep.ts";
import { insideConvex, nearestOnLine } from "../../viewer/src/scene/nearest.ts";
import { findHits } from "../../viewer/src/scene/range-hits.ts";
import { tickAt } from "../../viewer/src/scene/tick-at.ts";

/** Whether one of the triangles (n, 3, 2) holds a point. */
function covered(triangles: Float32Array, count: number, x: number, y: number): boolean {
  for (let t = 0; t < count; t += 6) {
    const side = [0, 2, 4].map((c) => {
      const d = (c + 2) % 6;
      const [ax, ay] = [triangles[t + c], triangles[t + c + 1]];
      return (triangles[t + d] - ax) * (y - ay) - (triangles[t + d + 1] - ay) * (x - ax);
    });
    if (side.every((s) => s >= -1e-6) || side.every((s) => s <= 1e-6)) return true;
  }
  return false;
}

describe("the sweep of a footprint", () => {
  const corners = footprintCorners(ROBOTS.jackal);

  it("covers every point of the footprint at every pose in between, turning or not", () => {
    const out = new Float32Array(6 * trianglesPerPart(corners));
    for (const [dx, dy, turn] of [
      [0.2, 0, 0],
      [0.15, 0.05, 0.3],
      [0, 0, 0],
      [-0.1, 0, -0.2],
    ]) {
      const a = Float64Array.of(1, 2, 0.4);
      const b = Float64Array.of(1 + dx, 2 + dy, 0.4 + turn);
      const written = sweepPart(corners, a, 0, b, 0, out, 0);
      expect(written).toBe(out.length);
      const placed = new Float64Array(corners.length);
      for (let s = 0; s <= 1; s += 0.125) {
        placeCorners(corners, 1 + s * dx, 2 + s * dy, 0.4 + s * turn, placed);
        // Points well inside: chords cut less than 1 % off the arc of a corner here.
        for (let i = 0; i < placed.length; i += 2) {
          const cx = 1 + s * dx;
          const cy = 2 + s * dy;
          expect(covered(out, written, cx + 0.98 * (placed[i] - cx), cy + 0.98 * (placed[i + 1] - cy))).toBe(
            true,
          );
        }
      }
    }
  });

  it("stays within a footprint's reach of the way", () => {
    const out = new Float32Array(6 * trianglesPerPart(corners));
    const a = Float64Array.of(1000, -500, 3);
    const b = Float64Array.of(1000.2, -500, 3.1);
    const written = sweepPart(corners, a, 0, b, 0, out, 0, 1000, -500);
    const reach = Math.hypot(0.254, 0.216) + 1e-5;
    for (let i = 0; i < written; i += 2) {
      const t = Math.min(0.2, Math.max(0, out[i]));
      expect(Math.hypot(out[i] - t, out[i + 1])).toBeLessThanOrEqual(reach);
    }
  });
});

describe("collisions along a plan", () => {
  const grid = createGrid(60, 20, 0.1);
  grid.cells[10 * 60 + 30] = 100; // [3, 3.1] x [1, 1.1]
  const nx = 5;
  const drive = (y: number): Float64Array => {
    const X = new Float64Array(21 * nx);
    for (let k = 0; k <= 20; k++) X.set([1 + 0.2 * k, y, 0, 2, 0], k * nx);
    return X;
  };

  it("are the stages whose footprint touches an occupied cell", () => {
    const X = drive(1.05);
    const found = findCollisions(ROBOTS.jackal, X, nx, grid);
    const expected = Array.from({ length: 21 }, (_, k) =>
      footprintContact(ROBOTS.jackal, { x: X[k * nx], y: 1.05, yaw: 0 }, grid) ? 1 : 0,
    );
    expect(Array.from(found.stages)).toEqual(expected);
    expect(found.stages.some((s) => s === 1)).toBe(true);
    expect(found.parts.length).toBe(20);
    expect(found.first).toBe(expected.indexOf(1) - 1);
  });

  it("are none beside the obstacle, and none for states that are not finite", () => {
    expect(findCollisions(ROBOTS.jackal, drive(1.6), nx, grid).first).toBe(-1);
    expect(findCollisions(ROBOTS.jackal, drive(1.05).fill(Number.NaN), nx, grid).first).toBe(-1);
  });

  it("are seen between two stages that are both free", () => {
    const X = Float64Array.of(2.5, 1.05, 0, 2, 0, 3.6, 1.05, 0, 2, 0);
    const found = findCollisions(ROBOTS.jackal, X, nx, grid);
    expect(Array.from(found.stages)).toEqual([0, 0]);
    expect(Array.from(found.parts)).toEqual([1]);
  });
});

describe("range hits", () => {
  it("are occupied cells beside a free one, not beside unknown ones", () => {
    const grid = createGrid(5, 5, 1, { x: 10, y: 20, yaw: 0 }, -1);
    const set = (i: number, j: number, value: number): void => {
      grid.cells[j * 5 + i] = value;
    };
    set(1, 1, 0);
    set(2, 1, 100);
    set(3, 1, 100);
    set(1, 2, 65);
    const out = new Float32Array(20);
    expect(findHits(grid, out, 10, 20)).toBe(2);
    expect(Array.from(out.subarray(0, 4))).toEqual([2.5, 1.5, 1.5, 2.5]);
  });

  it("turn with the grid", () => {
    const grid = createGrid(2, 1, 1, { x: 0, y: 0, yaw: Math.PI / 2 });
    grid.cells[1] = 100;
    const out = new Float32Array(2);
    findHits(grid, out);
    expect(out[0]).toBeCloseTo(-0.5, 6);
    expect(out[1]).toBeCloseTo(1.5, 6);
  });

  it("are counted beyond the room there is", () => {
    const grid = createGrid(3, 3, 1);
    grid.cells[0] = grid.cells[8] = 100;
    expect(findHits(grid, new Float32Array(2))).toBe(2);
  });
});

describe("what is nearest", () => {
  it("lies on the line as a brute force search finds it", () => {
    const points = Float64Array.from({ length: 60 }, (_, i) => (i % 3 === 2 ? 7 : Math.sin(1.7 * i) * 5));
    for (let n = 0; n < 50; n++) {
      const [x, y] = [6 * Math.cos(n), 6 * Math.sin(2.3 * n)];
      let best = Number.POSITIVE_INFINITY;
      for (let k = 0; k + 1 < 20; k++) {
        for (let s = 0; s <= 1; s += 0.002) {
          const px = points[3 * k] + s * (points[3 * k + 3] - points[3 * k]);
          const py = points[3 * k + 1] + s * (points[3 * k + 4] - points[3 * k + 1]);
          best = Math.min(best, Math.hypot(px - x, py - y));
        }
      }
      const found = nearestOnLine(points, 3, x, y);
      // The search goes in steps of at most 2 cm, so it is off by at most half of that.
      expect(found?.distance).toBeLessThanOrEqual(best + 1e-12);
      expect(found?.distance).toBeGreaterThan(best - 0.011);
    }
  });

  it("passes over missing places and looks no further than told", () => {
    const points = Float64Array.of(0, 0, Number.NaN, 0, 4, 0);
    expect(nearestOnLine(points, 2, 2, 0)).toEqual({ index: 0, share: 0, distance: 2 });
    expect(nearestOnLine(points, 2, 4, 0, 2)).toEqual({ index: 0, share: 0, distance: 4 });
    expect(nearestOnLine(new Float64Array(0), 2, 0, 0)).toBeUndefined();
  });

  it("is inside a footprint up to its edge", () => {
    const corners = footprintCorners(ROBOTS.jackal);
    expect(insideConvex(corners, 0.254, 0)).toBe(true);
    expect(insideConvex(corners, 0.26, 0)).toBe(false);
    expect(insideConvex(corners, 0, -0.217)).toBe(false);
  });
});

describe("the tick shown", () => {
  it("is the last at or before the time, the first before that, -1 without ticks", () => {
    const times = Float64Array.of(0, 0.1, 0.2, 0.30000000000000004);
    expect([-1, 0, 0.05, 0.1, 0.3, 9].map((t) => tickAt(times, t))).toEqual([0, 0, 0, 1, 3, 3]);
    expect(tickAt(new Float64Array(0), 1)).toBe(-1);
  });
});
