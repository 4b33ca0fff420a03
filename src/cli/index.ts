export {
  complainAbout,
  describeError,
  InterruptedError,
  nameFile,
  UnavailableError,
  UsageError,
} from "./errors.ts";
export { parseFile, parseInteger, parsePath, parseReal } from "./parse-values.ts";
export { openRobot } from "./run-scenario.ts";
export type { VerbContext } from "./verb.ts";
export type { OptimizeFlags } from "./verbs/optimize.ts";
