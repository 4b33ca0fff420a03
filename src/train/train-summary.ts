import type { RunEnd, RunResult } from "../base/index.ts";
import { netLayout } from "../init-net/index.ts";
import { writeModelCard } from "./model-card.ts";
import { runFacts } from "./run-facts.ts";
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

/** What a run came to. */
export type TrainOutcome = {
  readonly result: RunResult;
  /** For people: how it was computed. */
  readonly engine: string;
  readonly perSecond: number;
  readonly parity: number;
};

/** The model card, and what is printed. */
export function summarizeTraining(
  { job, session, spec, options, data }: TrainSetup,
  judge: TrainJudge,
  { result, engine, perSecond, parity }: TrainOutcome,
): { readonly card: string; readonly summary: TrainSummary } {
  const { end, position } = result;
  const { step, seconds, best } = position;
  const parameters = netLayout(spec).total;
  const validation = best && judge.at(best.step);
  const card = writeModelCard({
    ...runFacts(job, result),
    spec,
    options,
    parameters,
    data,
    engine,
    parity,
    validation,
    baselines: judge.baselines,
  });
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
  return { card, summary };
}
