/** Why a job failed: it threw; its worker crashed under it, again and again; it took too long; the run was stopped before it ended. */
export type FailReason = "error" | "crash" | "timeout" | "stopped";

/** What a job came to. */
export type JobEnd<Result> =
  | { readonly status: "done"; readonly result: Result }
  | {
      readonly status: "failed";
      readonly reason: FailReason;
      readonly message: string;
      /** What was thrown, see `describeError`; with reason "error" only. */
      readonly code?: string;
    };

/** How one job of a list ended. */
export type JobOutcome<Result> = JobEnd<Result> & {
  /** Place of the job in the list. */
  readonly index: number;
  /** How often it was started: 2 where a worker crashed under it once. */
  readonly attempts: number;
};

/** Who is told what becomes of a list of jobs. */
export type OutcomeListeners<Result> = {
  /** Gets each outcome in the order of the jobs, as soon as all before it are there. */
  readonly onResult?: (outcome: JobOutcome<Result>) => void;
  /** Is told the number of jobs ended, in whatever order. */
  readonly onProgress?: (ended: number) => void;
};

/** The outcomes of a list of jobs, which come in any order and are told in that of the list. */
export type OutcomeLedger<Result> = {
  /** Takes down how a job ended, and tells it as soon as it is its turn. */
  settle(index: number, attempts: number, end: JobEnd<Result>): void;
  /** Takes down all that have not ended as stopped. @returns all, in the order of the jobs */
  close(attemptsOf: (index: number) => number): JobOutcome<Result>[];
};

/** Creates the ledger of `count` jobs. */
export function createOutcomeLedger<Result>(
  count: number,
  { onResult, onProgress }: OutcomeListeners<Result>,
): OutcomeLedger<Result> {
  const outcomes: JobOutcome<Result>[] = new Array(count);
  let ended = 0;
  let told = 0;
  const settle: OutcomeLedger<Result>["settle"] = (index, attempts, end) => {
    outcomes[index] = { index, attempts, ...end };
    ended++;
    onProgress?.(ended);
    for (; outcomes[told] !== undefined; told++) onResult?.(outcomes[told]);
  };
  return {
    settle,
    close(attemptsOf) {
      for (let index = 0; index < count; index++)
        if (outcomes[index] === undefined)
          settle(index, attemptsOf(index), {
            status: "failed",
            reason: "stopped",
            message: "stopped before it ended",
          });
      return outcomes;
    },
  };
}
