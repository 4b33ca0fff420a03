import { createRng } from "../base/index.ts";
import { largestMagnitude } from "../linalg/index.ts";
import {
  blockViews,
  boundsOffset,
  constraintLayout,
  constraintPenalties,
  evaluateStage,
  violationOf,
} from "./constraint-layout.ts";
import type { Ocp, Vec } from "./ocp.ts";
import { rollout, type Trajectory } from "./trajectory.ts";

/** Waves over the horizon that a change of the controls is the sum of: a constant, half a wave, a whole one. */
const WAVES = 3;
/** How large each wave is, as a share of half the range of its control. */
const SHARE = 0.5;
/** Where no size is known, violated constraints are to change by this share of their violation: enough for derivatives to lead on. */
const ENOUGH = 0.3;
/** So many halves or doubles at most are tried for how far a change goes, and so many bisections tell it to a millionth. */
const TRIALS = 100;
const BISECTIONS = 20;

/** (nu) What is known of each control: its natural size, 0 where nothing tells one, and its largest curvature over the horizon. */
export type ControlScales = { readonly size: Vec; readonly curvature: Vec };

/**
 * Other controls to begin with where a solve has ended with hard constraints violated, as before a disc that no small change leads
 * round, or where derivatives lead nowhere, as sideways from rest: those where it began, changed smoothly over the horizon,
 *
 *     u_kj = clip(U0_kj + a_j sum_n g_n cos(n pi t)),   t = (i + 1/2) / n_j,   g_n normal,
 *
 * at the i-th of the n_j stages at which bounds leave control j room, a_j a share of that room, or its natural size where it has no
 * bounds, or the size at which it costs what others of a known size do. Where no size of any is known, all go as far as each
 * violated constraint changes by a share of its violation. Positive is where a solve went so far: a mirrored problem takes the mirrored way.
 *
 * @param U0 (N, nu) controls where it began
 * @param ended (N, nu) controls where it ended
 * @param attempt 1, 2, ...: each has changes of its own, the same at every call
 * @param t written: the controls and their rollout
 * @returns whether that is finite
 */
export function changeSmoothly(
  ocp: Ocp,
  x0: Vec,
  U0: Vec,
  ended: Vec,
  scales: ControlScales,
  attempt: number,
  t: Trajectory,
): boolean {
  const { nu } = ocp.dynamics;
  const rng = createRng(attempt);
  const change = new Float64Array(U0.length);
  const room = (k: number, j: number): number => {
    const o = boundsOffset(ocp.uLower, nu, k) + j;
    return 0.5 * (ocp.uUpper[o] - ocp.uLower[o]);
  };
  const { sizes, known } = sizesByCost(scales);
  let bounded = false;
  for (let j = 0; j < nu; j++) {
    const g = Array.from({ length: WAVES }, () => rng.gauss());
    const stages = Array.from({ length: ocp.N }, (_, k) => k).filter((k) => room(k, j) > 0);
    const way = stages.reduce((sum, k) => sum + ended[k * nu + j], 0) < 0 ? -1 : 1;
    stages.forEach((k, i) => {
      const angle = (Math.PI * (i + 0.5)) / stages.length;
      const wave = g.reduce((sum, v, n) => sum + v * Math.cos(n * angle), 0);
      const isBounded = room(k, j) < Infinity;
      bounded ||= isBounded;
      change[k * nu + j] = way * SHARE * (isBounded ? room(k, j) : sizes[j]) * wave;
    });
  }
  const move = (by: number): boolean => {
    for (let i = 0; i < U0.length; i++) t.U[i] = U0[i] + by * change[i];
    return rollout(ocp, x0, t);
  };
  return move(known || bounded ? 1 : reachOf(ocp, t, move));
}

/** Sizes at which each control without one costs what the dearest one with a size does; relative to one another where none is known. */
function sizesByCost({ size, curvature }: ControlScales): { readonly sizes: Vec; readonly known: boolean } {
  const worth = largestMagnitude(size.map((s, j) => s * Math.sqrt(curvature[j])));
  const from = worth || Math.sqrt(largestMagnitude(curvature));
  return { sizes: size.map((s, j) => s || from / Math.sqrt(curvature[j]) || 1), known: worth > 0 };
}

/** The length of a move from which on every violated hard constraint has changed by {@link ENOUGH}; 1 where there is none. */
function reachOf(ocp: Ocp, t: Trajectory, move: (by: number) => boolean): number {
  const layout = constraintLayout(ocp);
  const [linear, quadratic, con] = [0, 0, 0].map(() => new Float64Array(layout.m));
  constraintPenalties(ocp, layout, { linear, quadratic });
  const views = blockViews(layout, con);
  const valuesAt = (by: number): Vec => {
    if (!move(by)) return con.fill(Number.NaN);
    for (let k = 0; k <= ocp.N; k++) evaluateStage(ocp, layout, t.x[k], t.u[k], k, con, views);
    return con;
  };
  const start = valuesAt(0).slice();
  const isFar = (by: number): boolean =>
    valuesAt(by).every((c, i) => {
      const violation = linear[i] < Infinity ? 0 : violationOf(layout, i, start[i]);
      return violation === 0 || !(Math.abs(c - start[i]) < ENOUGH * violation);
    });
  const far = isFar(1);
  for (let by = 1, trial = 0; trial < TRIALS; trial++) {
    const next = far ? by / 2 : 2 * by;
    if (isFar(next) !== far) return bisect(isFar, Math.min(by, next), Math.max(by, next));
    by = next;
  }
  return 1;
}

/** Where, between `near` and `far`, `isFar` begins to hold. */
function bisect(isFar: (by: number) => boolean, near: number, far: number): number {
  let [from, to] = [near, far];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (from + to) / 2;
    if (isFar(middle)) to = middle;
    else from = middle;
  }
  return to;
}
