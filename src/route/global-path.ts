import { ConfigError } from "../base/index.ts";
import { cellCenter, worldToCell } from "../sim/index.ts";
import { type ClearanceCost, tabulateClearanceCost } from "./clearance-cost.ts";
import type { CellField } from "./field-tiles.ts";
import {
  advanceGridSearch,
  beginGridSearch,
  type GridSearch,
  isLost,
  type NodeSet,
  traceWay,
} from "./grid-search.ts";
import { createPath, type Path } from "./path.ts";
import { createNodeSet, type EndKind, tieToLattice } from "./path-ends.ts";
import { resample, smooth, straighten } from "./path-smoothing.ts";
import { addPoint, createPolyline, type Polyline } from "./polyline.ts";
import { createSearchMemory, type SearchMemory } from "./search-memory.ts";

/** A point of the map frame. [m] */
type Point = { readonly x: number; readonly y: number };

export type GlobalPathOptions = {
  /** Clearance the path keeps, whatever it costs: usually the robot's circumscribed radius. > 0 [m] */
  readonly radius: number;
  /** Clearance it would like beyond that. Closer passages are taken where the way around is much longer. >= 0 [m] */
  readonly margin?: number;
  /** Metres of detour that a metre at clearance `radius` is worth, for the margin alone. >= 0 */
  readonly marginWeight?: number;
  /** The same for the soft cost that reaches beyond the margin. >= 0 */
  readonly clearanceWeight?: number;
  /** Distance over which the soft cost falls to 1/e. > 0 [m] */
  readonly clearanceScale?: number;
  /** How far the path may begin from a start without clearance. >= 0 [m] */
  readonly startReach?: number;
  /** How far it may end from a goal without clearance. >= 0 [m] */
  readonly goalReach?: number;
  /** Cells looked at before the search gives up with "expansionLimit". > 0 */
  readonly maxExpansions?: number;
  /** false: the cheapest way over cell centres as it is. */
  readonly smooth?: boolean;
  /** Distance between the points of the path. > 0 [m] */
  readonly spacing?: number;
};

export const GLOBAL_PATH_DEFAULTS = {
  margin: 0.1,
  marginWeight: 8,
  clearanceWeight: 2,
  clearanceScale: 0.15,
  startReach: 0.6,
  goalReach: 0.3,
  maxExpansions: Number.POSITIVE_INFINITY,
  smooth: true,
  spacing: 0.05,
} as const;

/**
 * `startBlocked`: no cell with clearance within `startReach` of the start: free the robot by hand or pass a
 * smaller radius. `goalBlocked`: the same for the goal: choose another. `unreachable`: the two lie in
 * parts of the map that a disc of this radius cannot pass between. `expansionLimit`: raise `maxExpansions`.
 */
export type GlobalPathStatus = "found" | "startBlocked" | "goalBlocked" | "unreachable" | "expansionLimit";

/** What to tell people who get no path, of a robot that turns on the spot. */
export const NO_PATH: Readonly<Record<Exclude<GlobalPathStatus, "found">, string>> = {
  startBlocked: "no path: the robot has too little room where it is",
  goalBlocked: "no path: the robot has too little room at the goal; choose another or a wider tolerance",
  unreachable: "no path: the robot does not fit through to the goal",
  expansionLimit: "no path within the search limit",
};

export type GlobalPathResult = {
  readonly status: GlobalPathStatus;
  /** From the start to the goal, or to where it could be approached; with status "found" only. */
  readonly path?: Path;
  /** Cells the search looked at. */
  readonly expansions: number;
  /** Arc length of the first part, which leaves the start's lack of clearance; 0 where it has it. [m] */
  readonly escapeLength: number;
  /** Distance from the path's end to the goal; 0 unless the goal lacks clearance. [m] */
  readonly goalOffset: number;
};

/** Memory of one caller's plans; kept between calls, it makes replanning free of allocations but for the path. */
export type GlobalPathWorkspace = {
  readonly memory: SearchMemory;
  readonly costTable: Float64Array;
  readonly sources: NodeSet;
  readonly targets: NodeSet;
  readonly line: Polyline;
  readonly scratch: Polyline;
};

export function createGlobalPathWorkspace(): GlobalPathWorkspace {
  return {
    memory: createSearchMemory(),
    costTable: tabulateClearanceCost({ ...GLOBAL_PATH_DEFAULTS, radius: 0 }).table,
    sources: createNodeSet(),
    targets: createNodeSet(),
    line: createPolyline(),
    scratch: createPolyline(),
  };
}

/** Keeps the path on the safe side of rounding between lattice and map frame, and of distances in tiles. [m] */
const ROUNDING = 1e-6;

/** The search for a path, to be continued or done; another search in its workspace makes it begin anew. */
export type GlobalPathSearch = {
  readonly field: CellField;
  readonly start: Point;
  readonly goal: Point;
  readonly options: FilledOptions;
  readonly workspace: GlobalPathWorkspace;
  readonly cost: ClearanceCost;
  /** Ends on the lattice. [cells] */
  readonly startAt: Float64Array;
  readonly goalAt: Float64Array;
  readonly startKind: EndKind;
  readonly goalKind: EndKind;
  /** None where there is no room at one of the ends. */
  search?: GridSearch;
};

/** Distances beyond this change no path: a field may be cut there. [m] */
export function pathFarEnough(options: GlobalPathOptions): number {
  const cost = tabulateClearanceCost({ ...GLOBAL_PATH_DEFAULTS, ...options });
  return cost.radius + cost.table.length / cost.perMetre;
}

/**
 * Plans a way for a disc of radius `radius` through a distance field: A* over the cell centres with a cost
 * that rises near obstacles, then shortcuts, smoothing and points `spacing` apart.
 *
 * The interpolated distance (`distanceAt`) is at least `radius` at every point of the path, between its
 * points too, but for a straight first part of length `escapeLength` where the start has less. The margin is a
 * cost and no wall: where no way or only a much longer one keeps `radius + margin`, the path gives up as much
 * of the margin as it must, passage by passage, and never more than the margin.
 *
 * @param field distances in the map, unknown cells counted as the caller decided
 * @param start map frame [m]
 * @param goal map frame [m]
 * @param workspace memory of earlier calls
 * @throws ConfigError for an illegal option; a start or goal outside the map or NaN is a status
 */
export function planGlobalPath(
  field: CellField,
  start: Point,
  goal: Point,
  options: GlobalPathOptions,
  workspace: GlobalPathWorkspace = createGlobalPathWorkspace(),
): GlobalPathResult {
  return continueGlobalPath(beginGlobalPath(field, start, goal, options, workspace))!;
}

/** Begins the search of {@link planGlobalPath}. */
export function beginGlobalPath(
  field: CellField,
  start: Point,
  goal: Point,
  options: GlobalPathOptions,
  workspace: GlobalPathWorkspace = createGlobalPathWorkspace(),
): GlobalPathSearch {
  const o = { ...GLOBAL_PATH_DEFAULTS, ...options };
  checkOptions(o);
  const { sources, targets } = workspace;
  const cost = tabulateClearanceCost({ ...o, radius: o.radius + ROUNDING }, workspace.costTable);
  const startAt = toLattice(field, start);
  const goalAt = toLattice(field, goal);
  const startKind = tieToLattice(field, cost, startAt[0], startAt[1], o.startReach, sources);
  const goalKind =
    startKind === "blocked"
      ? "blocked"
      : tieToLattice(field, cost, goalAt[0], goalAt[1], o.goalReach, targets);
  return {
    ...{ field, start, goal, options: o, workspace, cost, startAt, goalAt, startKind, goalKind },
    search:
      goalKind === "blocked"
        ? undefined
        : beginGridSearch(field, cost, sources, targets, o.maxExpansions, workspace.memory),
  };
}

/**
 * Goes on with a search.
 *
 * @param count cells to expand at most
 * @returns undefined where there is more to be done
 */
export function continueGlobalPath(
  path: GlobalPathSearch,
  count = Number.POSITIVE_INFINITY,
): GlobalPathResult | undefined {
  const { search, startKind, field, start, goal, options, workspace } = path;
  if (search === undefined) return noPath(startKind === "blocked" ? "startBlocked" : "goalBlocked", 0);
  if (isLost(search))
    return continueGlobalPath(
      Object.assign(path, beginGlobalPath(field, start, goal, options, workspace)),
      count,
    );
  const { status, expansions } = advanceGridSearch(search, count);
  if (status === "searching") return undefined;
  return status === "found" ? finishPath(path, search) : noPath(status, expansions);
}

function finishPath(
  { field, start, goal, options: o, workspace, cost, startAt, goalAt, startKind, goalKind }: GlobalPathSearch,
  search: GridSearch,
): GlobalPathResult {
  const { line, scratch } = workspace;
  line.n = 0;
  if (startKind === "open") addPoint(line, startAt[0], startAt[1]);
  traceWay(search, line);
  if (goalKind === "open") addPoint(line, goalAt[0], goalAt[1]);
  if (o.smooth) {
    straighten(field, cost, line, scratch);
    smooth(field, cost.radius, o.radius + o.margin, line, scratch);
  }
  resample(field, cost.radius, o.spacing / field.resolution, line, scratch);
  return {
    status: "found",
    expansions: search.expansions,
    ...toMap(field, startKind === "moved" ? start : undefined, goal, scratch, o.spacing),
  };
}

function noPath(status: GlobalPathStatus, expansions: number): GlobalPathResult {
  return { status, expansions, escapeLength: 0, goalOffset: 0 };
}

/** Lattice coordinates of a point: (i, j) is the centre of cell (i, j). */
function toLattice(field: CellField, p: Point): Float64Array {
  const at = worldToCell(field, p.x, p.y);
  at[0] -= 0.5;
  at[1] -= 0.5;
  return at;
}

/** The path in the map frame, led up to by a straight line from a start without clearance. */
function toMap(
  field: CellField,
  start: Point | undefined,
  goal: Point,
  line: Polyline,
  spacing: number,
): { path: Path; escapeLength: number; goalOffset: number } {
  const at = cellCenter(field, line.points[0], line.points[1]);
  const escapeLength = start === undefined ? 0 : Math.hypot(at[0] - start.x, at[1] - start.y);
  const lead = Math.ceil(escapeLength / spacing);
  const points = new Float64Array(2 * (lead + line.n));
  for (let k = 0; k < lead; k++) {
    points[2 * k] = start!.x + (k / lead) * (at[0] - start!.x);
    points[2 * k + 1] = start!.y + (k / lead) * (at[1] - start!.y);
  }
  for (let k = 0; k < line.n; k++) {
    cellCenter(field, line.points[2 * k], line.points[2 * k + 1], at);
    points[2 * (lead + k)] = at[0];
    points[2 * (lead + k) + 1] = at[1];
  }
  const n = points.length;
  const goalOffset = Math.hypot(points[n - 2] - goal.x, points[n - 1] - goal.y);
  return { path: createPath(points), escapeLength, goalOffset: goalOffset < 1e-6 ? 0 : goalOffset };
}

type FilledOptions = Required<GlobalPathOptions>;

function checkOptions(o: FilledOptions): void {
  const positive = ["radius", "clearanceScale", "maxExpansions", "spacing"] as const;
  const notNegative = ["margin", "marginWeight", "clearanceWeight", "startReach", "goalReach"] as const;
  for (const name of positive) checkOption(name, o[name], o[name] > 0, "> 0");
  for (const name of notNegative) checkOption(name, o[name], o[name] >= 0, ">= 0");
}

function checkOption(name: string, value: number, inRange: boolean, range: string): void {
  const finite = Number.isFinite(value) || name === "maxExpansions";
  if (!inRange || !finite)
    throw new ConfigError(`global path ${name} is ${value}, expected a finite number ${range}`);
}
