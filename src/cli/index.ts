export { BENCH_CAP, costGap, GOOD } from "./bench/sqp-rows.ts";
export {
  complainAbout,
  describeError,
  InterruptedError,
  nameFile,
  UnavailableError,
  UsageError,
} from "./errors.ts";
export { parseInteger, parsePath } from "./parse-values.ts";
export { openRobot } from "./run-scenario.ts";
export type { VerbContext } from "./verb.ts";
