import { type ClearanceCost, clearanceCost } from "./clearance-cost.ts";
import { type CellField, cellDistance } from "./field-tiles.ts";
import type { NodeSet } from "./grid-search.ts";
import { scanSegment } from "./segment-scan.ts";

/** How an end of a path is tied to the lattice: not at all, exactly, or by the nearest open cells. */
export type EndKind = "blocked" | "open" | "moved";

/** A point with clearance is tied to open centres within this many cells. */
const TIE_REACH = 2;

export function createNodeSet(capacity = 64): NodeSet {
  return { count: 0, node: new Int32Array(capacity), cost: new Float64Array(capacity) };
}

/**
 * Finds the cell centres from which a point of the plane is reached in a straight line.
 *
 * "open": the point has the clearance, and so has the whole line to each of the centres.
 * "moved": it has not; the centres that have are taken within `reach`, where the line to them crosses no
 * obstacle, or leaves the one the point lies in. They cost as much per metre as the tightest passage, twice.
 * "blocked": there are none.
 *
 * @param u lattice coordinates of the point [cells]
 * @param v [cells]
 * @param reach radius of the search for a point without clearance [m]
 * @param out overwritten; its first node is the nearest
 */
export function tieToLattice(
  field: CellField,
  cost: ClearanceCost,
  u: number,
  v: number,
  reach: number,
  out: NodeSet,
): EndKind {
  out.count = 0;
  const { width, height, resolution } = field;
  if (!(u >= -0.5 && v >= -0.5 && u <= width - 0.5 && v <= height - 0.5)) return "blocked";
  here[0] = 0;
  scanSegment(field, Float64Array.of(u, v, u, v), Number.NEGATIVE_INFINITY, here);
  const clearance = here[0];
  if (clearance >= cost.radius) {
    addTies(field, u, v, TIE_REACH, cost.radius, cost, clearanceCost(cost, clearance), out);
    if (out.count > 0) return "open";
  }
  const floor = Math.min(clearance, 0) - 1e-9;
  addTies(field, u, v, reach / resolution, floor, cost, 2 * cost.highest, out);
  return out.count > 0 ? "moved" : "blocked";
}
const here = new Float64Array(1);

/** Adds the open centres within a radius whose line to (u, v) keeps a distance of `floor`. */
function addTies(
  field: CellField,
  u: number,
  v: number,
  reach: number,
  floor: number,
  cost: ClearanceCost,
  perCell: number,
  out: NodeSet,
): void {
  const { width, height } = field;
  const iLast = Math.min(width - 1, Math.floor(u + reach));
  const jLast = Math.min(height - 1, Math.floor(v + reach));
  const line = Float64Array.of(u, v, 0, 0);
  let nearest = Number.POSITIVE_INFINITY;
  for (let j = Math.max(0, Math.ceil(v - reach)); j <= jLast; j++) {
    for (let i = Math.max(0, Math.ceil(u - reach)); i <= iLast; i++) {
      const c = j * width + i;
      const length = Math.hypot(i - u, j - v);
      if (length > reach || !(cellDistance(field, i, j) >= cost.radius)) continue;
      line[2] = i;
      line[3] = j;
      if (scanSegment(field, line, floor) <= 1) continue;
      addNode(out, c, length * perCell);
      if (length >= nearest) continue;
      nearest = length;
      swapNodes(out, 0, out.count - 1);
    }
  }
}

function addNode(set: NodeSet, node: number, cost: number): void {
  if (set.count === set.node.length) {
    const nodes = new Int32Array(2 * set.count);
    const costs = new Float64Array(2 * set.count);
    nodes.set(set.node);
    costs.set(set.cost);
    set.node = nodes;
    set.cost = costs;
  }
  set.node[set.count] = node;
  set.cost[set.count++] = cost;
}

function swapNodes(set: NodeSet, a: number, b: number): void {
  const { node, cost } = set;
  [node[a], node[b]] = [node[b], node[a]];
  [cost[a], cost[b]] = [cost[b], cost[a]];
}
