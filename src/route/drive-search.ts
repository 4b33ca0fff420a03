import type { Vec } from "../ocp/index.ts";
import type { Goal } from "../sim/index.ts";
import { cheapestPrice, connectPoses } from "./connect-poses.ts";
import { type DriveGround, jointCost, roomAt, segmentCost } from "./drive-cost.ts";
import { type DriveCurve, type DriveSegment, driveAlong } from "./drive-curve.ts";
import { CLOSED, createDriveNodes, type DriveNodes, nodeAt, REFINED, ROUGH } from "./drive-nodes.ts";
import { createNodeHeap, lowerKey, type NodeHeap, popNode, pushNode } from "./node-heap.ts";
import { createWayLeft, reachStart, type WayLeft, wayLeftFrom } from "./way-left.ts";

/**
 * `searching`: to be continued. `unreachable`: nowhere left to look. `expansionLimit`: given up after so many
 * expansions.
 */
export type DriveSearchStatus = "searching" | "found" | "unreachable" | "expansionLimit";

/** A search for a way under way: its memory is that of the part of the map that it has seen. */
export type DriveSearch = {
  readonly ground: DriveGround;
  /** (3) */ readonly start: Vec;
  /** (3) each, one per heading that will do. */ readonly goals: readonly Vec[];
  readonly steps: readonly DriveSegment[];
  readonly nodes: DriveNodes;
  readonly heap: NodeHeap;
  readonly way: WayLeft;
  readonly maxExpansions: number;
  status: DriveSearchStatus;
  expansions: number;
  /** By how much the estimate counts more, and until after how many expansions. */
  eager: number;
  eagerUntil: number;
  /** Expansions until a last piece is tried again. */
  untilTried: number;
  /** The best way so far, and after how many expansions it was found. */
  best?: { readonly node: number; readonly last: DriveCurve; readonly cost: number; readonly at: number };
};

/** Side of a lattice cell in turning radii, and in widths of the body. */
const CELL = { ofRadius: 1 / 8, ofHalfWidth: 2 / 3 };
/** Length of a step in turning radii. */
const STEP = 0.25;
/** Steering of the steps, of the tightest. */
const STEERING = [0, 1, -1, 0.5, -0.5];
/** Headings that are tried where the goal names none. */
const FREE_HEADINGS = 12;
/**
 * The estimate counts so much more than what has been driven, for a way a little longer that is found much sooner; the
 * more so the longer no way is found: so much more after so many expansions, and again after twice as many.
 */
const EAGER = { first: 1.2, growth: 1.5, last: 3, after: 300 };
/** The heading matters within so many turning radii of the goal. */
const HEADING_MATTERS = 6;
/** Settling so many cells of the way around the obstacles takes as long as an expansion. */
const CELLS_PER_EXPANSION = 20;
/** Once there is a way, this many times as many expansions may go into a better one. */
const PATIENCE = 1.5;

/**
 * Begins a search for the way of a car to a goal.
 *
 * @param start (3)
 * @param goal with room for the body; without a yaw any heading with room there will do
 */
export function createDriveSearch(
  ground: DriveGround,
  start: Vec,
  goal: Goal,
  maxExpansions: number,
): DriveSearch {
  const { model, field } = ground;
  const { radius, prices, body } = model;
  const cell = Math.max(
    field.resolution,
    Math.min(CELL.ofRadius * radius, CELL.ofHalfWidth * body.halfWidth),
  );
  const directions = [1, -1].filter((sign) => Number.isFinite(sign > 0 ? prices.forward : prices.reverse));
  const search: DriveSearch = {
    ground,
    start: Float64Array.from(start),
    goals: goalPoses(ground, start, goal),
    steps: directions.flatMap((direction) =>
      STEERING.map((steering) => ({ curvature: steering / radius, length: direction * STEP * radius })),
    ),
    nodes: createDriveNodes(cell, { x: start[0], y: start[1] }),
    heap: createNodeHeap(256, 1024),
    way: createWayLeft({
      field,
      cost: model.cost,
      // A passage is as wide as the body; where the body ends right behind the reference point, that may be nearer.
      inner: body.inner + cell / 2 >= body.halfWidth ? body.halfWidth : body.inner,
      half: body.halfWidth,
      cell,
      goal,
      start: { x: start[0], y: start[1] },
    }),
    maxExpansions,
    status: "searching",
    expansions: 0,
    eager: EAGER.first,
    eagerUntil: EAGER.after,
    untilTried: 0,
  };
  if (
    search.goals.length === 0 ||
    roomAt(ground, start[0], start[1], start[2]) === Number.NEGATIVE_INFINITY
  ) {
    search.status = "unreachable";
    return search;
  }
  return search;
}

/** The goal's pose, or poses at the goal with several headings, those with room. */
function goalPoses(ground: DriveGround, start: Vec, { x, y, yaw }: Goal): Vec[] {
  const first = yaw ?? Math.atan2(y - start[1], x - start[0]);
  const count = yaw === undefined ? FREE_HEADINGS : 1;
  const poses = Array.from({ length: count }, (_, n) =>
    Float64Array.of(x, y, first + (2 * Math.PI * n) / count),
  );
  return poses.filter((pose) => roomAt(ground, pose[0], pose[1], pose[2]) !== Number.NEGATIVE_INFINITY);
}

/**
 * Hybrid A*: poses are reached by arcs of constant steering and kept one per cell of (x, y, yaw); the estimate is the
 * larger of the way around the obstacles and, near the goal, of the curve to it without them; from time to time the
 * curve itself is tried as the last piece.
 *
 * @param count expansions to spend now
 *
 * Source: Dolgov, Thrun, Montemerlo, Diebel, "Path Planning for Autonomous Vehicles in Unknown Semi-structured
 * Environments", 2010.
 */
export function advanceDriveSearch(search: DriveSearch, count = Number.POSITIVE_INFINITY): DriveSearchStatus {
  const { heap, nodes } = search;
  if (nodes.count === 0) {
    if (search.status !== "searching" || !reachStart(search.way, CELLS_PER_EXPANSION * count))
      return search.status;
    addNode(search, search.start, 0, -1, -1);
  }
  for (let n = 0; n < count && search.status === "searching"; n++) {
    const { best, expansions } = search;
    const settled = best !== undefined && (heap.size === 0 || heap.keys[0] >= best.cost);
    const enough = best !== undefined && expansions > PATIENCE * best.at + 10;
    if (settled || enough) search.status = "found";
    else if (heap.size === 0) search.status = "unreachable";
    else if (expansions >= search.maxExpansions)
      search.status = best === undefined ? "expansionLimit" : "found";
    if (search.status !== "searching") break;
    const node = popNode(heap);
    if (nodes.state[node] === ROUGH && refine(search, node)) continue;
    search.expansions++;
    nodes.state[node] = CLOSED;
    if (search.expansions > search.eagerUntil) hurry(search);
    if (--search.untilTried < 0) tryLastPiece(search, node);
    expand(search, node);
  }
  return search.status;
}

const FROM = new Float64Array(3);
const TO = new Float64Array(3);

function poseOfNode({ pose }: DriveNodes, node: number, out: Vec): Vec {
  for (let i = 0; i < 3; i++) out[i] = pose[3 * node + i];
  return out;
}

function expand(search: DriveSearch, node: number): void {
  const { ground, nodes, steps } = search;
  poseOfNode(nodes, node, FROM);
  const before = nodes.step[node] < 0 ? undefined : steps[nodes.step[node]];
  for (let n = 0; n < steps.length; n++) {
    const { curvature, length } = steps[n];
    driveAlong(FROM, curvature, length, TO);
    const known = nodeAt(nodes, TO, false);
    if (known >= 0 && nodes.state[known] === CLOSED) continue;
    const joint = jointCost(ground.model, before?.curvature ?? 0, before?.length ?? 0, curvature, length);
    const through = nodes.g[node] + joint;
    if (known >= 0 && through + Math.abs(length) >= nodes.g[known]) continue;
    const g = through + segmentCost(ground, FROM, curvature, length, TO);
    if (Number.isFinite(g)) addNode(search, TO, g, node, n);
  }
}

/** Enters a pose, or lowers the cost of the one known in its cell. */
function addNode(search: DriveSearch, pose: Vec, g: number, parent: number, step: number): void {
  const { nodes, heap } = search;
  const count = nodes.count;
  const at = nodeAt(nodes, pose, true);
  const isNew = at === count;
  if (isNew) nodes.h[at] = wayLeftFrom(search.way, pose[0], pose[1]);
  else if (g >= nodes.g[at]) return;
  nodes.pose.set(pose, 3 * at);
  nodes.g[at] = g;
  nodes.parent[at] = parent;
  nodes.step[at] = step;
  if (!Number.isFinite(nodes.h[at])) nodes.state[at] = CLOSED;
  else if (isNew) pushNode(heap, at, g + search.eager * nodes.h[at]);
  else lowerKey(heap, at, g + search.eager * nodes.h[at]);
}

/** Lets the estimate count more, for the nodes in the heap too. */
function hurry(search: DriveSearch): void {
  const { nodes, heap } = search;
  search.eager = Math.min(EAGER.last, EAGER.growth * search.eager);
  search.eagerUntil *= 2;
  const open = heap.nodes.slice(0, heap.size);
  heap.size = 0;
  for (const node of open) pushNode(heap, node, nodes.g[node] + search.eager * nodes.h[node]);
}

/**
 * Estimates by heading too what a node near the goal has left to drive, which is too dear for nodes that are never
 * looked at again.
 *
 * @returns whether it has gone back into the heap
 */
function refine({ ground, goals, nodes, heap, eager }: DriveSearch, node: number): boolean {
  nodes.state[node] = REFINED;
  const pose = poseOfNode(nodes, node, FROM);
  const near = HEADING_MATTERS * ground.model.radius;
  if (goals.length !== 1 || Math.hypot(pose[0] - goals[0][0], pose[1] - goals[0][1]) > near) return false;
  const h = cheapestPrice(ground.model, pose, goals[0]);
  if (h <= nodes.h[node]) return false;
  nodes.h[node] = h;
  pushNode(heap, node, nodes.g[node] + eager * h);
  return true;
}

/** Tries to end the way with a curve from a node to the goal; the next try is the sooner the nearer the goal is. */
function tryLastPiece(search: DriveSearch, node: number): void {
  const { ground, nodes, steps, goals } = search;
  const { radius } = ground.model;
  search.untilTried = Math.trunc(nodes.h[node] / (2 * radius));
  const from = poseOfNode(nodes, node, new Float64Array(3));
  const before = nodes.step[node] < 0 ? undefined : steps[nodes.step[node]];
  for (const goal of goals) {
    const atMost = (search.best?.cost ?? Number.POSITIVE_INFINITY) - nodes.g[node];
    const last = connectPoses(ground, from, goal, before, atMost);
    if (last === undefined) continue;
    search.best = { node, last: last.curve, cost: nodes.g[node] + last.cost, at: search.expansions };
  }
}

/** The way found: from the start along the steps to the last piece. */
export function foundCurve({ best, nodes, steps }: DriveSearch): DriveCurve {
  if (best === undefined) return [];
  const curve: DriveSegment[] = [];
  for (let node = best.node; nodes.parent[node] >= 0; node = nodes.parent[node])
    curve.push(steps[nodes.step[node]]);
  return [...curve.reverse(), ...best.last];
}
