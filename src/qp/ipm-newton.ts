import type { Vec } from "../ocp/index.ts";
import {
  correctEqualities,
  createEqualRows,
  directEqualities,
  updateEqualities,
  weighEqualities,
} from "./ipm-equality.ts";
import { assembleHard, correctHard, createHardRows, directHard, updateHard } from "./ipm-hard.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import type { IpmPairs } from "./ipm-pairs.ts";
import { correctSoft, createSoftRows, directSoft, updateSoft, weighSoft } from "./ipm-soft.ts";
import type { Qp, QpShape } from "./qp.ts";
import { addSoftForces, assembleRows, type RowHessian, softProducts } from "./soft-rows.ts";

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
    equal: createEqualRows(shape.equality.reduce((sum, is) => sum + is, 0)),
    g: new Float64Array(pairs.sl.length),
    weight: new Float64Array(pairs.sl.length),
  };
}

/**
 * Adds weights and predictor (target 0) to the system's Hessian (lower triangles), its dR, qh, rh, and the
 * present multipliers' forces to gx, gu.
 */
export function assembleNewton(
  s: IpmNewton,
  qp: Qp,
  system: RowHessian & { readonly dR: Vec },
  gx: Vec,
  gu: Vec,
  qh: Vec,
  rh: Vec,
): void {
  assembleHard(s, gu, system.dR, rh);
  weighSoft(s);
  weighEqualities(s);
  assembleRows(s.pairs, qp, s.weight, s.g, s.pairs.sl, system, [gx, gu, qh, rh]);
}

/** Adds the corrector's forces for a target product; `share` of the predictor's second-order term. */
export function correctNewton(s: IpmNewton, qp: Qp, target: number, share: number, qh: Vec, rh: Vec): void {
  correctHard(s, target, share, rh);
  correctSoft(s, target, share);
  correctEqualities(s, target, share);
  addSoftForces(s.pairs, qp, s.g, -1, qh, rh);
}

/** Finds the steps of every pair for a step (dX, dU); writes `alpha`, at most `limit`, and `cross`. */
export function newtonDirection(s: IpmNewton, qp: Qp, dX: Vec, dU: Vec, limit: number): void {
  s.alpha = limit;
  s.cross = 0;
  directHard(s, dU);
  softProducts(s.pairs, qp, dX, dU, s.g);
  directSoft(s);
  directEqualities(s);
}

/** Takes `alpha` of the last direction; writes `mu`, `worst`, `largest` and `slope`. */
export function updatePairs(s: IpmNewton, alpha: number): void {
  updateHard(s, alpha);
  updateSoft(s, alpha);
  updateEqualities(s, alpha);
  s.mu = s.pairs.count > 0 ? s.mu / s.pairs.count : 0;
}
