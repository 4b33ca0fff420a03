export { PHASES, PLAN_SOURCES } from "../sim/index.ts";
export * from "./belief.ts";
export * from "./check-scene.ts";
export * from "./compare-plans.ts";
export * from "./control-loop.ts";
export { isNearTrack } from "./decide.ts";
export * from "./goal-check.ts";
export { createZoneGuard } from "./guard.ts";
export * from "./limit-command.ts";
export { MOVER_CHANGE, moverContact } from "./mover-check.ts";
export * from "./navigation-ocp.ts";
export * from "./navigation-options.ts";
export * from "./navigator.ts";
export type { NavigatorOptions } from "./navigator-state.ts";
export * from "./net-start.ts";
export { pathStart, pursue, straightStart } from "./path-start.ts";
export { createWorkspaces, type TrajectoryPlannerOptions } from "./planner-parts.ts";
export * from "./pose-scene.ts";
export {
  commandLead,
  createPredictor,
  leadCommand,
  type Predictor,
} from "./predict.ts";
export { DEFAULT_RECOVERY_OPTIONS, type RecoveryOptions } from "./recovery.ts";
export * from "./safety.ts";
export { jumpFault, type SampleLimits, sampleFault, sampleLimits } from "./sample-check.ts";
export * from "./scene.ts";
export { passableMargin } from "./scene-margin.ts";
export * from "./serve-navigator.ts";
export * from "./shift-start.ts";
export type { NavigatorThread } from "./thread-keeper.ts";
export * from "./tour.ts";
export * from "./trajectory-planner.ts";
export * from "./twist.ts";
export {
  getWarmStart,
  type NamedGuess,
  WARM_START_NAMES,
  WARM_STARTS,
  type WarmStart,
  type WarmStartChoice,
  type WarmStartInput,
  type WarmStartName,
} from "./warm-start.ts";
export { type PracticeWorld, warmUp } from "./warm-up.ts";
export * from "./worker-navigator.ts";
