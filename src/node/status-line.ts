import { plainText } from "./plain-text.ts";

/** What is needed of a stream; `process.stdout` and a test's array both do. */
export type TextSink = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

/** A line that says how far long work is: on a terminal redrawn in place, elsewhere a new line now and then. */
export type StatusLine = {
  /** @param words asked for only where a line is due */
  show(words: () => readonly string[]): void;
  /** Takes the line off the terminal, before other text is written. */
  clear(): void;
};

/** How often a terminal's line is redrawn, and how often a plain stream (a file, a CI log) gets one. [ms] */
export type StatusLinePace = { readonly live: number; readonly plain: number };

/** A plain stream hears nothing of work that is soon done: its first line comes after `pace.plain`. */
export function createStatusLine(sink: TextSink, now: () => number, pace: StatusLinePace): StatusLine {
  const live = sink.isTTY === true;
  let shown = live ? Number.NEGATIVE_INFINITY : now();
  let drawn = false;
  return {
    show(words) {
      const time = now();
      if (time - shown < (live ? pace.live : pace.plain)) return;
      shown = time;
      const line = words()
        .filter((word) => word !== "")
        .map((word) => plainText(word).replaceAll("\n", " "))
        .join("  ");
      const width = (sink.columns ?? 80) - 1; // a line that wraps could not be cleared again
      sink.write(live ? `\r\u001b[2K${line.slice(0, Math.max(width, 0))}` : `${line}\n`);
      drawn = live;
    },
    clear() {
      if (drawn) sink.write("\r\u001b[2K");
      drawn = false;
    },
  };
}
