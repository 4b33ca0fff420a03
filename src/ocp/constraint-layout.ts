import type { Ocp, SoftPenalties, SoftPenalty, Vec } from "./ocp.ts";
import { type RowGroup, rowGroups } from "./row-groups.ts";

/** One group's rows at one stage. */
export type RowBlock = {
  /** Which entry of the problem's `rows`. */
  readonly group: number;
  readonly k: number;
  readonly count: number;
  /** First row, counted over all stages. */
  readonly row: number;
  /** First of the stacked constraints. */
  readonly at: number;
};

/** What is fixed of a row: its stage, whether it is an equality and whether it reads the control. */
export type RowKind = { readonly k: number; readonly equality: boolean; readonly controls: boolean };

/**
 * How a problem's constraints are stacked: by stage, its rows as their groups are listed, then for k >= 1 the
 * state box, state - lower (nb) and upper - state (nb). Multipliers are stacked likewise.
 */
export type ConstraintLayout = {
  /** Number of constraints over all stages. */
  readonly m: number;
  /** (N + 2) first constraint of each stage; the last is m. */
  readonly start: Int32Array;
  /** (m) 1 where a constraint is an equality. */
  readonly equal: Uint8Array;
  readonly blocks: readonly RowBlock[];
  /** (N + 2) first block of each stage. */
  readonly blockStart: Int32Array;
  /** Every row, in the same order. */
  readonly rows: readonly RowKind[];
};

/** Weights (m) of the penalty paid for a violated constraint; `linear` is Infinity where it is hard. */
export type ConstraintPenalties = { readonly linear: Vec; readonly quadratic: Vec };

/** Stands for "no bound": large enough never to matter, finite so that products with zero stay zero. */
export const UNBOUNDED = 1e30;
/** What rows are handed that do not read the control. */
const NO_CONTROL = new Float64Array(0);

/** Stages at which a group of rows holds, ascending where the problem is legal. */
export function rowStages(rows: Pick<RowGroup, "controls" | "stages">, N: number): number[] {
  const { stages, controls = false } = rows;
  if (typeof stages === "object") return [...stages];
  if (stages === "initial") return [0];
  if (stages === "terminal") return [N];
  const first = controls ? 0 : 1;
  const last = controls || stages === "path" ? N - 1 : N;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Lays out the constraints of a legal problem. */
export function constraintLayout(ocp: Pick<Ocp, "N" | "rows" | "stateBox">): ConstraintLayout {
  const { N, stateBox } = ocp;
  const groups = rowGroups(ocp);
  const stages = groups.map((group) => new Set(group.count > 0 ? rowStages(group, N) : []));
  const sides = 2 * (stateBox?.index.length ?? 0);
  const blocks: RowBlock[] = [];
  const rows: RowKind[] = [];
  const equal: number[] = [];
  const start = new Int32Array(N + 2);
  const blockStart = new Int32Array(N + 2);
  for (let k = 0; k <= N; k++) {
    groups.forEach(({ count, kind, controls }, group) => {
      if (!stages[group].has(k)) return;
      const equality = kind === "equality";
      blocks.push({ group, k, count, row: rows.length, at: equal.length });
      for (let i = 0; i < count; i++) {
        rows.push({ k, equality, controls });
        equal.push(equality ? 1 : 0);
      }
    });
    if (k > 0) for (let j = 0; j < sides; j++) equal.push(0);
    start[k + 1] = equal.length;
    blockStart[k + 1] = blocks.length;
  }
  return { m: equal.length, start, equal: Uint8Array.from(equal), blocks, blockStart, rows };
}

/** Views of each block's rows in an array (m) of stacked constraints. */
export function blockViews({ blocks }: ConstraintLayout, stacked: Vec): Vec[] {
  return blocks.map(({ at, count }) => stacked.subarray(at, at + count));
}

/** The control as a group of rows reads it: empty for rows of the state alone. */
export function controlOf(rows: RowGroup, u: Vec): Vec {
  return rows.controls ? u : NO_CONTROL;
}

/**
 * Writes the constraint values of stage k.
 *
 * @param u (nu) of the stage; not read at stage N
 * @param con (m) of all stages
 * @param views of `con`, by {@link blockViews}
 */
export function evaluateStage(
  ocp: Ocp,
  { start, blocks, blockStart }: ConstraintLayout,
  x: Vec,
  u: Vec,
  k: number,
  con: Vec,
  views: readonly Vec[],
): void {
  const groups = rowGroups(ocp);
  for (let b = blockStart[k]; b < blockStart[k + 1]; b++) groups[blocks[b].group].value(x, u, k, views[b]);
  const box = ocp.stateBox;
  if (box === undefined || k === 0) return;
  const nb = box.index.length;
  const at = start[k + 1] - 2 * nb;
  const o = boundsOffset(box.lower, nb, k);
  for (let j = 0; j < nb; j++) {
    const v = x[box.index[j]];
    const lower = box.lower[o + j];
    const upper = box.upper[o + j];
    con[at + j] = v - lower;
    con[at + nb + j] = upper - v;
    // Apart: of a number here or there the sum would be allocated.
    if (lower === Number.NEGATIVE_INFINITY) con[at + j] = UNBOUNDED;
    if (upper === Number.POSITIVE_INFINITY) con[at + nb + j] = UNBOUNDED;
  }
}

/** Writes the penalties that a problem asks for. */
export function constraintPenalties(
  ocp: Ocp,
  { start, blocks }: ConstraintLayout,
  { linear, quadratic }: ConstraintPenalties,
): void {
  const { N, stateBox } = ocp;
  const rows = rowGroups(ocp);
  const set = (at: number, soft: SoftPenalty | undefined): void => {
    linear[at] = soft?.linear ?? Number.POSITIVE_INFINITY;
    quadratic[at] = soft?.quadratic ?? 0;
  };
  for (const { group, at, count } of blocks) {
    for (let i = 0; i < count; i++) set(at + i, penaltyOf(rows[group].soft, i));
  }
  const nb = stateBox?.index.length ?? 0;
  for (let k = 1; k <= N; k++) {
    for (let j = 0; j < 2 * nb; j++) set(start[k + 1] - 2 * nb + j, penaltyOf(stateBox!.soft, j % nb));
  }
}

/** Violation >= 0 of constraint `at` of value c. */
export function violationOf({ equal }: Pick<ConstraintLayout, "equal">, at: number, c: number): number {
  return equal[at] === 1 ? Math.abs(c) : Math.max(0, -c);
}

/** Penalty of row or component i; undefined where it is hard. */
export function penaltyOf(soft: SoftPenalties | undefined, i: number): SoftPenalty | undefined {
  return Array.isArray(soft) ? soft[i] : (soft as SoftPenalty | undefined);
}

/** Where stage k begins in bounds that are one block of `width` for all stages, or one for each. */
export function boundsOffset(bounds: Vec, width: number, k: number): number {
  return bounds.length > width ? k * width : 0;
}
