import type { Vec } from "../ocp/index.ts";
import { type ClearanceCost, clearanceCost } from "./clearance-cost.ts";
import { type CellField, cellDistance, TILE, tileOf } from "./field-tiles.ts";
import { lowerKey, popNode, pushNode } from "./node-heap.ts";
import { addPoint, type Polyline, reversePoints } from "./polyline.ts";
import { clearMemory, columnOfNode, nodeOfCell, rowOfNode, type SearchMemory } from "./search-memory.ts";

/** Cells (by their numbers, row by row) where a search may begin or end, each with the cost of getting there. [cells] */
export type NodeSet = { count: number; node: Int32Array; cost: Vec };

/** A search under way. Its memory may be used for another one, and then it is lost: see {@link isLost}. */
export type GridSearch = {
  readonly field: CellField;
  readonly cost: ClearanceCost;
  readonly targets: NodeSet;
  readonly maxExpansions: number;
  readonly memory: SearchMemory;
  readonly generation: number;
  /** The first target. */
  readonly goalI: number;
  readonly goalJ: number;
  /** What another target may save, and how far off they lie. [cells] */
  readonly saving: number;
  readonly spread: number;
  /** By how much the estimate counts more, and until after how many expansions. */
  eager: number;
  eagerUntil: number;
  status: "searching" | "found" | "unreachable" | "expansionLimit";
  /** Member of `targets` that was reached, -1 for none. */
  target: number;
  /** Cost of the way, with those of its source and its target. [cells] */
  bestCost: number;
  expansions: number;
};

const STEP_I = Int32Array.of(1, 0, -1, 0, 1, -1, -1, 1);
const STEP_J = Int32Array.of(0, 1, 0, -1, 1, 1, -1, -1);
const SOURCE = 8;
/**
 * The way is the cheapest in as many cells as a place of 20 x 20 m has; the longer a search takes, the more the estimate
 * counts, for a way a little dearer that is found much sooner.
 */
const EAGER = { after: 160_000, growth: 1.25, last: 3 };

/**
 * Begins A* over the cell centres of a distance field with 8 neighbours. A cell is open where the distance is at
 * least `cost.radius`; a step is, where the interpolated distance is so all along it (exactly, so the way
 * found keeps the radius between the centres too). A step costs its length times the mean of c(d) at its
 * ends. The estimate is the octile distance to the first target, less what another target may save: it is
 * consistent, so the way is the cheapest, or within the factor `eager` of it.
 *
 * @param sources where the way may begin; open cells
 * @param targets where it may end; open cells, `targets.node[0]` the one nearest to the goal
 *
 * Source: Hart, Nilsson, Raphael, "A Formal Basis for the Heuristic Determination of Minimum Cost Paths", 1968;
 * Pohl, "Heuristic Search Viewed as Path Finding in a Graph", 1970.
 */
export function beginGridSearch(
  field: CellField,
  cost: ClearanceCost,
  sources: NodeSet,
  targets: NodeSet,
  maxExpansions: number,
  memory: SearchMemory,
): GridSearch {
  const { width, height } = field;
  clearMemory(memory, width, height);
  const goalI = targets.node[0] % width;
  const goalJ = Math.trunc(targets.node[0] / width);
  let saving = 0;
  let spread = 0;
  for (let n = 0; n < targets.count; n++) {
    const away = octile((targets.node[n] % width) - goalI, Math.trunc(targets.node[n] / width) - goalJ);
    saving = Math.max(saving, away - targets.cost[n]);
    spread = Math.max(spread, away);
  }
  const search: GridSearch = {
    field,
    cost,
    targets,
    maxExpansions,
    memory,
    generation: memory.generation,
    goalI,
    goalJ,
    saving,
    spread,
    eager: 1,
    eagerUntil: EAGER.after,
    status: "searching",
    target: -1,
    bestCost: Number.POSITIVE_INFINITY,
    expansions: 0,
  };
  for (let n = 0; n < sources.count; n++) {
    const i = sources.node[n] % width;
    const j = Math.trunc(sources.node[n] / width);
    const c = nodeOfCell(memory, i, j);
    const known = memory.stamp[c] === memory.generation;
    if (known && memory.g[c] <= sources.cost[n]) continue;
    memory.stamp[c] = memory.generation;
    memory.g[c] = sources.cost[n];
    memory.weight[c] = clearanceCost(cost, cellDistance(field, i, j));
    memory.step[c] = SOURCE;
    const f = memory.g[c] + estimate(search, i, j);
    if (known) lowerKey(memory.heap, c, f);
    else pushNode(memory.heap, c, f);
  }
  return search;
}

/** Whether the memory of a search that is not done has been used for another one since. */
export function isLost({ memory, generation }: GridSearch): boolean {
  return memory.generation !== generation;
}

/**
 * Goes on with a search; nothing is allocated but the memory of tiles that no earlier search was in.
 *
 * @param count cells to expand at most
 */
export function advanceGridSearch(search: GridSearch, count = Number.POSITIVE_INFINITY): GridSearch {
  const { memory, maxExpansions } = search;
  const { heap } = memory;
  for (let n = 0; search.status === "searching"; n++) {
    if (heap.size === 0 || heap.keys[0] >= search.bestCost)
      search.status = search.target >= 0 ? "found" : "unreachable";
    else if (search.expansions >= maxExpansions)
      search.status = search.target >= 0 ? "found" : "expansionLimit";
    else if (n >= count) break;
    else {
      if (search.expansions === search.eagerUntil) hurry(search);
      search.expansions++;
      expand(search, popNode(heap));
    }
  }
  return search;
}

const READ = new Float64Array(1);

function expand(search: GridSearch, c: number): void {
  const { field, cost, memory, generation } = search;
  const { width, height } = field;
  const { heap } = memory;
  const { radius } = cost;
  const i = columnOfNode(memory, c);
  const j = rowOfNode(memory, c);
  if (octile(i - search.goalI, j - search.goalJ) <= search.spread) finishAt(search, j * width + i, c);
  const u = i % TILE;
  const v = j % TILE;
  // All neighbours in the tile, and in the grid.
  const inside = u > 0 && v > 0 && u < TILE - 1 && v < TILE - 1 && i < width - 1 && j < height - 1;
  const near = field.distance ?? (inside ? tileOf(field, i, j) : undefined);
  const stride = field.distance === undefined ? TILE : width;
  const at = field.distance === undefined ? v * TILE + u : j * width + i;
  const here = cellDistance(field, i, j);
  for (let n = 0; n < 8; n++) {
    const a = STEP_I[n];
    const b = STEP_J[n];
    const toI = i + a;
    const toJ = j + b;
    if (!inside && (toI < 0 || toI >= width || toJ < 0 || toJ >= height)) continue;
    const to = inside ? c + b * TILE + a : nodeOfCell(memory, toI, toJ);
    // Read anew: where the node is the first of its tile, the memory has just grown.
    const { stamp, g, weight, step } = memory;
    const seen = stamp[to] === generation;
    if (seen && heap.position[to] < 0) continue;
    // By way of an array: of what a call returns here and an array holds there the sum would be allocated.
    if (near === undefined) READ[0] = cellDistance(field, toI, toJ);
    const d = near === undefined ? READ[0] : near[at + b * stride + a];
    if (!(d >= radius)) continue;
    let half = 0.5;
    if (n >= 4) {
      if (near === undefined) READ[0] = cellDistance(field, toI, j) + cellDistance(field, i, toJ);
      const others = near === undefined ? READ[0] : near[at + a] + near[at + b * stride];
      if (!diagonalKeeps(radius, here, d, others)) continue;
      half = Math.SQRT1_2;
    }
    if (!seen) weight[to] = clearanceCost(cost, d);
    const via = g[c] + half * (weight[c] + weight[to]);
    if (seen && via >= g[to]) continue;
    stamp[to] = generation;
    g[to] = via;
    step[to] = n;
    const f = via + search.eager * estimate(search, toI, toJ);
    if (seen) lowerKey(heap, to, f);
    else pushNode(heap, to, f);
  }
}

function estimate({ goalI, goalJ, saving }: GridSearch, i: number, j: number): number {
  return Math.max(0, octile(i - goalI, j - goalJ) - saving);
}

/** Lets the estimate count more, for the nodes in the heap too. */
function hurry(search: GridSearch): void {
  const { memory } = search;
  const { heap, g } = memory;
  search.eager = Math.min(EAGER.last, EAGER.growth * search.eager);
  search.eagerUntil += EAGER.after;
  const open = heap.nodes.slice(0, heap.size);
  heap.size = 0;
  for (const node of open) {
    const h = estimate(search, columnOfNode(memory, node), rowOfNode(memory, node));
    pushNode(heap, node, g[node] + search.eager * h);
  }
}

/** Notes the end of the way if a cell is a target and none reached so far is cheaper. */
function finishAt(search: GridSearch, cell: number, node: number): void {
  const { targets, memory } = search;
  for (let n = 0; n < targets.count; n++) {
    const total = memory.g[node] + targets.cost[n];
    if (targets.node[n] !== cell || total >= search.bestCost) continue;
    search.bestCost = total;
    search.target = n;
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
 * Appends the cell centres of the way that was found, in lattice coordinates, source first.
 *
 * @returns the source cell that the way begins at
 */
export function traceWay({ field, memory, targets, target }: GridSearch, line: Polyline): number {
  const { width } = field;
  const first = line.n;
  let i = targets.node[target] % width;
  let j = Math.trunc(targets.node[target] / width);
  for (;;) {
    addPoint(line, i, j);
    const step = memory.step[nodeOfCell(memory, i, j)];
    if (step === SOURCE) break;
    i -= STEP_I[step];
    j -= STEP_J[step];
  }
  reversePoints(line, first);
  return j * width + i;
}
