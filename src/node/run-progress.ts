import { formatDuration } from "./progress.ts";
import { createStatusLine, type TextSink } from "./status-line.ts";

const PACE = { live: 250, plain: 15_000 };

/** Meters a run whose length is a budget: words on what it does, and the time left. */
export type RunProgress = {
  /** @param used share of the budget, 0..1; `words` is asked for only where a line is due */
  update(used: number, words: () => readonly string[]): void;
  /** Takes the meter's line off the terminal, before other text is written. */
  clear(): void;
};

/** Meters a run on a stream; its time left goes by the pace since the first update. */
export function createRunProgress(sink: TextSink, now: () => number): RunProgress {
  const line = createStatusLine(sink, now, PACE);
  let first: { readonly used: number; readonly at: number } | undefined;
  return {
    clear: line.clear,
    update(used, words) {
      first ??= { used, at: now() };
      const { used: from, at } = first;
      line.show(() => {
        const left = ((now() - at) * (1 - used)) / (used - from);
        return [...words(), Number.isFinite(left) ? `${formatDuration(left)} left` : ""];
      });
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
