import { ConfigError, checkLength, createRng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Latency } from "./latency.ts";

/** What one actuator was told and did: (n) each, times rising. */
export type ResponseLog = {
  /** Whether a command is a speed, or its rate (an acceleration). */
  readonly commands: "speed" | "rate";
  /** [s] */ readonly time: Vec;
  /** Held until the next; NaN where nobody knows what was told: a stop, a break. */ readonly command: Vec;
  /** Measured at the same times. */ readonly speed: Vec;
};

/** The latency of an actuator as a log tells it. [s] */
export type LatencyEstimate = Latency & {
  /** Standard deviations over resampled logs. `total`: of delay plus lag, which is known better than either. */
  readonly spread: Latency & { readonly total: number };
  /** To be given to a planner: two standard deviations of the total lower, in whole steps of 5 ms. */
  readonly cautious: Latency;
  /** Root mean square of what the response leaves unexplained, as a share of how much speeds vary. */
  readonly residual: number;
  /** Samples that were of use. */ readonly samples: number;
};

/** Ranges of the search. */
export type IdentifyOptions = {
  /** > 0 [s] */ readonly longestDelay: number;
  /** > 0 [s] */ readonly longestLag: number;
  /** Of the resampling. */ readonly seed: number;
};

export const IDENTIFY_DEFAULTS: IdentifyOptions = { longestDelay: 0.6, longestLag: 0.6, seed: 0 };

/** Finest step of both. [s] */
const STEP = 0.0025;
const COARSE = 0.02;
/** Samples of a window, within which a constant offset counts for nothing. */
const WINDOW = 20;
const LEAST_WINDOWS = 4;
const RESAMPLES = 60;
/** Commands are told in steps of this, downwards. [s] */
const TOLD = 0.005;

/**
 * Estimates when an actuator does what it is told, by least squares over delayed first-order responses:
 *
 *     speeds:  y' = (c(t - delay) - y) / lag        rates:  e' = (c(t - delay) - e) / lag,  y' = e
 *
 * The response to the whole log is integrated exactly for each pair of a grid, coarse and then fine around the best;
 * its gain is fitted, and a constant offset within every {@link WINDOW} samples. The spread is that of the best pair over
 * windows drawn with replacement.
 *
 * @throws ShapeError for arrays of different lengths; ConfigError for a log that is too short, or in which no command
 *   changes
 */
export function identifyLatency(log: ResponseLog, options: Partial<IdentifyOptions> = {}): LatencyEstimate {
  const { longestDelay, longestLag, seed } = { ...IDENTIFY_DEFAULTS, ...options };
  checkLength("command", log.command.length, log.time.length, "that of time");
  checkLength("speed", log.speed.length, log.time.length, "that of time");
  const windows = usefulWindows(log, longestDelay + longestLag);
  if (windows.length < LEAST_WINDOWS)
    throw new ConfigError(
      `the log has ${windows.length * WINDOW} samples of use, expected at least ${LEAST_WINDOWS * WINDOW}: ` +
        "times that rise and commands that are known, without a break",
    );
  const trial = (delay: number, lag: number): Trial => fitWindows(log, windows, { delay, lag });
  const every = new Float64Array(windows.length).fill(1);
  const coarse = grid(0, longestDelay, COARSE).flatMap((delay) =>
    grid(0, longestLag, COARSE).map((lag) => trial(delay, lag)),
  );
  const near = bestOf(coarse, every).latency;
  const around = (at: number) => grid(Math.max(0, at - 1.5 * COARSE), at + 1.5 * COARSE, STEP);
  const fine = around(near.delay).flatMap((delay) => around(near.lag).map((lag) => trial(delay, lag)));
  const best = bestOf(fine, every);
  if (!(total(best.varying, every) > 0))
    throw new ConfigError(
      "no command of the log changes a speed, expected one that is driven in starts and stops",
    );
  const rng = createRng(seed);
  const trials = [...coarse, ...fine];
  const drawn = Array.from({ length: RESAMPLES }, () => {
    const weights = new Float64Array(windows.length);
    for (let i = 0; i < windows.length; i++) weights[rng.int(windows.length)]++;
    return bestOf(trials, weights).latency;
  });
  const { delay, lag } = best.latency;
  const sum = delay + lag;
  const spread = {
    delay: deviation(drawn.map((one) => one.delay)),
    lag: deviation(drawn.map((one) => one.lag)),
    total: deviation(drawn.map((one) => one.delay + one.lag)),
  };
  const share = sum > 0 ? Math.max(0, sum - 2 * spread.total) / sum : 0;
  const lower = (value: number): number =>
    Number((TOLD * Math.floor((share * value) / TOLD + 1e-9)).toFixed(3));
  return {
    delay,
    lag,
    spread,
    cautious: { delay: lower(delay), lag: lower(lag) },
    residual: Math.sqrt(Math.max(0, unexplained(best, every)) / total(best.moved, every)),
    samples: windows.length * WINDOW,
  };
}

/** First and last sample (exclusive) of a piece of the log. */
type Piece = { readonly from: number; readonly to: number };

/**
 * Windows that begin so long after the last unknown command, or break in time, that what was before is forgotten.
 *
 * @param memory [s]
 */
function usefulWindows({ time, command, speed }: ResponseLog, memory: number): Piece[] {
  const steps = Array.from(time.subarray(1), (t, k) => t - time[k]).sort((a, b) => a - b);
  const usual = steps[steps.length >> 1] ?? 0;
  const windows: Piece[] = [];
  let known = 0;
  let from = 0;
  for (let k = 0; k < time.length; k++) {
    const step = k === 0 ? usual : time[k] - time[k - 1];
    if (!Number.isFinite(command[k] + speed[k]) || !(step > 0 && step <= 5 * usual)) known = k + 1;
    // The first piece of a log begins at rest: nothing was before it.
    const remembers = known < time.length && known > 0 && time[k] - time[known] < memory;
    if (known > k || remembers) from = k + 1;
    else if (k + 1 - from === WINDOW) {
      windows.push({ from, to: k + 1 });
      from = k + 1;
    }
  }
  return windows;
}

/** How a response fits: sums over each window of measured x measured, measured x response, response x response. */
type Trial = { readonly latency: Latency; readonly moved: Vec; readonly shared: Vec; readonly varying: Vec };

function fitWindows(log: ResponseLog, windows: readonly Piece[], latency: Latency): Trial {
  const response = respond(log, latency);
  const sums = () => new Float64Array(windows.length);
  const trial: Trial = { latency, moved: sums(), shared: sums(), varying: sums() };
  windows.forEach(({ from, to }, w) => {
    let [meanY, meanR] = [0, 0];
    for (let k = from; k < to; k++) {
      meanY += log.speed[k] / (to - from);
      meanR += response[k] / (to - from);
    }
    for (let k = from; k < to; k++) {
      const [y, r] = [log.speed[k] - meanY, response[k] - meanR];
      trial.moved[w] += y * y;
      trial.shared[w] += y * r;
      trial.varying[w] += r * r;
    }
  });
  return trial;
}

/** (n) What an actuator of this latency does, told what the log says; at rest before it, and at what is unknown. */
function respond({ commands, time, command }: ResponseLog, { delay, lag }: Latency): Vec {
  const y = new Float64Array(time.length);
  let [level, effort, next] = [0, 0, 0];
  let told = 0;
  for (let k = 1; k < time.length; k++) {
    let now = time[k - 1];
    while (now < time[k]) {
      while (next < time.length && time[next] + delay <= now + 1e-12) told = known(command[next++]);
      const until = next < time.length ? Math.min(time[k], time[next] + delay) : time[k];
      const h = until - now;
      const keep = lag > 0 ? Math.exp(-h / lag) : 0;
      if (commands === "rate") level += told * h + (effort - told) * lag * (1 - keep);
      effort = told + (effort - told) * keep;
      now = until;
    }
    y[k] = commands === "rate" ? level : effort;
  }
  return y;
}

function known(command: number): number {
  return Number.isFinite(command) ? command : 0;
}

function total(sums: Vec, weights: Vec): number {
  let sum = 0;
  for (let w = 0; w < sums.length; w++) sum += weights[w] * sums[w];
  return sum;
}

/** Squares that the response leaves with its best gain, which is no less than none. */
function unexplained({ moved, shared, varying }: Trial, weights: Vec): number {
  const [yr, rr] = [total(shared, weights), total(varying, weights)];
  return total(moved, weights) - (rr > 0 && yr > 0 ? (yr * yr) / rr : 0);
}

function bestOf(trials: readonly Trial[], weights: Vec): Trial {
  let best = trials[0];
  let least = Number.POSITIVE_INFINITY;
  for (const trial of trials) {
    const left = unexplained(trial, weights);
    if (left < least) [best, least] = [trial, left];
  }
  return best;
}

function grid(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, i) => from + i * step);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1));
}
