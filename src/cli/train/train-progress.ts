import type { TrainProgress } from "../../init-net/index.ts";
import type { TextSink } from "../output.ts";
import { formatDuration } from "../progress.ts";

/** A terminal's line is redrawn, and a plain stream gets a line, at most this often. [ms] */
const REDRAW_MS = 250;
const PLAIN_MS = 15_000;
/** The loss shown is an average over about this many updates. */
const SMOOTH = 50;

/** Meters training on a stream: updates, examples per second, loss, time left. */
export function createTrainProgress(sink: TextSink, now: () => number) {
  const live = sink.isTTY === true;
  let shown = now();
  let drawn = false;
  let loss = Number.NaN;
  let first: { readonly used: number; readonly at: number } | undefined;
  const clear = (): void => {
    if (drawn) sink.write("\r\u001b[2K");
    drawn = false;
  };
  return {
    clear,
    update(progress: TrainProgress): void {
      const time = now();
      first ??= { used: progress.used, at: time };
      loss = Number.isNaN(loss) ? progress.loss : loss + (progress.loss - loss) / SMOOTH;
      if (time - shown < (live ? REDRAW_MS : PLAIN_MS)) return;
      shown = time;
      const gone = progress.used - first.used;
      const left = gone > 0 ? ((time - first.at) * (1 - progress.used)) / gone : Number.NaN;
      const line = [
        `train: ${progress.step} updates`,
        `${progress.perSecond.toFixed(0)} examples/s`,
        `loss ${loss.toPrecision(4)}`,
        ...(Number.isFinite(left) ? [`${formatDuration(left)} left`] : []),
      ].join("  ");
      if (!live) {
        sink.write(`${line}\n`);
        return;
      }
      sink.write(`\r\u001b[2K${line.slice(0, Math.max((sink.columns ?? 80) - 1, 0))}`);
      drawn = true;
    },
  };
}
