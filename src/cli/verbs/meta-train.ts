import { readFile } from "node:fs/promises";
import type { Command, OptionValues } from "commander";
import { complainAbout, UsageError } from "../../node/index.ts";
import { readLearnedWeights } from "../../optim/index.ts";
import { type MetaSummary, runMetaSession } from "../../train/index.ts";
import { addFlags, readFlags } from "../flag-table.ts";
import { META_FLAGS } from "../meta-flags.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { commandLine } from "../run-flags.ts";
import { finishVerb, type RegisterVerb, type VerbContext, type VerbEnd } from "../verb.ts";

type MetaFlags = OptionValues & Pick<SharedOptions, "seed" | "out" | "json">;

/** `mnemosyne meta-train`: a learned optimizer. */
export const registerMetaTrain: RegisterVerb = (program, run) => {
  const verb = program
    .command("meta-train")
    .summary("a learned optimizer: checkpoints, curves, weights, card")
    .description(
      "Trains an optimizer: a small network that turns the gradient of every parameter into its update. " +
        "It trains small problems and learns from a few steps of that at a time. Writes into --out: " +
        "checkpoint.bin, log.jsonl, curves.svg, optimizer.mnos (the best by validation) and card.md. " +
        "Validation is whole runs from starts and on images that training does not see (the last sixth " +
        "of the training images). --resume goes on after Ctrl-C or a crash as if nothing had happened; " +
        "with --steps the same command gives the same weights. Defaults are the paper's, where it says.",
    );
  addShared(verb, "seed", "out", "json");
  const { resume, origin, problem, budget, patience, machine, judge, pauses, training, design } = META_FLAGS;
  addFlags(verb, "Options", { ...resume, ...origin, ...problem });
  addFlags(verb, "Budget", { ...budget, ...patience });
  addFlags(verb, "Validation and checkpoints", { ...judge, ...pauses });
  addFlags(verb, "Machine", machine);
  addFlags(verb, "Meta-training", training);
  for (const table of Object.values(design)) addFlags(verb, "Design", table);
  const example =
    "mnemosyne meta-train --design mnemosyne-light --data synthetic --minutes 2 --out runs/light";
  finishVerb(verb, run, example, (flags: MetaFlags, context) => metaTrainVerb(flags, verb, context));
};

async function metaTrainVerb(flags: MetaFlags, command: Command, context: VerbContext): Promise<VerbEnd> {
  const { output } = context;
  const { out, seed } = flags;
  if (out === undefined) throw new UsageError("Say where to write: --out FOLDER.");
  const { from: file, ...origin } = readFlags(META_FLAGS.origin, flags);
  const from = file === undefined ? undefined : { file, learned: await openOptimizer(file) };
  const { common, mnemosyne, memory, lstm } = META_FLAGS.design;
  const summary = await runMetaSession(
    {
      request: {
        ...origin,
        from,
        changes: {
          common: readFlags(common, flags),
          mnemosyne: readFlags(mnemosyne, flags),
          memory: readFlags(memory, flags),
          lstm: readFlags(lstm, flags),
        },
        options: {
          ...readFlags(META_FLAGS.training, flags),
          ...(command.getOptionValueSource("seed") !== "default" && { seed }),
        },
        ...readFlags(META_FLAGS.problem, flags),
        ...readFlags(META_FLAGS.judge, flags),
        ...readFlags(META_FLAGS.patience, flags),
        budget: readFlags(META_FLAGS.budget, flags),
      },
      out,
      ...readFlags(META_FLAGS.resume, flags),
      ...readFlags(META_FLAGS.machine, flags),
      ...readFlags(META_FLAGS.pauses, flags),
      command: commandLine(),
    },
    context,
  );
  output.object(summary);
  output.text(describeSummary(summary));
  return summary.status === "nonFinite" ? "failed" : "done";
}

async function openOptimizer(file: string) {
  return complainAbout(file, async () => readLearnedWeights(await readFile(file)));
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
      ? "no validation gave finite losses: these are the last weights"
      : `best at meta-update ${s.best_step}, held-out losses:`,
    ...rows,
    `${s.steps} meta-updates in ${s.minutes} min, ${s.updates_per_s} per second; ended by ${s.status}`,
  ].join("\n");
}
