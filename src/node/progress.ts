import type { TextSink } from "./text-sink.ts";

/** A progress meter, passed in to long work. */
export type Progress = {
  /** Says how many steps are done by now, with a word on the latest. */
  update(done: number, note?: string): void;
  /** Takes the meter's line off the terminal, before other text is written. */
  clear(): void;
  /** Ends the meter; says how long it all took. */
  finish(): void;
};

export type ProgressOptions = {
  readonly label: string;
  /** Number of steps; >= 0. */
  readonly total: number;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
};

/** A terminal's line is redrawn at most this often. [ms] */
const REDRAW_MS = 100;
/** A plain stream (a file, a CI log) gets a line at most this often. [ms] */
const PLAIN_MS = 5000;

/**
 * Meters work on a stream: on a terminal one line that is redrawn, elsewhere a plain line every few
 * seconds. Shows steps done, rate and time left.
 */
export function createProgress(sink: TextSink, { label, total, now }: ProgressOptions): Progress {
  const live = sink.isTTY === true;
  const start = now();
  let shown = live ? Number.NEGATIVE_INFINITY : start; // a plain stream hears nothing of work that is soon done
  let done = 0;
  let drawn = false;
  const clear = (): void => {
    if (drawn) sink.write("\r\u001b[2K");
    drawn = false;
  };
  return {
    update(count, note = "") {
      done = count;
      const time = now();
      if (time - shown < (live ? REDRAW_MS : PLAIN_MS)) return;
      shown = time;
      const line = describe(label, done, total, time - start, note);
      if (!live) {
        sink.write(`${line}\n`);
        return;
      }
      const width = (sink.columns ?? 80) - 1; // a line that wraps could not be cleared again
      sink.write(`\r\u001b[2K${line.slice(0, Math.max(width, 0))}`);
      drawn = true;
    },
    clear,
    finish() {
      clear();
      const elapsed = now() - start;
      if (live || elapsed >= PLAIN_MS)
        sink.write(`${label}: ${done} of ${total} in ${formatDuration(elapsed)}\n`);
    },
  };
}

function describe(label: string, done: number, total: number, elapsedMs: number, note: string): string {
  const parts = [`${label}: ${done}/${total}`];
  if (done > 0 && elapsedMs > 0) {
    parts.push(`${((1000 * done) / elapsedMs).toPrecision(2)}/s`);
    if (done < total) parts.push(`${formatDuration((elapsedMs * (total - done)) / done)} left`);
  }
  if (note !== "") parts.push(note);
  return parts.join("  ");
}

/** `0.8 s`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
