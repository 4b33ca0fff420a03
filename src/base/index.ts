export { wrapAngle } from "./angle.ts";
export { crc32 } from "./crc32.ts";
export { didYouMean } from "./did-you-mean.ts";
export { ConfigError, checkLength, FormatError, MpcError, SceneError, ShapeError } from "./errors.ts";
export { messageOf } from "./message-of.ts";
export {
  checkCount,
  checkDecay,
  checkKeys,
  checkName,
  checkNotNegative,
  checkPositive,
} from "./option-checks.ts";
export { parseJson } from "./parse-json.ts";
export { createRng, hashSeed, type Rng } from "./random.ts";
export {
  type BudgetedRun,
  type Cadence,
  checkRunBudget,
  type RunBest,
  type RunBudget,
  type RunEnd,
  type RunPosition,
  type RunProgress,
  type RunResult,
  type RunSchedule,
  runBudgeted,
} from "./run-budgeted.ts";
export { checkUnchanged, describeChanges } from "./unchanged.ts";
