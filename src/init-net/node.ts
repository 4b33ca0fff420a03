export {
  type LoadedFeatures,
  peekFeatureFile,
  readFeatureFile,
  writeFeatureFile,
} from "./feature-cache-file.ts";
export { type LoadedNet, loadNet, type NavigationSizes } from "./load-net.ts";
export { createParallelRunner, type ParallelRunnerOptions, WorkerError } from "./parallel-runner.ts";
export type { SharedRows } from "./runner-messages.ts";
