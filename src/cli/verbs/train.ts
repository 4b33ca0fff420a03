import { availableParallelism } from "node:os";
import type { Command, OptionValues } from "commander";
import { resolveDevice } from "../../graph/node.ts";
import { openRobot, UsageError } from "../../node/index.ts";
import { openLearned, PRESET_NAMES, PRESETS, runTraining, type TrainSummary } from "../../train/index.ts";
import { addFlags, readFlags } from "../flag-table.ts";
import { addShared, type SharedOptions } from "../options.ts";
import type { TrainOptimizer } from "../parse-optimizers.ts";
import { commandLine } from "../run-flags.ts";
import { TRAIN_FLAGS } from "../train-flags.ts";
import { finishVerb, type RegisterVerb, type VerbContext, type VerbEnd } from "../verb.ts";

type TrainFlags = OptionValues & Pick<SharedOptions, "robot" | "seed" | "out" | "json">;

/** `mnemosyne train`: the warm-start network. */
export const registerTrain: RegisterVerb = (program, run) => {
  const verb = program
    .command("train")
    .summary("the warm-start network: checkpoints, curves, ONNX, model card")
    .description(
      "Trains a network to predict the optima of data sets that `collect` made. Writes into --out: checkpoint.bin, " +
        "log.jsonl, curves.svg, model.onnx and card.md. --resume goes on after Ctrl-C or a crash as if nothing had " +
        `happened. Presets: ${PRESET_NAMES.map((name) => `${name}, ${PRESETS[name].summary}`).join("; ")}.`,
    );
  const { source, budget, patience, machine, pauses, scenes, optimizer, training, loss, net } = TRAIN_FLAGS;
  addFlags(verb, "Options", source);
  addShared(verb, "robot", "seed", "out", "json");
  addFlags(verb, "Budget", { ...budget, ...patience });
  addFlags(verb, "Validation and checkpoints", { ...pauses, ...scenes });
  addFlags(verb, "Machine", machine);
  addFlags(verb, "Training", { ...optimizer, ...training });
  addFlags(verb, "Loss", loss);
  addFlags(verb, "Network", net);
  const example = "mnemosyne train --preset tiny --data datasets/sample --out out/tiny";
  finishVerb(verb, run, example, (flags: TrainFlags, context) => trainVerb(flags, verb, context));
};

async function trainVerb(flags: TrainFlags, command: Command, context: VerbContext): Promise<VerbEnd> {
  const { output } = context;
  const { out, seed } = flags;
  const { data: folders, preset, resume } = readFlags(TRAIN_FLAGS.source, flags);
  if (folders === undefined)
    throw new UsageError("Say what to train on: --data FOLDER (made by `mnemosyne collect`).");
  if (out === undefined) throw new UsageError("Say where to write: --out FOLDER.");
  const { optimizer: chosen, hybrid } = readFlags(TRAIN_FLAGS.optimizer, flags);
  const optimizer = chosen && (await openTrainOptimizer(chosen));
  const { device: wanted, ...machine } = readFlags(TRAIN_FLAGS.machine, flags);
  const { device, reason } = await resolveDevice(wanted);
  output.log(`train: device ${reason}`);
  const summary = await runTraining(
    {
      request: {
        preset,
        net: readFlags(TRAIN_FLAGS.net, flags),
        train: {
          ...readFlags(TRAIN_FLAGS.training, flags),
          ...readFlags(TRAIN_FLAGS.patience, flags),
          ...(optimizer && { optimizer: optimizer.name }),
          ...(command.getOptionValueSource("seed") !== "default" && { seed }),
        },
        learned: optimizer?.learned,
        hybrid,
        loss: readFlags(TRAIN_FLAGS.loss, flags),
        budget: readFlags(TRAIN_FLAGS.budget, flags),
        ...readFlags(TRAIN_FLAGS.scenes, flags),
      },
      folders,
      out,
      robot: await openRobot(flags.robot),
      resume,
      device,
      ...machine,
      cores: availableParallelism(),
      ...readFlags(TRAIN_FLAGS.pauses, flags),
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
  if (!("file" in chosen)) return { name: chosen.name, learned: undefined };
  const { learned, id } = await openLearned(chosen.file);
  return { name: learned.name, learned: { file: chosen.file, id } };
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
