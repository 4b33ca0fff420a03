import { changeSmoothly, type Ocp, type Vec } from "../ocp/index.ts";
import { evaluateConstraints } from "./constraints.ts";
import { largestCurvatures } from "./regulator.ts";
import type { SqpWorkspace } from "./workspace.ts";

/**
 * Begins anew from other controls where a solve has ended with hard constraints violated: from where it began,
 * changed as {@link changeSmoothly} does.
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
  const { candidate: t } = w;
  const curvature = largestCurvatures(w.regulator.curvature, new Float64Array(w.shape.nu));
  const sizes = { size: w.scales.u, curvature };
  if (!changeSmoothly(ocp, x0, U0, w.current.U, sizes, attempt, t)) return false;
  evaluateConstraints(ocp, w.shape, t);
  [w.current, w.candidate] = [t, w.current];
  w.defects.open = false;
  w.duals.Y.fill(0);
  w.merit.rho.fill(0);
  return true;
}
