import { negativeCurvature } from "../linalg/index.ts";
import type { Ocp } from "../ocp/index.ts";
import { closedLoopRollout } from "./closed-loop-rollout.ts";
import { evaluateConstraints } from "./constraints.ts";
import { addHeld, weighHeld } from "./convexity.ts";
import { merit, meritNoise, meritSize, resetSlacks, weighConstraints } from "./merit.ts";
import { lagrangianHessian } from "./quadratize.ts";
import { rayOf } from "./sqp-step.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Lengths of a step along negative curvature, as shares of the controls' sizes: so many, each a tenth of the last. */
const TRIALS = 12;
const SHORTER = 0.1;
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
  const { qp, scratch, scales, penalties, shape } = w;
  lagrangianHessian(ocp, w);
  for (const name of ["Q", "R", "M"] as const) scratch[name].set(qp[name]);
  weighHeld(w);
  addHeld(w, scratch);
  const { Q, R, M } = scratch;
  const { N, nx, nu } = shape;
  const way = negativeCurvature(
    { N, nx, nu, A: qp.A, B: qp.B, Q, R, M },
    scales.u.map((u) => u || 1),
  );
  if (way === undefined) return "none";
  w.duals.dY.fill(0);
  weighConstraints(w, penalties);
  w.merit.rho.forEach((rho, k) => {
    w.merit.rho[k] = Math.max(1, rho);
  });
  w.merit.dS.fill(0);
  w.K.set(way.K);
  const price = (t: SqpWorkspace["current"]): number => {
    resetSlacks(w, t);
    return merit(ocp, w, t, 0, penalties);
  };
  const start = price(w.current);
  const noise = meritNoise(ocp, w, penalties);
  const least = Math.max(noise, tol * tol * meritSize(ocp, w, penalties));
  for (let trial = 0, t = 1; trial < TRIALS; trial++, t *= SHORTER) {
    const promised = -0.5 * KEPT * t * t * way.curvature;
    if (!(promised > least)) return "none";
    for (const alpha of [t, -t]) {
      if (late()) return "deadline";
      if (!closedLoopRollout(ocp, w, alpha, way, true)) continue;
      evaluateConstraints(ocp, shape, w.candidate);
      if (!(price(w.candidate) <= start - promised)) continue;
      if (trial === 0 && rayOf(ocp, w, way, alpha, penalties, noise, late).unbounded) return "unbounded";
      closedLoopRollout(ocp, w, alpha, way, true);
      evaluateConstraints(ocp, shape, w.candidate);
      [w.current, w.candidate] = [w.candidate, w.current];
      return "left";
    }
  }
  return "none";
}
