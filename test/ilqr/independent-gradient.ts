import { createTrajectory, type Ocp, rollout, totalCost } from "../../src/ocp/index.ts";

type Vec = Float64Array;

/**
 * dJ/dU by central differences of whole rollouts, for an objective of the trajectory: independent of
 * every derivative of the problem and of the solver's adjoint.
 */
export function differencedGradient(
  ocp: Ocp,
  x0: Vec,
  U: Vec,
  extra: (X: Vec) => number = () => 0,
  h = 1e-5,
): Vec {
  const t = createTrajectory(ocp);
  // Bounds would clip the differences.
  const free = {
    ...ocp,
    uLower: ocp.uLower.map(() => Number.NEGATIVE_INFINITY),
    uUpper: ocp.uUpper.map(() => Number.POSITIVE_INFINITY),
  };
  const objective = (i: number, step: number): number => {
    t.U.set(U);
    t.U[i] += step;
    rollout(free, x0, t);
    return totalCost(free, t) + extra(t.X);
  };
  return U.map((_, i) => (objective(i, h) - objective(i, -h)) / (2 * h));
}

/** Largest |u - clip(u - g)|. */
export function projectedResidual(ocp: Ocp, U: Vec, g: Vec): number {
  const { nu } = ocp.dynamics;
  let worst = 0;
  U.forEach((u, i) => {
    const moved = Math.min(ocp.uUpper[i % nu], Math.max(ocp.uLower[i % nu], u - g[i]));
    worst = Math.max(worst, Math.abs(u - moved));
  });
  return worst;
}
