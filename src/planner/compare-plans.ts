import type { Vec } from "../ocp/index.ts";
import type { SqpResult } from "../sqp/index.ts";

/** A violation that the next iteration mends, and no reason to prefer a costlier plan. [m, m/s, rad/s] */
const PASSABLE = 0.015;

/**
 * What a plan is worth beside others of the same scene, less is better: its cost where it violates nothing by more
 * than 1.5 cm, else its merit, cost and exact penalties together. After a single QP the penalties of millimetres
 * would decide otherwise: measured on 150 goal switches, the least merit picked a good plan in 41%, this in 61%, where
 * any of the candidates was good in 62%.
 */
export function planValue({
  status,
  cost,
  merit,
  violation,
}: Pick<SqpResult, "status" | "cost" | "merit" | "violation">): number {
  const value = violation < PASSABLE ? cost : merit;
  return status === "nonFinite" || Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

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
