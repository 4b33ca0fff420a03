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
export { describeMachine, type Machine } from "./machine.ts";
export { readMapFile, writeMapFiles } from "./map-files.ts";
export { DATA_FOLDER, type DataRequest, type OpenedData, openData } from "./open-data.ts";
export { openRobot } from "./open-robot.ts";
export {
  findNet,
  listModels,
  MODELS_FOLDER,
  type OpenedStart,
  openWarmStart,
  ownModel,
  type StartRequest,
} from "./open-warm-start.ts";
export { PACKAGE_ROOT, readPackageJson } from "./package-info.ts";
export { createProgress, formatDuration, type Progress } from "./progress.ts";
export { readFileIfThere } from "./read-file.ts";
export type { RunContext } from "./run-context.ts";
export { openRunFolder, type RunFolder } from "./run-folder.ts";
export { openRunLog, type RunLog } from "./run-log.ts";
export { createRunProgress, createSmoothed } from "./run-progress.ts";
export { serveJobs } from "./serve-jobs.ts";
export type { TextSink } from "./text-sink.ts";
export { type JobOutcome, runPool } from "./worker-pool.ts";
export { writeFileAtomic } from "./write-file.ts";
