import type { TrainProgress } from "../init-net/index.ts";
import { createRunProgress, createSmoothed, type TextSink } from "../node/index.ts";

/** Meters training on a stream: updates, examples per second, loss, time left. */
export function createTrainProgress(sink: TextSink, now: () => number) {
  const meter = createRunProgress(sink, now);
  const smooth = createSmoothed();
  return {
    clear: meter.clear,
    update({ step, used, perSecond, loss }: TrainProgress): void {
      const mean = smooth(loss);
      meter.update(used, () => [
        `train: ${step} updates`,
        `${perSecond.toFixed(0)} examples/s`,
        `loss ${mean.toPrecision(4)}`,
      ]);
    },
  };
}
