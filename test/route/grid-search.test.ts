import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { clearanceCost, tabulateClearanceCost } from "../../src/route/clearance-cost.ts";
import { advanceGridSearch, beginGridSearch, type NodeSet, traceWay } from "../../src/route/grid-search.ts";
import { createNodeHeap, lowerKey, popNode, pushNode } from "../../src/route/node-heap.ts";
import { createPolyline } from "../../src/route/polyline.ts";
import { createSearchMemory } from "../../src/route/search-memory.ts";
import {
  cellCenter,
  computeDistanceField,
  createGrid,
  type DistanceField,
  distanceAt,
} from "../../src/sim/index.ts";

const COST = { radius: 0.12, margin: 0.1, marginWeight: 4, clearanceWeight: 2, clearanceScale: 0.15 };

function randomField(seed: number, width: number, height: number, share: number): DistanceField {
  const rng = createRng(seed);
  const grid = createGrid(width, height, 0.1);
  for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.uniform() < share ? 100 : 0;
  return computeDistanceField(grid);
}

/** The cost of a metre as its formula says. */
function exactCost(d: number): number {
  const extra = d - COST.radius;
  const squeeze = Math.max(0, 1 - extra / COST.margin);
  return 1 + COST.clearanceWeight * Math.exp(-extra / COST.clearanceScale) + COST.marginWeight * squeeze ** 2;
}

/** Whether the interpolated distance keeps the radius at 200 points of a step, by the field's own query. */
function stepKeeps(field: DistanceField, i: number, j: number, a: number, b: number): boolean {
  for (let n = 0; n <= 200; n++) {
    const [x, y] = cellCenter(field, i + (a * n) / 200, j + (b * n) / 200);
    if (distanceAt(field, x!, y!) < COST.radius - 1e-12) return false;
  }
  return true;
}

/** Lowest costs from a cell to all others: Dijkstra without a heap. [cells] */
function dijkstra(field: DistanceField, from: number): Float64Array {
  const { width, height, distance } = field;
  const best = new Float64Array(width * height).fill(Number.POSITIVE_INFINITY);
  const done = new Uint8Array(width * height);
  best[from] = 0;
  for (;;) {
    let c = -1;
    for (let k = 0; k < best.length; k++) {
      if (done[k] === 0 && best[k] < Number.POSITIVE_INFINITY && (c < 0 || best[k] < best[c])) c = k;
    }
    if (c < 0) return best;
    done[c] = 1;
    const [i, j] = [c % width, Math.floor(c / width)];
    for (let b = -1; b <= 1; b++) {
      for (let a = -1; a <= 1; a++) {
        if (i + a < 0 || i + a >= width || j + b < 0 || j + b >= height || (a === 0 && b === 0)) continue;
        const to = c + b * width + a;
        if (done[to] === 1 || distance[to] < COST.radius || !stepKeeps(field, i, j, a, b)) continue;
        const price = (Math.hypot(a, b) * (exactCost(distance[c]) + exactCost(distance[to]))) / 2;
        best[to] = Math.min(best[to], best[c] + price);
      }
    }
  }
}

function single(node: number, cost = 0): NodeSet {
  return { count: 1, node: Int32Array.of(node), cost: Float64Array.of(cost) };
}

/** A whole search, and its cost under its own name. */
function searchGrid(...asked: Parameters<typeof beginGridSearch>) {
  return advanceGridSearch(beginGridSearch(...asked));
}

describe("searchGrid", () => {
  it("finds the cost of a brute-force Dijkstra on random grids, and reports what that cannot reach", () => {
    let found = 0;
    let unreachable = 0;
    for (let seed = 0; seed < 40; seed++) {
      const field = randomField(seed, 24, 17, 0.04 + 0.06 * (seed % 4));
      const cost = tabulateClearanceCost(COST);
      const memory = createSearchMemory();
      const open = [...field.distance.keys()].filter((c) => field.distance[c] >= COST.radius);
      const rng = createRng(seed + 1000);
      const from = open[rng.int(open.length)];
      const best = dijkstra(field, from);
      for (let n = 0; n < 10; n++) {
        const to = open[rng.int(open.length)];
        const out = searchGrid(field, cost, single(from), single(to), Infinity, memory);
        if (best[to] === Number.POSITIVE_INFINITY) {
          expect(out.status).toBe("unreachable");
          unreachable++;
        } else {
          expect(out.status).toBe("found");
          // The table of costs has steps: its share of a metre's cost is within 0.5%.
          expect(Math.abs(out.bestCost - best[to])).toBeLessThanOrEqual(0.005 * best[to]);
          found++;
        }
      }
    }
    expect(found).toBeGreaterThan(100);
    expect(unreachable).toBeGreaterThan(20);
  });

  it("the way it traces costs what it says, and joins neighbours", () => {
    const field = randomField(3, 40, 30, 0.03);
    const cost = tabulateClearanceCost(COST);
    const open = [...field.distance.keys()].filter((c) => field.distance[c] >= COST.radius);
    const memory = createSearchMemory();
    const out = searchGrid(field, cost, single(open[0], 0.5), single(open.at(-1)!, 0.25), Infinity, memory);
    expect(out.status).toBe("found");
    const line = createPolyline(2);
    expect(traceWay(out, line)).toBe(open[0]);
    let sum = 0.75;
    for (let k = 1; k < line.n; k++) {
      const [a, b, c, d] = line.points.subarray(2 * k - 2, 2 * k + 2);
      expect(Math.max(Math.abs(c! - a!), Math.abs(d! - b!))).toBe(1);
      const weight = (u: number, v: number) => clearanceCost(cost, field.distance[v * 40 + u]);
      sum += 0.5 * Math.hypot(c! - a!, d! - b!) * (weight(a!, b!) + weight(c!, d!));
    }
    expect(sum).toBeCloseTo(out.bestCost, 4);
  });

  it("takes the best of several sources and targets, the way in and out counted", () => {
    for (let seed = 0; seed < 20; seed++) {
      const field = randomField(seed, 24, 17, 0.06);
      const cost = tabulateClearanceCost(COST);
      const open = [...field.distance.keys()].filter((c) => field.distance[c] >= COST.radius);
      const rng = createRng(seed);
      const near = (cost: number): NodeSet => ({
        count: 6,
        node: Int32Array.from({ length: 6 }, () => open[rng.int(open.length)]),
        cost: Float64Array.from({ length: 6 }, () => cost * rng.uniform()),
      });
      const sources = near(20);
      const targets = near(20);
      let best = Number.POSITIVE_INFINITY;
      for (let s = 0; s < 6; s++) {
        const way = dijkstra(field, sources.node[s]);
        for (let t = 0; t < 6; t++)
          best = Math.min(best, sources.cost[s] + way[targets.node[t]] + targets.cost[t]);
      }
      const out = searchGrid(field, cost, sources, targets, Infinity, createSearchMemory());
      if (best === Number.POSITIVE_INFINITY) expect(out.status).toBe("unreachable");
      else expect(Math.abs(out.bestCost - best)).toBeLessThanOrEqual(0.005 * best);
    }
  });

  it("gives up after the number of expansions it is allowed", () => {
    const field = computeDistanceField(createGrid(50, 50, 0.1));
    const cost = tabulateClearanceCost(COST);
    const out = searchGrid(field, cost, single(0), single(2499), 20, createSearchMemory());
    expect(out).toMatchObject({ status: "expansionLimit", expansions: 20 });
  });
});

describe("the node heap", () => {
  it("gives out nodes in the order of their keys, lowered keys counted", () => {
    const rng = createRng(5);
    const n = 10_000;
    const heap = createNodeHeap(n);
    const keys = Float64Array.from({ length: n }, () => rng.uniform());
    for (let node = 0; node < n; node++) pushNode(heap, node, keys[node]);
    for (let k = 0; k < 3000; k++) {
      const node = rng.int(n);
      keys[node] *= rng.uniform();
      lowerKey(heap, node, keys[node]);
    }
    const order = Array.from({ length: n }, () => popNode(heap));
    expect(order.map((node) => keys[node])).toEqual([...keys].sort((a, b) => a - b));
    expect(new Set(order).size).toBe(n);
    expect(heap.size).toBe(0);
  });
});
