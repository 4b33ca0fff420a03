import type { RunProgress } from "../base/index.ts";
import { createSmoothed, type RunLog } from "../node/index.ts";
import type { RunSession } from "./run-session.ts";

/** Updates of which a line of the log is the mean. */
const LINE_EVERY = 25;

/** What follows a run from update to update. */
export type RunFollower<R> = {
  onStep(report: R): void;
  /** The last report; none before the first update. */
  last(): R | undefined;
  /** Reports that no line of the log is the mean of yet: a run that goes on needs them for its next line. */
  untold(): readonly R[];
};

/**
 * Writes a line of the log for every few updates, and keeps the meter up to date.
 *
 * @param lineOf the line of the updates since the line before, the last one apart
 * @param untold those of an earlier run, as its checkpoint has them
 * @param wordsOf what the meter says beside the number of updates; the loss is smoothed, in words
 */
export function followRun<
  R extends RunProgress & { readonly loss: number },
  L extends { readonly step: number },
>(
  { verb, meter }: Pick<RunSession<never>, "verb" | "meter">,
  log: RunLog<L>,
  lineOf: (reports: readonly R[], last: R) => L,
  wordsOf: (report: R, loss: string) => readonly string[],
  untold: readonly R[] = [],
): RunFollower<R> {
  const smooth = createSmoothed();
  let reports: R[] = [...untold];
  let last: R | undefined;
  return {
    last: () => last,
    untold: () => reports,
    onStep(report) {
      last = report;
      reports.push(report);
      if (report.step % LINE_EVERY === 0) {
        log.add(lineOf(reports, report));
        reports = [];
      }
      const loss = smooth(report.loss);
      meter.update(report.used, () => [
        `${verb}: ${report.step} updates`,
        ...wordsOf(report, `loss ${loss.toPrecision(4)}`),
      ]);
    },
  };
}

/** The mean of what is picked from reports. */
export function meanOf<R>(reports: readonly R[], pick: (report: R) => number): number {
  return reports.reduce((sum, report) => sum + pick(report), 0) / Math.max(1, reports.length);
}

/** The lines of one type in a log. */
export function linesOf<L extends { readonly type: string }, T extends L["type"]>(
  lines: readonly L[],
  type: T,
): Extract<L, { readonly type: T }>[] {
  return lines.filter((line): line is Extract<L, { readonly type: T }> => line.type === type);
}
