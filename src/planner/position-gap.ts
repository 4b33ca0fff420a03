import type { Vec } from "../ocp/index.ts";

/**
 * Largest distance between two trajectories' positions at the same stage; infinite where one is missing, of another
 * length, or not finite. [m]
 *
 * @param X, Y (N + 1, nx), position first
 */
export function positionGap(X: Vec | undefined, Y: Vec | undefined, nx: number): number {
  if (X === undefined || Y === undefined || X.length !== Y.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let at = 0; at < Y.length; at += nx) {
    worst = Math.max(worst, (X[at] - Y[at]) ** 2 + (X[at + 1] - Y[at + 1]) ** 2);
  }
  return Number.isNaN(worst) ? Number.POSITIVE_INFINITY : Math.sqrt(worst);
}
