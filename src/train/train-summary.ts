import type { RunEnd } from "../base/index.ts";
import { netLayout } from "../init-net/index.ts";
import { type TrainOutcome, writeModelCard } from "./model-card.ts";
import type { TrainJudge } from "./train-judge.ts";
import type { TrainSetup } from "./train-setup.ts";

/** What `train --json` prints. */
export type TrainSummary = {
  readonly verb: "train";
  readonly status: RunEnd;
  readonly out: string;
  readonly model: string;
  readonly robot: string;
  readonly parameters: number;
  readonly optimizer: string;
  readonly examples: { readonly training: number; readonly held_out: number; readonly skipped: number };
  readonly steps: number;
  readonly minutes: number;
  readonly examples_per_s: number;
  /** On held-out worlds, of the weights that were written; null where there is no such world. */
  readonly loss: number | null;
  readonly best_step: number | null;
  readonly quality: object | null;
  /** Largest difference of the written model from the trainer. */
  readonly parity: number;
  readonly seed: number;
};

/** The model card, and what is printed. */
export function summarizeTraining(
  setup: TrainSetup,
  judge: TrainJudge,
  outcome: TrainOutcome,
): { readonly card: string; readonly summary: TrainSummary } {
  const { job, session, spec, options, data } = setup;
  const { result, perSecond, parity } = outcome;
  const { end, position } = result;
  const { step, seconds, best } = position;
  const parameters = netLayout(spec).total;
  const validation = best && judge.at(best.step);
  const summary: TrainSummary = {
    verb: "train",
    status: end,
    out: job.out,
    model: session.folder.product,
    robot: spec.robot,
    parameters,
    optimizer: options.optimizer,
    examples: { training: data.training, held_out: data.heldOut, skipped: data.skipped },
    steps: step,
    minutes: Number((seconds / 60).toFixed(2)),
    examples_per_s: Number(perSecond.toFixed(1)),
    loss: validation?.figures.loss ?? null,
    best_step: best?.step ?? null,
    quality: validation?.quality ?? null,
    parity,
    seed: options.seed,
  };
  return { card: writeModelCard(setup, judge, outcome, parameters, validation), summary };
}
