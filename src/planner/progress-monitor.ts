/** Notices that the robot gets no nearer to its goal. */
export type ProgressMonitor = {
  /** @param remaining length of path left [m] @returns seconds since it last shrank noticeably */
  update(time: number, remaining: number): number;
  reset(): void;
};

/** Creates a monitor for which progress is the remaining length shrinking by `step` metres. */
export function createProgressMonitor(step: number): ProgressMonitor {
  let best = Number.POSITIVE_INFINITY;
  let since = Number.NaN;
  return {
    update(time, remaining) {
      if (Number.isNaN(since) || remaining < best - step) {
        best = Math.min(best, remaining);
        since = time;
      }
      return time - since;
    },
    reset() {
      best = Number.POSITIVE_INFINITY;
      since = Number.NaN;
    },
  };
}
