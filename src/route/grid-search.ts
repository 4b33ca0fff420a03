import type { Vec } from "../ocp/index.ts";
import type { DistanceField } from "../sim/index.ts";
import { type ClearanceCost, clearanceCost } from "./clearance-cost.ts";
import { createNodeHeap, lowerKey, type NodeHeap, popNode, pushNode } from "./node-heap.ts";
import { addPoint, type Polyline, reversePoints } from "./polyline.ts";

/** Nodes (cell numbers) where a search may begin or end, each with the cost of getting there. [cells] */
export type NodeSet = { count: number; node: Int32Array; cost: Vec };

/** Memory of searches on grids of up to `nodeCount` cells. */
export type SearchMemory = {
  readonly nodeCount: number;
  /** Number of the search at hand; a node belongs to it if its stamp says so. */
  generation: number;
  readonly stamp: Int32Array;
  /** Lowest cost found so far from a source. [cells] */
  readonly g: Vec;
  /** Cost of a metre at the node. */
  readonly weight: Float32Array;
  /** Step that led to the node, 8 for a source. */
  readonly step: Uint8Array;
  readonly heap: NodeHeap;
};

export type SearchResult = {
  status: "found" | "unreachable" | "expansionLimit";
  /** Member of `targets` that was reached. */
  target: number;
  /** Cost of the way, with those of its source and its target. [cells] */
  cost: number;
  expansions: number;
};

const STEP_I = Int32Array.of(1, 0, -1, 0, 1, -1, -1, 1);
const STEP_J = Int32Array.of(0, 1, 0, -1, 1, 1, -1, -1);
const SOURCE = 8;

export function createSearchMemory(nodeCount: number): SearchMemory {
  return {
    nodeCount,
    generation: 0,
    stamp: new Int32Array(nodeCount),
    g: new Float64Array(nodeCount),
    weight: new Float32Array(nodeCount),
    step: new Uint8Array(nodeCount),
    heap: createNodeHeap(nodeCount),
  };
}

/**
 * A* over the cell centres of a distance field with 8 neighbours. A node is open where the distance is at
 * least `cost.radius`; a step is, where the interpolated distance is so all along it (exactly, so the way
 * found keeps the radius between the centres too). A step costs its length times the mean of c(d) at its
 * ends. The estimate is the octile distance to the first target, less what another target may save: it is
 * consistent, so the way is the cheapest.
 *
 * @param sources where the way may begin; open nodes
 * @param targets where it may end; open nodes, `targets.node[0]` the one nearest to the goal
 * @param out overwritten; nothing is allocated unless the heap outgrows every earlier search
 *
 * Source: Hart, Nilsson, Raphael, "A Formal Basis for the Heuristic Determination of Minimum Cost Paths", 1968.
 */
export function searchGrid(
  field: DistanceField,
  cost: ClearanceCost,
  sources: NodeSet,
  targets: NodeSet,
  maxExpansions: number,
  memory: SearchMemory,
  out: SearchResult,
): SearchResult {
  const { width, height, distance } = field;
  const { stamp, g, weight, step, heap } = memory;
  const { position } = heap;
  const limit = cost.radius;
  const generation = ++memory.generation;
  heap.size = 0;
  const goalI = targets.node[0] % width;
  const goalJ = Math.trunc(targets.node[0] / width);
  let saving = 0;
  let spread = 0;
  for (let n = 0; n < targets.count; n++) {
    const away = octile((targets.node[n] % width) - goalI, Math.trunc(targets.node[n] / width) - goalJ);
    saving = Math.max(saving, away - targets.cost[n]);
    spread = Math.max(spread, away);
  }
  for (let n = 0; n < sources.count; n++) {
    const c = sources.node[n];
    if (stamp[c] === generation && g[c] <= sources.cost[n]) continue;
    const known = stamp[c] === generation;
    stamp[c] = generation;
    g[c] = sources.cost[n];
    weight[c] = clearanceCost(cost, distance[c]);
    step[c] = SOURCE;
    const f = g[c] + Math.max(0, octile((c % width) - goalI, Math.trunc(c / width) - goalJ) - saving);
    if (known) lowerKey(heap, c, f);
    else pushNode(heap, c, f);
  }
  out.status = "unreachable";
  out.target = -1;
  out.cost = Number.POSITIVE_INFINITY;
  out.expansions = 0;
  while (heap.size > 0 && heap.keys[0] < out.cost) {
    if (out.expansions >= maxExpansions) {
      out.status = out.target >= 0 ? "found" : "expansionLimit";
      return out;
    }
    const c = popNode(heap);
    out.expansions++;
    const j = Math.trunc(c / width);
    const i = c - j * width;
    if (octile(i - goalI, j - goalJ) <= spread) finishAt(c, g[c], targets, out);
    const inside = i > 0 && i < width - 1 && j > 0 && j < height - 1;
    for (let n = 0; n < 8; n++) {
      const a = STEP_I[n];
      const b = STEP_J[n];
      if (!inside && (i + a < 0 || i + a >= width || j + b < 0 || j + b >= height)) continue;
      const to = c + b * width + a;
      const seen = stamp[to] === generation;
      if (seen && position[to] < 0) continue;
      const d = distance[to];
      if (!(d >= limit)) continue;
      let half = 0.5;
      if (n >= 4) {
        if (!diagonalKeeps(limit, distance[c], d, distance[c + a] + distance[c + b * width])) continue;
        half = Math.SQRT1_2;
      }
      if (!seen) weight[to] = clearanceCost(cost, d);
      const via = g[c] + half * (weight[c] + weight[to]);
      if (seen && via >= g[to]) continue;
      stamp[to] = generation;
      g[to] = via;
      step[to] = n;
      const f = via + Math.max(0, octile(i + a - goalI, j + b - goalJ) - saving);
      if (seen) lowerKey(heap, to, f);
      else pushNode(heap, to, f);
    }
  }
  if (out.target >= 0) out.status = "found";
  return out;
}

/** Notes the end of the way if a node is a target and none reached so far is cheaper. */
function finishAt(c: number, g: number, targets: NodeSet, out: SearchResult): void {
  for (let n = 0; n < targets.count; n++) {
    if (targets.node[n] !== c || g + targets.cost[n] >= out.cost) continue;
    out.cost = g + targets.cost[n];
    out.target = n;
  }
}

/** Length of the shortest way on an empty lattice with diagonals. [cells] */
function octile(di: number, dj: number): number {
  const a = Math.abs(di);
  const b = Math.abs(dj);
  return a > b ? a + (Math.SQRT2 - 1) * b : b + (Math.SQRT2 - 1) * a;
}

/**
 * Whether the bilinear distance stays >= limit along the diagonal of a patch: with `from` and `to` at its
 * ends and `others` the sum at the other two corners, d(t) = (1-t)^2 from + t (1-t) others + t^2 to.
 */
function diagonalKeeps(limit: number, from: number, to: number, others: number): boolean {
  if (others >= 2 * limit) return true;
  const bend = from + to - others; // > 0: from and to are >= limit > others / 2
  const t = (2 * from - others) / (2 * bend);
  return from - bend * t * t >= limit;
}

/**
 * Appends the cell centres of the way to a node, in lattice coordinates, source first.
 *
 * @returns the source node the way begins at
 */
export function traceWay(memory: SearchMemory, width: number, to: number, line: Polyline): number {
  const first = line.n;
  let c = to;
  for (; ; c -= STEP_J[memory.step[c]] * width + STEP_I[memory.step[c]]) {
    addPoint(line, c % width, Math.trunc(c / width));
    if (memory.step[c] === SOURCE) break;
  }
  reversePoints(line, first);
  return c;
}
