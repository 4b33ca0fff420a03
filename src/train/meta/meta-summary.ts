import type { RunEnd } from "../../base/index.ts";
import { linesOf } from "../session-log.ts";
import { type MetaOutcome, writeMetaCard } from "./meta-card.ts";
import type { HeldOutLosses, MetaBaselineLine, MetaLine } from "./meta-log.ts";
import type { MetaSetup } from "./meta-setup.ts";

/** What `meta-train --json` prints. */
export type MetaSummary = {
  readonly verb: "meta-train";
  readonly status: RunEnd;
  readonly out: string;
  /** File of the optimizer. */
  readonly optimizer: string;
  readonly name: string;
  /** Weights of the optimizer. */
  readonly parameters: number;
  /** Floats that it remembers per coordinate. */
  readonly memory: number;
  readonly optimizees: readonly string[];
  readonly steps: number;
  readonly minutes: number;
  readonly updates_per_s: number;
  /** Runs given up because they diverged. */
  readonly diverged: number;
  readonly best_step: number | null;
  /** The meta-update whose weights were written. */
  readonly kept_step: number;
  /** Geometric mean of the held-out losses of the weights that were written; null where none was finite. */
  readonly score: number | null;
  readonly losses: HeldOutLosses | null;
  readonly baseline: Pick<MetaBaselineLine, "optimizer" | "score" | "losses"> | null;
  readonly seed: number;
};

/** The card, and what is printed. */
export function summarizeMeta(
  setup: MetaSetup,
  outcome: MetaOutcome,
  lines: readonly MetaLine[],
): { readonly card: string; readonly summary: MetaSummary } {
  const { job, session, plan } = setup;
  const { model, result, kept, last } = outcome;
  const { end, position } = result;
  const { step, seconds, best } = position;
  const memory = model.sizes.reduce((a, b) => a + b, 0);
  const validation = linesOf(lines, "validation").find((line) => line.step === kept);
  const [baseline] = linesOf(lines, "baseline");
  const summary: MetaSummary = {
    verb: "meta-train",
    status: end,
    out: job.out,
    optimizer: session.folder.product,
    name: plan.name,
    parameters: model.layout.total,
    memory,
    optimizees: plan.optimizees.map(({ label }) => label),
    steps: step,
    minutes: Number((seconds / 60).toFixed(2)),
    updates_per_s: Number((last?.perSecond ?? 0).toPrecision(3)),
    diverged: last?.diverged ?? 0,
    best_step: best?.step ?? null,
    kept_step: kept,
    score: validation?.score ?? null,
    losses: validation?.losses ?? null,
    baseline: baseline
      ? { optimizer: baseline.optimizer, score: baseline.score, losses: baseline.losses }
      : null,
    seed: plan.options.seed,
  };
  return { card: writeMetaCard(setup, outcome, memory, validation, baseline), summary };
}
