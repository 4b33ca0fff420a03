import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { complainAbout, UsageError } from "../../node/index.ts";
import { readLearnedWeights } from "../../optim/index.ts";
import { type MetaSummary, runMetaSession } from "../../train/index.ts";
import { type MetaFlags, metaOptions } from "../meta-flags.ts";
import { addShared } from "../options.ts";
import { exampleText, type RegisterVerb, type VerbContext, type VerbEnd } from "../verb.ts";

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
  for (const option of metaOptions()) verb.addOption(option);
  verb.addHelpText(
    "after",
    exampleText(
      "mnemosyne meta-train --design mnemosyne-light --data synthetic --minutes 2 --out runs/light",
    ),
  );
  verb.action((flags: MetaFlags, command: Command) =>
    run(command, flags, (context) => metaTrainVerb(flags, command, context)),
  );
};

async function metaTrainVerb(flags: MetaFlags, command: Command, context: VerbContext): Promise<VerbEnd> {
  const { output } = context;
  const { out, from } = flags;
  if (out === undefined) throw new UsageError("Say where to write: --out FOLDER.");
  const said = (name: string): boolean => command.getOptionValueSource(name) !== "default";
  const learned = from && {
    file: from,
    learned: await complainAbout(from, async () => readLearnedWeights(await readFile(from))),
  };
  const summary = await runMetaSession(
    {
      request: {
        name: flags.name,
        design: flags.design,
        changes: {
          common: given({ inputs: flags.inputs, width: flags.width, outputScale: flags.outputScale }),
          mnemosyne: given({ taus: flags.taus, feedForward: flags.feedForward }),
          memory: given({
            kind: flags.map,
            features: flags.features,
            rho: flags.rho,
            slices: flags.slices,
            seed: flags.featureSeed,
          }),
          lstm: given({ cells: flags.cells }),
        },
        ...(learned && { from: learned }),
        options: given({
          unroll: flags.unroll,
          runLength: flags.runLength,
          lastRunLength: flags.lastRunLength,
          lanes: flags.lanes,
          coordinates: flags.coordinates,
          objective: flags.objective,
          imitation: flags.imitation,
          teacherRate: flags.teacherRate,
          scaling: flags.scaling,
          scaledShare: flags.scaledShare,
          rate: flags.rate,
          clipNorm: flags.clip,
          seed: said("seed") ? flags.seed : undefined,
        }),
        optimizees: flags.optimizees,
        judgedBy: flags.validateOn,
        data: flags.data,
        batch: flags.batch,
        horizons: flags.horizons,
        starts: flags.starts,
        budget: { steps: flags.steps, minutes: flags.minutes },
        patience: flags.patience,
      },
      out,
      resume: flags.resume === true,
      device: flags.device,
      threads: flags.threads,
      validateEvery:
        flags.validateSteps === undefined
          ? { minutes: flags.validateMinutes }
          : { steps: flags.validateSteps },
      saveMinutes: flags.saveMinutes,
      command: `mnemosyne ${process.argv.slice(2).join(" ")}`,
    },
    context,
  );
  output.object(summary);
  output.text(describeSummary(summary));
  return summary.status === "nonFinite" ? "failed" : "done";
}

/** Without what was not said. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
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
