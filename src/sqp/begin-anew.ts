import { createRng } from "../base/index.ts";
import { largestMagnitude } from "../linalg/index.ts";
import { boundsOffset, type Ocp, rollout, type Vec } from "../ocp/index.ts";
import { evaluateConstraints } from "./constraints.ts";
import { largestCurvatures } from "./regulator.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Waves over the horizon that a change of the controls is the sum of: a constant, half a wave, a whole one. */
const WAVES = 3;
/** How large each wave is, as a share of half the range of its control. */
const SHARE = 0.5;

/**
 * Begins anew from other controls where a solve has ended with hard constraints violated, as before a disc that no small change leads
 * round: those where it began, changed smoothly over the horizon,
 *
 *     u_kj = clip(U0_kj + a_j sum_n g_n cos(n pi t)),   t = (i + 1/2) / n_j,   g_n normal,
 *
 * at the i-th of the n_j stages at which bounds leave control j room, a_j a share of that room, or its natural size where it has no
 * bounds; where nothing says how large controls are, one that costs as much as 1 of the dearest. Positive is where it went so far: a mirrored problem takes the mirrored way.
 *
 * @param U0 (N, nu) controls at the beginning; those of `current` are where it ended
 * @param attempt 1, 2, ...: each has changes of its own, the same at every call
 * @returns whether their trajectory is finite; then it is `current`, without multipliers
 */
export function beginAnew(
  ocp: Ocp,
  w: Pick<
    SqpWorkspace,
    "shape" | "current" | "candidate" | "defects" | "duals" | "merit" | "scales" | "regulator"
  >,
  x0: Vec,
  U0: Vec,
  attempt: number,
): boolean {
  const { N, nu } = w.shape;
  const { candidate: t } = w;
  const { U } = w.current;
  const rng = createRng(attempt);
  t.U.set(U0);
  const room = (k: number, j: number): number => {
    const o = boundsOffset(ocp.uLower, nu, k) + j;
    return 0.5 * (ocp.uUpper[o] - ocp.uLower[o]);
  };
  const bends = largestCurvatures(w.regulator.curvature, new Float64Array(nu));
  const unknown = (j: number): number => Math.sqrt(largestMagnitude(bends) / bends[j]) || 1;
  for (let j = 0; j < nu; j++) {
    const g = Array.from({ length: WAVES }, () => rng.gauss());
    const stages = Array.from({ length: N }, (_, k) => k).filter((k) => room(k, j) > 0);
    const way = stages.reduce((sum, k) => sum + U[k * nu + j], 0) < 0 ? -1 : 1;
    stages.forEach((k, i) => {
      const angle = (Math.PI * (i + 0.5)) / stages.length;
      const wave = g.reduce((sum, v, n) => sum + v * Math.cos(n * angle), 0);
      t.U[k * nu + j] +=
        way * SHARE * (room(k, j) < Infinity ? room(k, j) : w.scales.u[j] || unknown(j)) * wave;
    });
  }
  if (!rollout(ocp, x0, t)) return false;
  evaluateConstraints(ocp, w.shape, t);
  [w.current, w.candidate] = [t, w.current];
  w.defects.open = false;
  w.duals.Y.fill(0);
  w.merit.rho.fill(0);
  return true;
}
