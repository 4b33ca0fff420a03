import type { Qp, QpMultipliers, QpSolution } from "./qp.ts";

/** Numbers that steps leave. */
export type IpmNumbers = {
  /** Pairs of numbers that complement each other, of the QP that is loaded. */
  count: number;
  /** Longest step up to a limit that keeps every pair >= 0, and the sum of the products of steps. */
  alpha: number;
  cross: number;
  /** Mean and largest product; largest force (multiplier times coefficient) of a row. */
  mu: number;
  worst: number;
  largest: number;
  /** By how much a multiplier would exceed its penalty's slope once its slack is eliminated. */
  slope: number;
  /** First and second derivative of the cost along a step on the active set. */
  first: number;
  second: number;
};

/**
 * The steps of {@link createRiccatiIpm} on the numbers of one QP: in JavaScript or in WebAssembly, to rounding the
 * same. What is called between {@link IpmEngine.load} of a QP and the next concerns that QP; nothing else stays from one to
 * the next but `solution`.
 */
export type IpmEngine = {
  readonly kind: "wasm" | "generated" | "loops";
  readonly numbers: IpmNumbers;
  /** Its dU is what {@link IpmEngine.place} takes; {@link IpmEngine.measure} writes all of it. */
  readonly solution: QpSolution;
  /** Takes a QP in. @returns false where one of its numbers is not finite */
  load(qp: Qp): boolean;

  /** Makes the solution's dU the present controls, with their states and the values of all rows. */
  place(qp: Qp): void;
  /** Makes these the present multipliers. */
  setMultipliers(multipliers: QpMultipliers): void;
  /** Largest entry of the Lagrangian's gradient in the controls that are not fixed. */
  reducedGradient(qp: Qp): number;
  /** What an unconstrained step would gain; `regularization` is added to the diagonal of R. */
  unconstrainedGain(qp: Qp, regularization: number): number;
  /** What violated rows cost at the present point. @param scale of the gradients */
  violationCost(scale: number): number;

  /** Centres every pair at mu. @param scale of the gradients @param curvature mean diagonal entry of the Hessian */
  centre(qp: Qp, mu: number, scale: number, curvature: number): void;
  /** Finds the step that aims at products of zero. @returns false where the system has no factors */
  predict(qp: Qp, regularization: number): boolean;
  /** Finds the step that aims at a product, with a share of the last step's second-order term. */
  correct(qp: Qp, target: number, share: number, limit: number): void;
  /** Takes alpha of the last step. */
  update(alpha: number): void;
  /** Writes the present point, its multipliers and its residual to the solution. @returns the relative residual */
  measure(qp: Qp): number;

  /** Begins steps on the active set at the present point, with its multipliers as estimates. */
  startActive(qp: Qp): void;
  /** Chooses the pieces for a weight rho: multipliers, `worst`. @returns whether any changed */
  selectPieces(rho: number): boolean;
  /** Factorizes the present piece; false where it is not convex. */
  factorPiece(qp: Qp): boolean;
  /** Finds the step to the present piece's minimum; writes `first` and `second`. */
  stepPiece(qp: Qp): void;
  /** What bounds and rows add to the augmented Lagrangian's derivative, alpha along the step. */
  slopeAt(alpha: number, rho: number): number;
  /** Takes alpha of the step. */
  move(alpha: number): void;
  /** Makes the present multipliers the estimates. */
  keepEstimates(): void;
};

/** Numbers before anything is loaded. */
export function createIpmNumbers(): IpmNumbers {
  return { count: 0, alpha: 0, cross: 0, mu: 0, worst: 0, largest: 0, slope: 0, first: 0, second: 0 };
}
