import { negativeCurvature } from "../linalg/index.ts";
import type { Ocp } from "../ocp/index.ts";
import { closedLoopRollout } from "./closed-loop-rollout.ts";
import { evaluateConstraints } from "./constraints.ts";
import { addHeld, weighHeld } from "./convexity.ts";
import { merit, meritNoise, meritSize, resetSlacks, weighConstraints } from "./merit.ts";
import { lagrangianHessian } from "./quadratize.ts";
import { largestCurvatures } from "./regulator.ts";
import { rayOf } from "./sqp-step.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Each length of a step along negative curvature is this share of the last. */
const SHORTER = 0.1;
/** A control's size is no less than this share of the one at which it would be worth all that the merit is the sum of. */
const LEAST_SIZE = 1e-6;
/** Share of what the curvature promises that a step must bring. */
const KEPT = 0.1;

/**
 * Leaves a point where the gradient is zero and the Hessian of the Lagrangian, with what is held taken as fixed, bends down: a saddle
 * or a maximum, which no first-order test tells from a minimum. A step along {@link negativeCurvature}, either way, that brings the augmented
 * Lagrangian down becomes `current`.
 *
 * Where the gradient is met to `tol` only, what is left of it promises about `tol^2` of the merit's size; a bend that promises less is
 * no saddle at that tolerance.
 *
 * @param w linearized, with its natural sizes and adjoint
 * @param tol relative KKT residual at which the point was taken
 * @param late asked before each rollout
 * @returns "none" where the Hessian does not bend, or no step brings what it promises; "deadline" where that is not known
 */
export function leaveSaddle(
  ocp: Ocp,
  w: SqpWorkspace,
  tol: number,
  late: () => boolean,
): "none" | "left" | "unbounded" | "deadline" {
  const { qp, scratch, penalties, shape } = w;
  lagrangianHessian(ocp, w);
  for (const name of ["Q", "R", "M"] as const) scratch[name].set(qp[name]);
  weighHeld(w);
  addHeld(w, scratch);
  const { Q, R, M } = scratch;
  const { N, nx, nu } = shape;
  w.duals.dY.fill(0);
  weighConstraints(w, penalties);
  w.merit.rho.forEach((rho, k) => {
    w.merit.rho[k] = Math.max(1, rho);
  });
  w.merit.dS.fill(0);
  const price = (t: SqpWorkspace["current"]): number => {
    resetSlacks(w, t);
    return merit(ocp, w, t, 0, penalties);
  };
  const start = price(w.current);
  const worth = meritSize(ocp, w, penalties);
  const way = negativeCurvature({ N, nx, nu, A: qp.A, B: qp.B, Q, R, M }, sizesByWorth(w, worth));
  if (way === undefined) return "none";
  w.K.set(way.K);
  const noise = meritNoise(ocp, w, penalties);
  const least = Math.max(noise, tol * tol * worth);
  // At rest no size says how far to go: the bend takes all of the merit there.
  const first = Math.max(1, Math.sqrt((2 * worth) / -way.curvature));
  for (let t = first; ; t *= SHORTER) {
    const promised = -0.5 * KEPT * t * t * way.curvature;
    if (!(promised > least)) return "none";
    for (const alpha of [t, -t]) {
      if (late()) return "deadline";
      if (!closedLoopRollout(ocp, w, alpha, way, true)) continue;
      evaluateConstraints(ocp, shape, w.candidate);
      if (!(price(w.candidate) <= start - promised)) continue;
      if (t === first && rayOf(ocp, w, way, alpha, penalties, noise, late).unbounded) return "unbounded";
      closedLoopRollout(ocp, w, alpha, way, true);
      evaluateConstraints(ocp, shape, w.candidate);
      [w.current, w.candidate] = [w.candidate, w.current];
      return "left";
    }
  }
}

/** The controls' sizes, no less than a small share of those at which each would be worth so much. */
function sizesByWorth({ regulator, scales, shape }: SqpWorkspace, worth: number): Float64Array {
  const most = largestCurvatures(regulator.curvature, new Float64Array(shape.nu));
  return scales.u.map((u, j) => Math.max(u, LEAST_SIZE * Math.sqrt((2 * worth) / most[j])) || 1);
}
