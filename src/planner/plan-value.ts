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
