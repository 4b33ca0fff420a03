export { type ControlScales, changeSmoothly } from "./change-smoothly.ts";
export {
  type CheckDerivativesOptions,
  checkDerivatives,
  DEFAULT_CHECK_DERIVATIVES_OPTIONS,
  type DerivativeMismatch,
} from "./check-derivatives.ts";
export {
  blockViews,
  boundsOffset,
  type ConstraintLayout,
  type ConstraintPenalties,
  constraintLayout,
  constraintPenalties,
  controlOf,
  evaluateStage,
  penaltyOf,
  type RowBlock,
  type RowKind,
  rowStages,
  UNBOUNDED,
  violationOf,
} from "./constraint-layout.ts";
export { type ConstraintAt, constraintsAlong } from "./constraint-report.ts";
export { type Curvature, createCurvature } from "./curvature.ts";
export { type OcpFunctions, type RowFunctions, withFiniteDifferences } from "./finite-differences.ts";
export { followRay, type Ray } from "./follow-ray.ts";
export { type FreeFinalTime, withFreeFinalTime } from "./free-final-time.ts";
export { type FreeInitialState, withFreeInitialState } from "./free-initial-state.ts";
export { hasSlope, noteLargest, sizeFrom } from "./has-slope.ts";
export {
  type ContinuousDynamics,
  discretize,
  INTEGRATION_METHODS,
  type IntegrationMethod,
  type IntegrationTableau,
  integrationTableau,
} from "./integrators.ts";
export { leastSquaresCost, type Residuals } from "./least-squares-cost.ts";
export { liftState } from "./lift-state.ts";
export type {
  ControlRows,
  Dynamics,
  Ocp,
  RowStages,
  Rows,
  SoftPenalties,
  SoftPenalty,
  StateBox,
  StateRows,
  Vec,
} from "./ocp.ts";
export type { ParameterDerivatives } from "./parameter-derivatives.ts";
export { differenceParameters } from "./parameter-differences.ts";
export { type RowGroup, rowGroups, rowList, rowsOfGroup } from "./row-groups.ts";
export { hasRunAway, isGrowing, noteSizes, type Runaway, startRunaway } from "./runaway.ts";
export { type SlewLimits, withSlewLimits } from "./slew-limits.ts";
export { SOLVE_STATUSES, type SolveStatus } from "./solve-status.ts";
export { checkSparsity, type DynamicsSparsity, findBreach, sameSparsity } from "./sparsity.ts";
export {
  blocks,
  checkInitialState,
  clipControl,
  costTerms,
  createTrajectory,
  isFiniteVec,
  rollout,
  stateDifference,
  type Trajectory,
  totalCost,
} from "./trajectory.ts";
export { validateOcp } from "./validate.ts";
export { hasRounding, withoutRounding } from "./without-rounding.ts";
