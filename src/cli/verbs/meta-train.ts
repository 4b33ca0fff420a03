import { type JobRunner, readForeign, UsageError } from "../../node/index.ts";
import { type MetaSummary, runMetaSession } from "../../train/index.ts";
import { META_FLAGS } from "../meta-flags.ts";
import { withRunner } from "../queue-flags.ts";
import { commandLine } from "../run-flags.ts";
import { defineGroupedVerb, type GroupValues, type VerbContext, type VerbEnd } from "../verb.ts";

type MetaFlags = GroupValues<typeof META_FLAGS>;

/** `mnemosyne meta-train`: a learned optimizer. */
export const registerMetaTrain = defineGroupedVerb({
  name: "meta-train",
  summary: "a learned optimizer: checkpoints, curves, weights, card",
  description:
    "Trains an optimizer: a small network that turns the gradient of every parameter into its update. " +
    "It trains small problems and learns from a few steps of that at a time. Writes into --out: " +
    "checkpoint.bin, log.jsonl, curves.svg, optimizer.mnos (the best by validation, or with --keep last the last) and card.md. " +
    "Validation is whole runs from starts and on images that training does not see (the last sixth " +
    "of the training images). --resume goes on after Ctrl-C or a crash as if nothing had happened; " +
    "with --steps the same command gives the same weights. With --queue workers make the runs of a validation, all at a time. Defaults are the paper's, where it says.",
  groups: META_FLAGS,
  headings: {
    run: "Options",
    origin: "Options",
    problem: "Options",
    budget: "Budget",
    patience: "Budget",
    keep: "Validation and checkpoints",
    judge: "Validation and checkpoints",
    pauses: "Validation and checkpoints",
    machine: "Machine",
    queue: "Machine",
    training: "Meta-training",
    common: "Design",
    mnemosyne: "Design",
    memory: "Design",
    lstm: "Design",
  },
  example:
    "npx mnemosyne-mpc meta-train --design mnemosyne-light --data synthetic --minutes 2 --out runs/light",
  action: metaTrain,
});

async function metaTrain(flags: MetaFlags, context: VerbContext): Promise<VerbEnd> {
  const { output, isGiven } = context;
  const { out, seed, resume } = flags.run;
  if (out === undefined) throw new UsageError("Say where to write: --out FOLDER.");
  const { from: file, ...origin } = flags.origin;
  const from = file === undefined ? undefined : { file, learned: await readForeign("meta-trained", file) };
  const { common, mnemosyne, memory, lstm } = flags;
  const trainBy = (by: JobRunner | undefined) =>
    runMetaSession(
      {
        request: {
          ...origin,
          from,
          changes: { common, mnemosyne, memory, lstm },
          options: { ...flags.training, ...(isGiven("seed") && { seed }) },
          ...flags.problem,
          ...flags.judge,
          ...flags.patience,
          ...flags.keep,
          budget: flags.budget,
        },
        out,
        resume,
        ...flags.machine,
        ...flags.pauses,
        command: commandLine(),
        by,
      },
      context,
    );
  const isHere = flags.queue.queue === undefined;
  const summary = await withRunner(flags.queue, context, (run) => trainBy(isHere ? undefined : run));
  output.object(summary);
  output.text(describeSummary(summary));
  return summary.status === "nonFinite" ? "failed" : "done";
}

function describeSummary(s: MetaSummary): string {
  const number = (x: number | null | undefined): string => (x == null ? "not finite" : x.toPrecision(4));
  const rows = Object.entries(s.losses ?? {}).map(([name, losses]) => {
    const cells = Object.entries(losses).map(
      ([horizon, loss]) =>
        `${number(loss)} (${s.baseline?.optimizer}: ${number(s.baseline?.losses[name]?.[horizon])}) after ${horizon} steps`,
    );
    return `  ${name}: ${cells.join(", ")}`;
  });
  return [
    `${s.optimizer}: ${s.parameters} weights, ${s.memory} floats of memory per parameter`,
    s.score === null
      ? "no validation of these weights gave finite losses"
      : `weights of meta-update ${s.kept_step}${s.kept_step === s.best_step ? ", the best" : ""}; held-out losses:`,
    ...rows,
    `${s.steps} meta-updates in ${s.minutes} min, ${s.updates_per_s} per second; ended by ${s.status}`,
  ].join("\n");
}
