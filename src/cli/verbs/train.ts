import { availableParallelism } from "node:os";
import { openRobot, readForeign, UsageError } from "../../node/index.ts";
import { PRESET_NAMES, PRESETS, runTraining, type TrainSummary } from "../../train/index.ts";
import type { TrainOptimizer } from "../parse-optimizers.ts";
import { commandLine } from "../run-flags.ts";
import { TRAIN_FLAGS } from "../train-flags.ts";
import { defineGroupedVerb, type GroupValues, type VerbContext, type VerbEnd } from "../verb.ts";

type TrainFlags = GroupValues<typeof TRAIN_FLAGS>;

/** `mnemosyne train`: the warm-start network. */
export const registerTrain = defineGroupedVerb({
  name: "train",
  summary: "the warm-start network: checkpoints, curves, ONNX, model card",
  description:
    "Trains a network to predict the optima of data sets that `collect` made. Writes into --out: checkpoint.bin, " +
    "log.jsonl, curves.svg, model.onnx and card.md. --resume goes on after Ctrl-C or a crash as if nothing had " +
    `happened. Presets: ${PRESET_NAMES.map((name) => `${name}, ${PRESETS[name].summary}`).join("; ")}.`,
  groups: TRAIN_FLAGS,
  headings: {
    source: "Options",
    budget: "Budget",
    patience: "Budget",
    pauses: "Validation and checkpoints",
    scenes: "Validation and checkpoints",
    machine: "Machine",
    optimizer: "Training",
    training: "Training",
    loss: "Loss",
    net: "Network",
  },
  example: "npx mnemosyne-mpc train --preset tiny --data datasets/sample --out out/tiny",
  action: train,
});

async function train(flags: TrainFlags, context: VerbContext): Promise<VerbEnd> {
  const { output, isGiven } = context;
  const { data: folders, preset, resume, out, seed } = flags.source;
  if (folders === undefined)
    throw new UsageError("Say what to train on: --data FOLDER (made by `npx mnemosyne-mpc collect`).");
  if (out === undefined) throw new UsageError("Say where to write: --out FOLDER.");
  const { optimizer: chosen, hybrid } = flags.optimizer;
  const optimizer = chosen && (await openTrainOptimizer(chosen));
  const summary = await runTraining(
    {
      request: {
        preset,
        net: flags.net,
        train: {
          ...flags.training,
          ...flags.patience,
          ...(optimizer && { optimizer: optimizer.name }),
          ...(isGiven("seed") && { seed }),
        },
        learned: optimizer?.learned,
        // One that finds its steps by feedback moves everything.
        hybrid: optimizer?.isSteered === true ? false : hybrid,
        loss: flags.loss,
        budget: flags.budget,
        ...flags.scenes,
      },
      folders,
      out,
      robot: flags.source.robot === undefined ? undefined : await openRobot(flags.source.robot),
      startFile: flags.source.from,
      resume,
      ...flags.machine,
      cores: availableParallelism(),
      ...flags.pauses,
      command: commandLine(),
    },
    context,
  );
  output.object(summary);
  output.text(describeSummary(summary));
  return summary.status === "nonFinite" ? "failed" : "done";
}

/** What a request says of an optimizer. */
async function openTrainOptimizer(chosen: TrainOptimizer) {
  if (!("file" in chosen)) return { name: chosen.name, learned: undefined, isSteered: false };
  const { learned, id } = await readForeign("optimizer", chosen.file);
  return {
    name: learned.name,
    learned: { file: chosen.file, id },
    isSteered: learned.spec.kind === "steered",
  };
}

function describeSummary(s: TrainSummary): string {
  const loss =
    s.loss === null
      ? "not validated"
      : `loss ${s.loss.toPrecision(4)} on held-out worlds (update ${s.best_step})`;
  return [
    `${s.model}: ${s.parameters} parameters, ${loss}`,
    `${s.steps} updates in ${s.minutes} min, ${s.examples_per_s} examples per second; ended by ${s.status}`,
    `the written model differs from the trainer by ${s.parity.toExponential(1)} at most`,
  ].join("\n");
}
