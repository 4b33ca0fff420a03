import { checkCount, oncePer } from "../base/index.ts";
import type { Footprint, Robot } from "./robot.ts";

/** A disc in the body frame. [m] */
export type Disc = { readonly x: number; readonly y: number; readonly r: number };

/** More discs than this are refused: each is a row per stage of the problem. */
export const MAX_DISCS = 16;
/** By how much the default discs may stick out: a usual map cell, or a quarter of the body's half width. */
const STICK_OUT = { metres: 0.05, ofHalfWidth: 0.25 };

type Point = readonly [number, number];

/**
 * Equal discs along the footprint's long axis that together cover it completely, back to front.
 *
 * The tightest rectangle around the footprint is cut across its long axis into `count` equal slabs;
 * each disc is the smallest circle around its slab of the footprint, grown to the largest of them. For a
 * rectangle l x w: centres on the axis, `r = hypot(l / (2 count), w / 2)`.
 *
 * @param count 1 .. 16; by default the fewest that stick out sideways by at most 5 cm (a usual map
 * cell) or a quarter of the body's half width: 1 for a round robot, 2 for the jackal, 3 for the f1tenth
 * @returns discs in the body frame [m]
 * @throws ConfigError for an illegal count
 */
export function footprintDiscs({ footprint }: Robot, count?: number): readonly Disc[] {
  if (count === undefined) return defaultDiscs(footprint);
  checkCount("number of footprint discs", count, 1, MAX_DISCS);
  return cover(footprint, tightestRectangle(footprint), count);
}

const defaultDiscs = oncePer((footprint: Footprint): readonly Disc[] => {
  const box = tightestRectangle(footprint);
  const half = box.width / 2;
  const limit = half + Math.max(STICK_OUT.metres, STICK_OUT.ofHalfWidth * half);
  for (let n = 1; n < MAX_DISCS; n++) {
    const discs = cover(footprint, box, n);
    if (discs[0].r <= limit) return discs;
  }
  return cover(footprint, box, MAX_DISCS);
});

/** Radius of the default {@link footprintDiscs}: what a way for this robot keeps clear. [m] */
export function discRadius(robot: Robot): number {
  return footprintDiscs(robot)[0].r; // they are equal
}

/** Long axis (unit vector, x >= 0), extent along it, and width across it. */
type Box = {
  readonly ax: number;
  readonly ay: number;
  readonly low: number;
  readonly high: number;
  readonly width: number;
};

/** The rectangle of least area around a convex polygon: one of its sides lies along an edge. */
function tightestRectangle(polygon: Footprint): Box {
  let best: Box | undefined;
  let bestArea = Number.POSITIVE_INFINITY;
  for (let e = 0; e < polygon.length; e++) {
    const [x0, y0] = polygon[e];
    const [x1, y1] = polygon[(e + 1) % polygon.length];
    const length = Math.hypot(x1 - x0, y1 - y0);
    const cx = (x1 - x0) / length;
    const cy = (y1 - y0) / length;
    const along = extent(polygon, cx, cy);
    const across = extent(polygon, -cy, cx);
    const l = along.high - along.low;
    const w = across.high - across.low;
    if (l * w >= bestArea * (1 - 1e-9)) continue;
    bestArea = l * w;
    best = l >= w ? forward(cx, cy, along, w) : forward(-cy, cx, across, l);
  }
  return best as Box;
}

function forward(ax: number, ay: number, range: { low: number; high: number }, width: number): Box {
  const flip = ax < -1e-12 || (Math.abs(ax) <= 1e-12 && ay < 0);
  return flip ? { ax: -ax, ay: -ay, low: -range.high, high: -range.low, width } : { ax, ay, ...range, width };
}

function extent(polygon: readonly Point[], ax: number, ay: number): { low: number; high: number } {
  const along = polygon.map(([x, y]) => ax * x + ay * y);
  return { low: Math.min(...along), high: Math.max(...along) };
}

function cover(polygon: Footprint, box: Box, count: number): Disc[] {
  const { ax, ay, low, high } = box;
  const slab = (high - low) / count;
  const circles = Array.from({ length: count }, (_, n) => {
    const from = clip(polygon, ax, ay, low + n * slab);
    return smallestCircle(clip(from, -ax, -ay, -(low + (n + 1) * slab)));
  });
  // A hair larger than exact, so that rounding leaves no corner uncovered.
  const r = Math.max(...circles.map((c) => c.r)) * (1 + 1e-12);
  return circles.map(({ x, y }) => ({ x, y, r }));
}

/** The part of a convex polygon with a . p >= limit. */
function clip(polygon: readonly Point[], ax: number, ay: number, limit: number): Point[] {
  const kept: Point[] = [];
  polygon.forEach((p, i) => {
    const q = polygon[(i + 1) % polygon.length];
    const dp = ax * p[0] + ay * p[1] - limit;
    const dq = ax * q[0] + ay * q[1] - limit;
    if (dp >= 0) kept.push(p);
    if (dp * dq < 0) {
      const t = dp / (dp - dq);
      kept.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
    }
  });
  return kept;
}

/** Smallest circle around some points, grown point by point (Welzl 1991, without the shuffle). */
function smallestCircle(points: readonly Point[]): Disc {
  let circle: Disc = { x: points[0][0], y: points[0][1], r: 0 };
  for (let i = 1; i < points.length; i++) {
    if (contains(circle, points[i])) continue;
    circle = { x: points[i][0], y: points[i][1], r: 0 };
    for (let j = 0; j < i; j++) {
      if (contains(circle, points[j])) continue;
      circle = circleOf(points[i], points[j]);
      for (let k = 0; k < j; k++) {
        if (!contains(circle, points[k])) circle = circleThrough(points[i], points[j], points[k]);
      }
    }
  }
  return circle;
}

function contains({ x, y, r }: Disc, [px, py]: Point): boolean {
  return Math.hypot(px - x, py - y) <= r * (1 + 1e-12) + 1e-15;
}

function circleOf([ax, ay]: Point, [bx, by]: Point): Disc {
  return { x: (ax + bx) / 2, y: (ay + by) / 2, r: Math.hypot(bx - ax, by - ay) / 2 };
}

function circleThrough(a: Point, b: Point, c: Point): Disc {
  const bx = b[0] - a[0];
  const by = b[1] - a[1];
  const cx = c[0] - a[0];
  const cy = c[1] - a[1];
  const d = 2 * (bx * cy - by * cx);
  const x = (cy * (bx * bx + by * by) - by * (cx * cx + cy * cy)) / d;
  const y = (bx * (cx * cx + cy * cy) - cx * (bx * bx + by * by)) / d;
  return { x: a[0] + x, y: a[1] + y, r: Math.hypot(x, y) };
}
