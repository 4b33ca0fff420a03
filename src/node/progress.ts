import { createStatusLine, type TextSink } from "./status-line.ts";

/** A progress meter, passed in to long work. */
export type Progress = {
  /** Says how many steps are done by now, with a word on the latest. */
  update(done: number, note?: string): void;
  /** Counts steps as done before this run, so that its pace is its own. */
  skip(steps: number): void;
  /** Takes the meter's line off the terminal, before other text is written. */
  clear(): void;
  /** Ends the meter; says how long it all took. */
  finish(): void;
};

export type ProgressOptions = {
  readonly label: string;
  /** Number of steps, >= 0; undefined where nobody can know it: then nothing is said of the time left. */
  readonly total?: number;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
};

const PACE = { live: 100, plain: 5000 };

/** Meters work on a stream: steps done, rate and time left. */
export function createProgress(sink: TextSink, { label, total, now }: ProgressOptions): Progress {
  const start = now();
  const line = createStatusLine(sink, now, PACE);
  let done = 0;
  let before = 0;
  return {
    update(count, note = "") {
      done = count;
      line.show(() => {
        const [elapsed, fresh] = [now() - start, done - before];
        const steps = `${label}: ${done}${total === undefined ? "" : `/${total}`}`;
        if (fresh <= 0 || elapsed <= 0) return [steps, note];
        const rate = `${((1000 * fresh) / elapsed).toPrecision(2)}/s`;
        if (total === undefined || done >= total) return [steps, rate, note];
        return [steps, rate, `${formatDuration((elapsed * (total - done)) / fresh)} left`, note];
      });
    },
    skip(steps) {
      before += steps;
    },
    clear: line.clear,
    finish() {
      line.clear();
      const elapsed = now() - start;
      if (sink.isTTY === true || elapsed >= PACE.plain)
        sink.write(
          `${label}: ${done}${total === undefined ? "" : ` of ${total}`} in ${formatDuration(elapsed)}\n`,
        );
    },
  };
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
