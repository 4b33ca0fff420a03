import type { RunLog } from "../../node/index.ts";
import type { MetaJudgement, MetaProgress, MetaTask } from "../../optim/index.ts";
import { meanOf } from "../session-log.ts";

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
/** What a log says of a judgement; the score is the geometric mean of the losses, null where one is not finite. */
type Judged = { readonly score: number | null; readonly losses: HeldOutLosses };
export type MetaValidationLine = Judged & {
  readonly type: "validation";
  readonly step: number;
  readonly seconds: number;
};
/** What the teacher makes of the same runs. */
export type MetaBaselineLine = Judged & {
  readonly type: "baseline";
  readonly step: 0;
  readonly optimizer: string;
};
export type MetaLine = MetaTrainLine | MetaValidationLine | MetaBaselineLine;
export type MetaLog = RunLog<MetaLine>;

/** A judgement as a log holds it. */
export function namedLosses(
  { score, losses }: MetaJudgement,
  tasks: readonly MetaTask[],
  horizons: readonly number[],
): Judged {
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

/** The line of some meta-updates, of which `last` is the last. */
export function metaTrainLine(reports: readonly MetaProgress[], last: MetaProgress): MetaTrainLine {
  const { step, seconds, perSecond, diverged } = last;
  // A meta-gradient that is not finite was left out and would hide all others.
  const taken = reports.filter(({ skipped }) => !skipped);
  return {
    type: "train",
    step,
    seconds,
    loss: meanOf(reports, ({ loss }) => loss),
    imitation: meanOf(reports, ({ imitation }) => imitation),
    gradientNorm: meanOf(taken, ({ gradientNorm }) => gradientNorm),
    skipped: reports.length - taken.length,
    diverged,
    perSecond: Number(perSecond.toPrecision(3)),
  };
}
