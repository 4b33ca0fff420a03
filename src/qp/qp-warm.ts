import { largestMagnitude } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import { addPairForces, type IpmPairs } from "./ipm-pairs.ts";
import type { Qp } from "./qp.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";
import { costGradient, reducedGradient, rolloutControls } from "./riccati-system.ts";

/** Scratch of {@link chooseWarmControls}: gx (N + 1, nx), the others (N, nu). */
type WarmScratch = { readonly last: Vec; readonly gx: Vec; readonly gu: Vec; readonly ru: Vec };

/**
 * Starting controls for a QP whose multipliers are guessed (in `pairs`): the last dU, right where the same QP is
 * solved again, or dU = 0, right where the plan was moved to the last solution and linearized there; a shifted
 * plan always was. The one with the smaller gradient of the Lagrangian is taken, clipped to the bounds.
 *
 * @param X (N + 1, nx) written: the states of U
 * @param U (N, nu) the last controls on entry, the chosen ones on return
 */
export function chooseWarmControls(
  kernels: RiccatiKernels,
  pairs: IpmPairs,
  qp: Qp,
  X: Vec,
  U: Vec,
  shifted: boolean,
  scratch: WarmScratch,
): void {
  if (!shifted) {
    scratch.last.set(U);
    const kept = tryControls(kernels, pairs, qp, X, U, scratch);
    U.fill(0);
    if (tryControls(kernels, pairs, qp, X, U, scratch) < kept) return;
    U.set(scratch.last);
  } else U.fill(0);
  tryControls(kernels, pairs, qp, X, U, scratch);
}

/** Clips U, rolls it out to X, and returns the largest entry of the Lagrangian's gradient in du. */
function tryControls(
  kernels: RiccatiKernels,
  pairs: IpmPairs,
  qp: Qp,
  X: Vec,
  U: Vec,
  { gx, gu, ru }: WarmScratch,
): number {
  for (let i = 0; i < U.length; i++) U[i] = Math.min(Math.max(U[i], qp.uLower[i]), qp.uUpper[i]);
  for (let j = 0; j < pairs.nf; j++) {
    const i = pairs.fixed[j];
    U[i] = 0.5 * (qp.uLower[i] + qp.uUpper[i]);
  }
  rolloutControls(kernels, qp, U, X);
  costGradient(kernels, qp, X, U, gx, gu);
  addPairForces(pairs, qp, pairs.hl, pairs.sl, gx, gu);
  reducedGradient(kernels, qp, gx, gu, ru);
  for (let j = 0; j < pairs.nf; j++) ru[pairs.fixed[j]] = 0;
  return largestMagnitude(ru);
}
