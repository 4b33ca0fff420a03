/** The least way to the goal that was ever left, and since when it has not shrunk noticeably. [m, s] */
export type Progress = { readonly least: number; readonly since: number };

/** Progress before the first look at the way left. */
export const NO_PROGRESS: Progress = { least: Number.POSITIVE_INFINITY, since: Number.NaN };

/**
 * Progress after a look at the way left; the robot has been stalled for `time - since`.
 *
 * @param remaining length of path left [m]
 * @param step the way left must shrink by so much to count [m]
 */
export function updateProgress(progress: Progress, time: number, remaining: number, step: number): Progress {
  const { least, since } = progress;
  if (!Number.isNaN(since) && !(remaining < least - step)) return progress;
  return { least: Math.min(least, remaining), since: time };
}
