import type { SensorSample } from "./scene.ts";

/** What a sensor said last: plain data. */
export type LastSaid = {
  /** Stamp of its newest sample, and of the one before. [s] */
  readonly stamp: number;
  readonly before: number;
  /** When that came. [ms] */
  readonly at: number;
  /** How long newer samples take to come; 0 where that is not known yet. [ms] */
  readonly usual: number;
};

/** What says nothing newer and comes within this share of the usual time after the newest sample, was sent twice. */
const AT_ONCE = 0.5;
/** The usual time rises by no more than this at once: after a pause, or a tick that took long, the next sample is late. */
const SLOWER = 1.1;

/**
 * Whether a sample that comes now is the last one again, or one that it overtook, no older than the one before: nothing hangs
 * then, and there is nothing to answer. One that comes as late as a new one would is not: a sensor that repeats itself hangs.
 *
 * @param stamp of the sample [s] @param now when it comes [ms]
 * @returns what to compare the next one with
 */
export function hearStamp(
  last: LastSaid | undefined,
  stamp: number,
  now: number,
): { readonly last: LastSaid; readonly again: boolean } {
  if (last !== undefined && stamp <= last.stamp && now - last.at < AT_ONCE * last.usual)
    return { last, again: stamp >= last.before };
  // However often it comes: since when is what counts.
  if (stamp === last?.stamp) return { last, again: false };
  const gap = last === undefined ? 0 : now - last.at;
  const usual = last === undefined || last.usual === 0 ? gap : Math.min(gap, SLOWER * last.usual);
  return { last: { stamp, before: last?.stamp ?? stamp, at: now, usual }, again: false };
}

/** Tells samples, as they come, that say something from those that do not, see {@link hearStamp}. @param now [ms] */
export function newlySaid(now: () => number): (sample: SensorSample) => boolean {
  let last: LastSaid | undefined;
  return (sample) => {
    const heard = hearStamp(last, sample?.time, now());
    last = heard.last;
    return !heard.again;
  };
}
