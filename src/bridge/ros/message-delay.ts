/**
 * How late messages of one sender come, whose clock may be any: the difference between a message's arrival and
 * its stamp, above the least difference seen so far. The least difference may grow slowly, as clocks drift.
 */
export type MessageDelay = {
  /** Least arrival minus stamp. [s] */ readonly least: number;
  /** When that was so. [s] */ readonly at: number;
  /** Lateness of the last message, >= 0. [s] */ readonly late: number;
};

/** Clocks of two computers run apart by less than this. [s/s] */
const DRIFT = 2e-4;

/** Takes one message into account. @param arrival by this computer's clock [s] @param stamp by the sender's [s] */
export function noteDelay(last: MessageDelay | undefined, arrival: number, stamp: number): MessageDelay {
  const difference = arrival - stamp;
  const least =
    last === undefined ? difference : Math.min(difference, last.least + DRIFT * (arrival - last.at));
  return { least, at: arrival, late: difference - least };
}
