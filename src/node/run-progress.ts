import { formatDuration } from "./progress.ts";
import type { TextSink } from "./text-sink.ts";

/** A terminal's line is redrawn, and a plain stream gets a line, at most this often. [ms] */
const REDRAW_MS = 250;
const PLAIN_MS = 15_000;

/** Meters a run whose length is a budget: words on what it does, and the time left. */
export type RunProgress = {
  /** @param used share of the budget, 0..1; `words` is asked for only where a line is due */
  update(used: number, words: () => readonly string[]): void;
  /** Takes the meter's line off the terminal, before other text is written. */
  clear(): void;
};

export function createRunProgress(sink: TextSink, now: () => number): RunProgress {
  const live = sink.isTTY === true;
  let shown = now();
  let drawn = false;
  let first: { readonly used: number; readonly at: number } | undefined;
  const clear = (): void => {
    if (drawn) sink.write("\r\u001b[2K");
    drawn = false;
  };
  return {
    clear,
    update(used, words) {
      const time = now();
      first ??= { used, at: time };
      if (time - shown < (live ? REDRAW_MS : PLAIN_MS)) return;
      shown = time;
      const gone = used - first.used;
      const left = gone > 0 ? ((time - first.at) * (1 - used)) / gone : Number.NaN;
      const line = [...words(), ...(Number.isFinite(left) ? [`${formatDuration(left)} left`] : [])].join(
        "  ",
      );
      if (!live) {
        sink.write(`${line}\n`);
        return;
      }
      sink.write(`\r\u001b[2K${line.slice(0, Math.max((sink.columns ?? 80) - 1, 0))}`);
      drawn = true;
    },
  };
}

/** The weight of the newest value in an average over about the last so many. */
const SMOOTH = 50;

/** An average over the last values, for people. */
export function createSmoothed(): (value: number) => number {
  let mean = Number.NaN;
  return (value) => {
    mean = Number.isNaN(mean) ? value : mean + (value - mean) / SMOOTH;
    return mean;
  };
}
