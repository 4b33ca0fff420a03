import type { Progress } from "./progress.ts";
import type { TextSink } from "./status-line.ts";

/** What a long run gets from whoever started it: where it speaks, its clock, and when to stop. */
export type RunContext = {
  readonly output: {
    /** Says one line to a person. */
    log(line: string): void;
    /** A progress meter over `total` steps; undefined where nobody knows how many. */
    progress(label: string, total: number | undefined): Progress;
  };
  /** Where progress of its own goes. */
  readonly stderr: TextSink;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
};
