export { PHASES, PLAN_SOURCES } from "../sim/index.ts";
export { aside } from "./aside.ts";
export { type Belief, createBelief } from "./belief.ts";
export { checkScene } from "./check-scene.ts";
export {
  type ControlLoop,
  type ControlLoopInputs,
  type ControlLoopOptions,
  createControlLoop,
} from "./control-loop.ts";
export { checkGoal, DEFAULT_GOAL_TOLERANCE, type GoalCheck, type GoalTolerance } from "./goal-check.ts";
export { createNavigationProblem, type NavigationProblem } from "./navigation-ocp.ts";
export {
  DEFAULT_NAVIGATION_OPTIONS,
  type NavigationOptions,
  type NavigationWeights,
  resolveNavigationOptions,
} from "./navigation-options.ts";
export { createNavigator, type Navigator } from "./navigator.ts";
export type { NavigatorOptions } from "./navigator-parts.ts";
export {
  createBestStart,
  createNetStart,
  NET_START_DEFAULTS,
  type NetStartOptions,
  netScene,
} from "./net-start.ts";
export { pathStart, pursue, straightStart } from "./path-start.ts";
export { planValue } from "./plan-value.ts";
export type { TrajectoryPlannerOptions } from "./planner-parts.ts";
export { type PosedScene, passableMargin, poseScene, sceneField } from "./pose-scene.ts";
export { positionGap } from "./position-gap.ts";
export { DEFAULT_RECOVERY_OPTIONS, type RecoveryOptions } from "./recovery.ts";
export { brakeAlong, createSafetyChecker, type SafetyCheck, type SafetyChecker } from "./safety.ts";
export {
  type PartTimes,
  type Phase,
  type Plan,
  type PlanOutcome,
  type PlanSource,
  type Scene,
  type SolveReport,
  type TickReport,
  withOwnGrid,
} from "./scene.ts";
export type { SensorSample } from "./sensor-sample.ts";
export { shiftPlan, shiftStart } from "./shift-start.ts";
export { createTrajectoryPlanner, type TrajectoryPlanner } from "./trajectory-planner.ts";
export { plannedTwist, type Twist } from "./twist.ts";
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
