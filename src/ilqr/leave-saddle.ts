import { negativeCurvature } from "../linalg/index.ts";
import { costTerms, followRay, type Ocp, type Vec } from "../ocp/index.ts";
import { evaluateDerivatives } from "./derivatives.ts";
import { costNoise } from "./iterate.ts";
import { rolloutStep } from "./line-search.ts";
import { type IlqrWorkspace, stackedDerivatives } from "./workspace.ts";

/** Each length of a step along negative curvature is this share of the last. */
const SHORTER = 0.1;
/** A control's size is no less than this share of the one at which it would be worth all that the trajectory costs. */
const LEAST_SIZE = 1e-6;
/** Share of what the curvature promises that a step must bring. */
const KEPT = 0.1;
/** Curvature that fixes a control at its bound, relative to its own. */
const FIXED = 1e6;

/** What became of a stationary point. */
export type SaddleWay = "none" | "left" | "unbounded" | "deadline";

/**
 * Leaves a stationary point where the Hessian bends down: a saddle or a maximum. A step along {@link negativeCurvature},
 * either way, that brings the cost down becomes `current`; the gains stay as they are.
 *
 * @param late asked before each trial
 * @returns "none" where the Hessian does not bend, or no step brings what it promises; "deadline" where that is not known
 */
export function leaveSaddle(ocp: Ocp, w: IlqrWorkspace, cost: number, late: () => boolean): SaddleWay {
  const K = w.K.slice();
  const found = search(ocp, w, cost, late);
  w.K.set(K);
  return found;
}

function search(ocp: Ocp, w: IlqrWorkspace, cost: number, late: () => boolean): SaddleWay {
  const { N, nu, units, d } = w;
  if (!evaluateDerivatives(ocp, w, "full")) return "none";
  const problem = stackedDerivatives(w);
  holdAtBounds(ocp, w, problem.R);
  const worth = costTerms(ocp, w.current);
  const way = negativeCurvature(
    problem,
    units.size.map((u, j) => Math.max(u, LEAST_SIZE * Math.sqrt((2 * worth) / units.curvature[j])) || 1),
  );
  if (way === undefined) return "none";
  // At rest no size says how far to go: the bend takes all of the cost there.
  const first = Math.max(1, Math.sqrt((2 * worth) / -way.curvature));
  w.K.set(way.K);
  for (let k = 0; k < N; k++) d[k].set(way.feed.subarray(k * nu, (k + 1) * nu));
  const noise = costNoise(ocp, w);
  for (let t = first; ; t *= SHORTER) {
    const promised = -0.5 * KEPT * t * t * way.curvature;
    if (!(promised > noise)) return "none";
    for (const alpha of [t, -t]) {
      if (late()) return "deadline";
      const next = rolloutStep(ocp, w, alpha);
      if (!(next <= cost - promised)) continue;
      const ray = followRay((beta) => (late() ? cost : rolloutStep(ocp, w, alpha * beta)), cost, cost - next);
      if (t === first && ray.unbounded) return "unbounded";
      rolloutStep(ocp, w, alpha);
      [w.current, w.next] = [w.next, w.current];
      return "left";
    }
  }
}

/** Adds to R (N, nu, nu) what fixes the controls that the gradient holds at a bound. */
function holdAtBounds(ocp: Ocp, { nu, current: { U }, gradient, units }: IlqrWorkspace, R: Vec): void {
  const period = ocp.uLower.length;
  for (let i = 0; i < U.length; i++) {
    const room = gradient[i] > 0 ? U[i] - ocp.uLower[i % period] : ocp.uUpper[i % period] - U[i];
    if (gradient[i] !== 0 && room === 0) R[i * nu + (i % nu)] += FIXED * units.curvature[i % nu];
  }
}
