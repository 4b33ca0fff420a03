import { type ClearanceCost, clearanceCost } from "./clearance-cost.ts";
import { type FieldTiles, insideTiles, tiledDistanceAt } from "./field-tiles.ts";
import { doubled } from "./growing-arrays.ts";
import { createNodeHeap, lowerKey, type NodeHeap, popNode, pushNode } from "./node-heap.ts";

/**
 * Costs of the way to a goal around the obstacles for a point with some room, over a square lattice that is searched
 * from the goal, and only as far as somebody asks: an estimate for a search that comes from the other end.
 */
export type WayLeft = {
  readonly field: FieldTiles;
  readonly cost: ClearanceCost;
  /** Distance to an obstacle that the point needs, and that which counts as no clearance. [m] */
  readonly inner: number;
  readonly half: number;
  /** Side of a lattice cell; cell (0, 0) is centred at the goal. [m] */
  readonly cell: number;
  readonly goal: { readonly x: number; readonly y: number };
  /** The cell that the search is drawn to. */
  readonly toI: number;
  readonly toJ: number;
  /** Number of a lattice cell by its key, in the order of discovery. */
  readonly numbers: Map<number, number>;
  count: number;
  i: Int32Array;
  j: Int32Array;
  /** Cost of the way from the cell to the goal. [m] */
  g: Float64Array;
  /** Cost of a metre there; 0: no room. */
  weight: Float32Array;
  readonly heap: NodeHeap;
};

export type WayLeftOptions = Pick<WayLeft, "field" | "cost" | "inner" | "half" | "cell" | "goal"> & {
  readonly start: { readonly x: number; readonly y: number };
};

/** Lattice cells lie within +- this of the goal's. */
const HALF_SPAN = 1 << 15;
const FIRST_CAPACITY = 1024;

/** Begins at the goal. */
export function createWayLeft({ start, ...options }: WayLeftOptions): WayLeft {
  const { cell, goal } = options;
  const way: WayLeft = {
    ...options,
    toI: Math.round((start.x - goal.x) / cell),
    toJ: Math.round((start.y - goal.y) / cell),
    numbers: new Map(),
    count: 0,
    i: new Int32Array(FIRST_CAPACITY),
    j: new Int32Array(FIRST_CAPACITY),
    g: new Float64Array(FIRST_CAPACITY),
    weight: new Float32Array(FIRST_CAPACITY),
    heap: createNodeHeap(FIRST_CAPACITY),
  };
  const first = cellNumber(way, 0, 0);
  way.weight[first] = Math.max(1, way.weight[first]); // the goal is told, whatever the room there
  way.g[first] = 0;
  pushNode(way.heap, first, octile(way.toI, way.toJ) * cell);
  return way;
}

/**
 * Cost of the way left from a point, searched for as far as need be: A* from the goal whose estimate draws it to where
 * the robot is, so that what is settled is exact and the rest of the map stays untouched.
 *
 * @returns [m], Infinity where there is no way
 *
 * Source: Silver, "Cooperative Pathfinding", 2005 (reverse resumable A*).
 */
export function wayLeftFrom(way: WayLeft, x: number, y: number): number {
  const i = Math.round((x - way.goal.x) / way.cell);
  const j = Math.round((y - way.goal.y) / way.cell);
  if (Math.abs(i) >= HALF_SPAN || Math.abs(j) >= HALF_SPAN) return Number.POSITIVE_INFINITY;
  const at = cellNumber(way, i, j);
  if (way.weight[at] === 0) return Number.POSITIVE_INFINITY;
  while (way.heap.position[at] !== SETTLED && way.heap.size > 0) settleNext(way);
  return way.heap.position[at] === SETTLED ? way.g[at] : Number.POSITIVE_INFINITY;
}
const SETTLED = -1;
/** Place of a cell that was seen and not reached yet. */
const UNREACHED = -2;

/**
 * Settles lattice cells until the one that the search is drawn to is among them.
 *
 * @param count cells at most
 * @returns whether it is, or cannot be
 */
export function reachStart(way: WayLeft, count: number): boolean {
  const at = cellNumber(way, way.toI, way.toJ);
  for (let n = 0; n < count && way.heap.position[at] !== SETTLED && way.heap.size > 0; n++) settleNext(way);
  return way.heap.position[at] === SETTLED || way.heap.size === 0;
}

function settleNext(way: WayLeft): void {
  const { heap, cell } = way;
  const from = popNode(heap);
  for (let n = 0; n < 8; n++) {
    const di = STEP_I[n];
    const dj = STEP_J[n];
    const i = way.i[from] + di;
    const j = way.j[from] + dj;
    if (Math.abs(i) >= HALF_SPAN || Math.abs(j) >= HALF_SPAN) continue;
    const to = cellNumber(way, i, j);
    const place = heap.position[to];
    if (place === SETTLED || way.weight[to] === 0) continue;
    const step = cell * (n < 4 ? 0.5 : Math.SQRT1_2);
    const via = way.g[from] + step * (way.weight[from] + way.weight[to]);
    if (place >= 0 && via >= way.g[to]) continue;
    way.g[to] = via;
    const key = via + octile(i - way.toI, j - way.toJ) * cell;
    if (place >= 0) lowerKey(heap, to, key);
    else pushNode(heap, to, key);
  }
}
const STEP_I = Int32Array.of(1, 0, -1, 0, 1, -1, -1, 1);
const STEP_J = Int32Array.of(0, 1, 0, -1, 1, 1, -1, -1);

/** The number of a cell, which is given one and weighed where it is new. */
function cellNumber(way: WayLeft, i: number, j: number): number {
  const key = (i + HALF_SPAN) * 2 * HALF_SPAN + j + HALF_SPAN;
  const known = way.numbers.get(key);
  if (known !== undefined) return known;
  const at = way.count++;
  if (at === way.i.length) {
    way.i = doubled(way.i);
    way.j = doubled(way.j);
    way.g = doubled(way.g);
    way.weight = doubled(way.weight);
  }
  if (at >= way.heap.position.length) way.heap.position = doubled(way.heap.position);
  way.numbers.set(key, at);
  way.heap.position[at] = UNREACHED;
  way.i[at] = i;
  way.j[at] = j;
  const x = way.goal.x + i * way.cell;
  const y = way.goal.y + j * way.cell;
  // Somewhere in the cell there may be more room than in its middle.
  const room = insideTiles(way.field, x, y) ? tiledDistanceAt(way.field, x, y) + 0.5 * way.cell : -1;
  way.weight[at] = room >= way.inner ? clearanceCost(way.cost, room - way.half) : 0;
  return at;
}

function octile(di: number, dj: number): number {
  const a = Math.abs(di);
  const b = Math.abs(dj);
  return Math.max(a, b) + (Math.SQRT2 - 1) * Math.min(a, b);
}
