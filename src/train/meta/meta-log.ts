import type { RunLog } from "../../node/index.ts";
import type { Judgement, MetaProgress, MetaTask } from "../../optim/index.ts";

/** Held-out losses by optimizee, and by the number of steps; null where one is not finite. */
export type HeldOutLosses = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** The mean of the meta-updates since the line before. */
export type MetaTrainLine = {
  readonly type: "train";
  readonly step: number;
  readonly seconds: number;
  readonly loss: number;
  readonly imitation: number;
  readonly gradientNorm: number;
  /** Meta-updates left out among them. */
  readonly skipped: number;
  /** Runs given up so far. */
  readonly diverged: number;
  readonly perSecond: number;
};
export type MetaValidationLine = {
  readonly type: "validation";
  readonly step: number;
  readonly seconds: number;
  /** Geometric mean of the losses; null where one is not finite. */
  readonly score: number | null;
  readonly losses: HeldOutLosses;
};
/** What the teacher makes of the same runs. */
export type MetaBaselineLine = {
  readonly type: "baseline";
  readonly step: 0;
  readonly optimizer: string;
  readonly score: number | null;
  readonly losses: HeldOutLosses;
};
export type MetaLine = MetaTrainLine | MetaValidationLine | MetaBaselineLine;
export type MetaLog = RunLog<MetaLine>;

/** A judgement as a log holds it. */
export function namedLosses(
  { score, losses }: Judgement,
  tasks: readonly MetaTask[],
  horizons: readonly number[],
): { score: number | null; losses: HeldOutLosses } {
  const orNull = (x: number): number | null => (Number.isFinite(x) ? x : null);
  return {
    score: orNull(score),
    losses: Object.fromEntries(
      tasks.map(({ name }, i) => [
        name,
        Object.fromEntries(horizons.map((horizon, h) => [horizon, orNull(losses[i][h])])),
      ]),
    ),
  };
}

/** Meta-updates of which a line of the log is the mean. */
const LINE_EVERY = 25;

/** Writes the mean of every few meta-updates into the log. */
export function createMetaLineWriter(log: MetaLog): (report: MetaProgress) => void {
  let sums = { loss: 0, imitation: 0, gradientNorm: 0, skipped: 0 };
  let count = 0;
  return ({ step, seconds, perSecond, diverged, ...report }) => {
    sums = {
      loss: sums.loss + report.loss,
      imitation: sums.imitation + report.imitation,
      // A meta-gradient that is not finite was left out and would hide all others.
      gradientNorm: sums.gradientNorm + (report.skipped ? 0 : report.gradientNorm),
      skipped: sums.skipped + (report.skipped ? 1 : 0),
    };
    count++;
    if (step % LINE_EVERY !== 0) return;
    log.add({
      type: "train",
      step,
      seconds,
      loss: sums.loss / count,
      imitation: sums.imitation / count,
      gradientNorm: sums.gradientNorm / Math.max(1, count - sums.skipped),
      skipped: sums.skipped,
      diverged,
      perSecond: Number(perSecond.toPrecision(3)),
    });
    sums = { loss: 0, imitation: 0, gradientNorm: 0, skipped: 0 };
    count = 0;
  };
}
