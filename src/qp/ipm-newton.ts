import type { Vec } from "../ocp/index.ts";
import { assembleHard, correctHard, createHardRows, directHard, updateHard } from "./ipm-hard.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import type { IpmPairs } from "./ipm-pairs.ts";
import { assembleSoft, correctSoft, createSoftRows, directSoft, updateSoft, weighSoft } from "./ipm-soft.ts";
import type { QpShape } from "./qp.ts";
import { addSoftForces, softProducts } from "./soft-rows.ts";

/** Allocates the Newton step of the pairs. */
export function createIpmNewton(shape: QpShape, pairs: IpmPairs): IpmNewton {
  return {
    shape,
    pairs,
    alpha: 1,
    cross: 0,
    mu: 0,
    worst: 0,
    largest: 0,
    slope: 0,
    hard: createHardRows(pairs.hl.length),
    soft: createSoftRows(pairs.sl.length),
    g: new Float64Array(pairs.sl.length),
  };
}

/**
 * Adds weights and predictor (target 0) to Qh (N + 1, nx, nx; lower triangle), dR (N, nu), qh, rh, and the
 * present multipliers' forces to gx, gu.
 */
export function assembleNewton(
  s: IpmNewton,
  C: Vec,
  gx: Vec,
  gu: Vec,
  Qh: Vec,
  dR: Vec,
  qh: Vec,
  rh: Vec,
): void {
  assembleHard(s, gu, dR, rh);
  weighSoft(s);
  assembleSoft(s, C, gx, Qh, qh);
}

/** Adds the corrector's forces for a target product; `share` of the predictor's second-order term. */
export function correctNewton(s: IpmNewton, C: Vec, target: number, share: number, qh: Vec, rh: Vec): void {
  correctHard(s, target, share, rh);
  correctSoft(s, target, share);
  addSoftForces(s.pairs, s.shape, C, s.g, -1, qh);
}

/** Finds the steps of every pair for a step (dX, dU); writes `alpha`, at most `limit`, and `cross`. */
export function newtonDirection(s: IpmNewton, C: Vec, dX: Vec, dU: Vec, limit: number): void {
  s.alpha = limit;
  s.cross = 0;
  directHard(s, dU);
  softProducts(s.pairs, s.shape, C, dX, s.g);
  directSoft(s);
}

/** Takes `alpha` of the last direction; writes `mu`, `worst`, `largest` and `slope`. */
export function updatePairs(s: IpmNewton, alpha: number): void {
  updateHard(s, alpha);
  updateSoft(s, alpha);
  s.mu = s.pairs.count > 0 ? s.mu / s.pairs.count : 0;
}
