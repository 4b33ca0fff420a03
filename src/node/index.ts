export { downloadDigits, isAddress } from "./download-digits.ts";
export {
  complainAbout,
  describeError,
  type ExitCode,
  InterruptedError,
  nameFile,
  UnavailableError,
  UsageError,
} from "./errors.ts";
export * from "./machine.ts";
export * from "./map-files.ts";
export * from "./open-data.ts";
export * from "./open-robot.ts";
export {
  findNet,
  listModels,
  MODELS_FOLDER,
  type OpenedStart,
  openWarmStart,
  ownModel,
  type StartRequest,
} from "./open-warm-start.ts";
export * from "./package-info.ts";
export { createProgress, formatDuration, type Progress } from "./progress.ts";
export * from "./read-file.ts";
export * from "./run-context.ts";
export * from "./run-folder.ts";
export { openRunLog, type RunLog } from "./run-log.ts";
export { createRunProgress, createSmoothed } from "./run-progress.ts";
export * from "./serve-jobs.ts";
export * from "./text-sink.ts";
export { type JobOutcome, runPool } from "./worker-pool.ts";
export * from "./write-file.ts";
