import { negativeCurvature } from "../linalg/index.ts";
import { followRay, type Ocp, type Vec } from "../ocp/index.ts";
import { evaluateDerivatives } from "./derivatives.ts";
import { costNoise } from "./iterate.ts";
import { rolloutStep } from "./line-search.ts";
import { type IlqrWorkspace, stackedDerivatives } from "./workspace.ts";

/** Lengths of a step along negative curvature, as shares of the controls' sizes: so many, each a tenth of the last. */
const TRIALS = 12;
const SHORTER = 0.1;
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
  const way = negativeCurvature(
    problem,
    units.size.map((u) => u || 1),
  );
  if (way === undefined) return "none";
  w.K.set(way.K);
  for (let k = 0; k < N; k++) d[k].set(way.feed.subarray(k * nu, (k + 1) * nu));
  const noise = costNoise(ocp, w);
  for (let trial = 0, t = 1; trial < TRIALS; trial++, t *= SHORTER) {
    const promised = -0.5 * KEPT * t * t * way.curvature;
    if (!(promised > noise)) return "none";
    for (const alpha of [t, -t]) {
      if (late()) return "deadline";
      const next = rolloutStep(ocp, w, alpha);
      if (!(next <= cost - promised)) continue;
      const ray = followRay((beta) => (late() ? cost : rolloutStep(ocp, w, alpha * beta)), cost, cost - next);
      if (trial === 0 && ray.unbounded) return "unbounded";
      rolloutStep(ocp, w, alpha);
      [w.current, w.next] = [w.next, w.current];
      return "left";
    }
  }
  return "none";
}

/** Adds to R (N, nu, nu) what fixes the controls that the gradient holds at a bound. */
function holdAtBounds(ocp: Ocp, { nu, current: { U }, gradient, units }: IlqrWorkspace, R: Vec): void {
  const period = ocp.uLower.length;
  for (let i = 0; i < U.length; i++) {
    const room = gradient[i] > 0 ? U[i] - ocp.uLower[i % period] : ocp.uUpper[i % period] - U[i];
    if (gradient[i] !== 0 && room === 0) R[i * nu + (i % nu)] += FIXED * units.curvature[i % nu];
  }
}
