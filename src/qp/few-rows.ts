import type { Vec } from "../ocp/index.ts";
import { checkQp } from "./check-qp.ts";
import {
  clearSolution,
  createQpSolution,
  type Qp,
  type QpShape,
  type QpSolution,
  type QpSolveOptions,
  type QpSolver,
} from "./qp.ts";
import { isFiniteQp, rowValue } from "./qp-residual.ts";
import { shiftQpSolution } from "./qp-shift.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";
import { createRowLevel, packLevel, type RowLevel, readLevel, writeLevel } from "./row-levels.ts";
import { createStepSizes, type StepSizes } from "./step-sizes.ts";

/** Inequalities of a stage that the smallest QP has room for; each larger one has room for four times as many. */
const ROOM = 16;
const GROWTH = 4;
/** Inequalities of a stage that are taken at first, the nearest, and that one round adds, the most violated. */
const FIRST = 8;
const MORE = 4;
/** Rounds, before all rows are taken. */
const ROUNDS = 12;

/** What a solver of few rows remembers. */
type FewRows = {
  readonly shape: QpShape;
  readonly create: (shape: QpShape) => QpSolver;
  /** The most inequalities of a stage. */
  readonly most: number;
  /** By their room; each is made when it is needed. */
  readonly levels: Map<number, RowLevel>;
  readonly sizes: StepSizes;
  /** (nr) 1 where a row is taken. */
  readonly taken: Uint8Array;
  /** A stage's next rows and their ranks, in order. */
  readonly next: Int32Array;
  readonly rank: Vec;
  readonly solution: QpSolution;
  usable: boolean;
};

/** The most inequalities of a stage. */
export function mostInequalities({ N, rowStart, equality }: QpShape): number {
  let most = 0;
  for (let k = 0; k <= N; k++) {
    let n = 0;
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) if (equality[row] === 0) n++;
    most = Math.max(most, n);
  }
  return most;
}

/** Whether a stage has so many inequalities that it pays to leave most of them out. */
export const hasManyRows = (shape: QpShape): boolean => mostInequalities(shape) > 2 * ROOM;

/**
 * A solver of QPs with many inequalities at a stage, of which few hold: it solves the QP with the nearest ones alone, and again,
 * from there, with those that turn out to be violated, until none is. The solution is that of the whole QP, since a row that is met
 * has no force; what a row costs that is far from active is two evaluations.
 *
 * @param create the solver of what is left
 */
export function createFewRows(
  shape: QpShape,
  kernels: RiccatiKernels,
  create: (shape: QpShape) => QpSolver,
): QpSolver {
  const most = mostInequalities(shape);
  const s: FewRows = {
    shape,
    create,
    most,
    levels: new Map(),
    sizes: createStepSizes(shape, kernels),
    taken: new Uint8Array(shape.nr),
    next: new Int32Array(Math.max(FIRST, MORE)),
    rank: new Float64Array(Math.max(FIRST, MORE)),
    solution: createQpSolution(shape),
    usable: false,
  };
  return { name: levelOf(s, ROOM).solver.name, solve: (qp, call = {}) => solveFew(s, qp, call) };
}

function levelOf(s: FewRows, rows: number): RowLevel {
  let room = ROOM;
  while (room < rows) room *= GROWTH;
  room = Math.min(room, s.most);
  let level = s.levels.get(room);
  if (level === undefined) {
    level = createRowLevel(s.shape, room, s.create);
    s.levels.set(room, level);
  }
  return level;
}

function solveFew(s: FewRows, qp: Qp, call: QpSolveOptions): QpSolution {
  const { shape, solution, taken } = s;
  checkQp(qp, shape);
  solution.iterations = 0;
  if (!isFiniteQp(qp)) {
    clearSolution(solution);
    solution.status = "nonFinite";
    s.usable = false;
    return solution;
  }
  let warm = call.warm === true && s.usable;
  if (warm && call.shift === true) shiftQpSolution(solution, shape);
  s.usable = true;
  takeNearest(s, qp, warm);
  for (let round = 0; ; round++) {
    const level = levelOf(s, round < ROUNDS ? mostTaken(s) : s.most);
    if (level.room === s.most) taken.fill(1);
    packLevel(level, qp, taken);
    if (warm && level.solution !== undefined) writeLevel(level.of, solution, level.solution);
    level.solution = level.solver.solve(level.qp, { ...call, shift: false, warm });
    readLevel(level.of, level.solution, solution);
    solution.iterations += level.solution.iterations;
    if (level.room === s.most || solution.status === "infeasible" || solution.status === "nonFinite") break;
    if (solution.status === "solved" && takeViolated(s, qp) === 0) break;
    if (call.late?.() === true) {
      solution.status = "maxIterations";
      break;
    }
    if (solution.status !== "solved") taken.fill(1);
    warm = solution.status === "solved";
  }
  return solution;
}

/** The most inequalities that a stage has taken. */
function mostTaken({ shape: { N, rowStart, equality }, taken }: FewRows): number {
  let most = 0;
  for (let k = 0; k <= N; k++) {
    let n = 0;
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) n += equality[row] === 0 ? taken[row] : 0;
    most = Math.max(most, n);
  }
  return most;
}

/** Takes the nearest inequalities of every stage, and where the start is warm those that had a force. */
function takeNearest(s: FewRows, qp: Qp, warm: boolean): void {
  const { shape, taken, sizes } = s;
  const { N, rowStart, equality } = shape;
  const { rows } = s.solution.multipliers;
  sizes.measure(qp);
  for (let k = 0; k <= N; k++) {
    let count = 0;
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      taken[row] = equality[row] === 1 || (warm && rows[row] !== 0) ? 1 : 0;
      if (taken[row] === 0 && costs(qp, row)) count = keep(s, row, distance(s, qp, row), count, FIRST);
    }
    for (let i = 0; i < count; i++) taken[s.next[i]] = 1;
  }
}

/** Takes the most violated of the rows that were left out. @returns how many */
function takeViolated(s: FewRows, qp: Qp): number {
  const { shape, taken, solution } = s;
  const { N, rowStart } = shape;
  let all = 0;
  for (let k = 0; k <= N; k++) {
    let count = 0;
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      if (taken[row] === 1 || !costs(qp, row)) continue;
      const value = rowValue(qp, k, row, solution.dX, solution.dU);
      if (value < 0) count = keep(s, row, value / (sizeOf(s, qp, row) || 1), count, MORE);
    }
    for (let i = 0; i < count; i++) taken[s.next[i]] = 1;
    all += count;
  }
  return all;
}

/** Whether it matters that a row is violated. */
const costs = ({ weights: { rowLinear, rowQuadratic } }: Qp, row: number): boolean =>
  rowLinear[row] > 0 || rowQuadratic[row] > 0;

/** What a row changes by over a step, in sum. */
function sizeOf({ sizes }: FewRows, { C, D, shape: { nx, nu, controlRow } }: Qp, row: number): number {
  let sum = 0;
  for (let i = 0; i < nx; i++) sum += Math.abs(C[row * nx + i]) * sizes.x[i];
  const d = controlRow[row] * nu;
  for (let i = 0; d >= 0 && i < nu; i++) sum += Math.abs(D[d + i]) * sizes.u[i];
  return sum;
}

/** How many steps a row is away: negative where it is violated. */
function distance(s: FewRows, qp: Qp, row: number): number {
  const size = sizeOf(s, qp, row);
  return size > 0 ? qp.c[row] / size : qp.c[row] < 0 ? -Infinity : Infinity;
}

/** Keeps a row among the `most` of lowest rank. @returns how many are kept, of `count` before */
function keep({ next, rank }: FewRows, row: number, of: number, count: number, most: number): number {
  if (count === most && !(of < rank[most - 1])) return count;
  let at = Math.min(count, most - 1);
  for (; at > 0 && rank[at - 1] > of; at--) {
    next[at] = next[at - 1];
    rank[at] = rank[at - 1];
  }
  next[at] = row;
  rank[at] = of;
  return Math.min(count + 1, most);
}
