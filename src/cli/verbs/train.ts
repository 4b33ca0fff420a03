import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { resolveDevice } from "../../graph/node.ts";
import {
  ATTENTION_MAPS,
  type AttentionMap,
  GRID_CHANNELS,
  type GridChannel,
  type NetOptions,
  TRAIN_SCHEDULES,
  type TrainSchedule,
} from "../../init-net/index.ts";
import { openRobot, UsageError } from "../../node/index.ts";
import { resolveKindShares, SCENE_KINDS } from "../../scenes/index.ts";
import {
  openLearned,
  PRESET_NAMES,
  PRESETS,
  type PresetName,
  runTraining,
  type TrainSummary,
} from "../../train/index.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { parseTrainOptimizer, type TrainOptimizer, trainOptimizerNames } from "../parse-train-optimizer.ts";
import { parseChoice, parseInteger, parseList, parsePath, parseReal, parseShares } from "../parse-values.ts";
import { exampleText, type RegisterVerb, type VerbContext, type VerbEnd } from "../verb.ts";

type TrainFlags = Pick<SharedOptions, "robot" | "seed" | "out" | "json"> & {
  readonly data?: string[];
  readonly preset?: PresetName;
  readonly resume?: boolean;
  readonly cache?: string;
  readonly device: (typeof DEVICE_NAMES)[number];
  readonly threads?: number;
  readonly optimizer?: TrainOptimizer;
  readonly hybrid?: boolean;
  readonly lr?: number;
  readonly schedule?: TrainSchedule;
  readonly batch?: number;
  readonly minutes?: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly warmup?: number;
  readonly weightDecay?: number;
  readonly clip?: number;
  readonly ema?: number;
  readonly mirror?: boolean;
  readonly kinds?: Readonly<Record<string, number>>;
  readonly loss?: "squared" | "robust";
  readonly spread?: number;
  readonly scoreWeight?: number;
  readonly patience?: number;
  readonly validateSteps?: number;
  readonly validateMinutes: number;
  readonly saveMinutes: number;
  readonly scenes?: number;
} & { readonly [Name in keyof NetOptions]?: NetOptions[Name] };

const DEVICE_NAMES = ["auto", "cpu", "webgpu", "cuda"] as const;

/** `mnemosyne train`: the warm-start network. */
export const registerTrain: RegisterVerb = (program, run) => {
  const verb = program
    .command("train")
    .summary("the warm-start network: checkpoints, curves, ONNX, model card")
    .description(
      "Trains a network to predict the optima of data sets that `collect` made. Writes into --out: checkpoint.bin, " +
        "log.jsonl, curves.svg, model.onnx and card.md. --resume goes on after Ctrl-C or a crash as if nothing had " +
        `happened. Presets: ${PRESET_NAMES.map((name) => `${name}, ${PRESETS[name].summary}`).join("; ")}.`,
    )
    .addOption(new Option("--data <FOLDER...>", "folders of data sets").argParser(collectPaths))
    .addOption(
      new Option("--preset <NAME>", `one of ${PRESET_NAMES.join(", ")} (mnemosyne)`).argParser(
        parseChoice(PRESET_NAMES),
      ),
    )
    .addOption(new Option("--resume", "go on from the checkpoint in --out"));
  addShared(verb, "robot", "seed", "out", "json");
  for (const option of [...budgetOptions(), ...trainingOptions(), ...netOptions()]) verb.addOption(option);
  verb.addHelpText(
    "after",
    exampleText("mnemosyne train --preset tiny --data datasets/sample --out out/tiny"),
  );
  verb.action((flags: TrainFlags, command: Command) =>
    run(command, flags, (context) => trainVerb(flags, command, context)),
  );
};

function budgetOptions(): Option[] {
  return [
    new Option("--minutes <MIN>", "time to train; the learning rate falls over it").argParser(
      parseReal(0.01, 1e6, "min"),
    ),
    new Option("--steps <N>", "updates to train").argParser(parseInteger(1, 1e9)),
    new Option("--epochs <N>", "passes through the data to train").argParser(parseReal(0.001, 1e6, "epochs")),
    new Option("--patience <N>", "end after so many validations without a better one (0: never)").argParser(
      parseInteger(0, 1e6),
    ),
    new Option("--device <NAME>", `where to compute: ${DEVICE_NAMES.join(", ")}`)
      .argParser(parseChoice(DEVICE_NAMES))
      .default("auto"),
    new Option("--threads <N>", "threads on the CPU (all cores)").argParser(parseInteger(1, 1024)),
    new Option("--cache <FOLDER>", "where features are kept (beside the data)").argParser(parsePath),
    new Option("--validate-minutes <MIN>", "time between validations")
      .argParser(parseReal(0.01, 1e6, "min"))
      .default(4),
    new Option("--validate-steps <N>", "updates between validations, instead").argParser(
      parseInteger(1, 1e9),
    ),
    new Option("--save-minutes <MIN>", "time between checkpoints")
      .argParser(parseReal(0, 1e6, "min"))
      .default(2),
    new Option("--scenes <N>", "held-out scenes of each kind planned at a validation").argParser(
      parseInteger(1, 10_000),
    ),
  ];
}

function trainingOptions(): Option[] {
  return [
    new Option(
      "--optimizer <NAME|FILE.mnos>",
      `one of ${trainOptimizerNames().join(", ")}, or a learned one from a file`,
    ).argParser(parseTrainOptimizer),
    new Option("--hybrid", "a learned optimizer moves matrices alone, Adam the rest (the default)"),
    new Option("--no-hybrid", "it moves everything"),
    new Option("--lr <RATE>", "largest learning rate; with a learned optimizer, of Adam's part").argParser(
      parseReal(1e-9, 1e3, "per update"),
    ),
    new Option(
      "--schedule <NAME>",
      `how the rate falls: ${TRAIN_SCHEDULES.join(" or ")} (cosine; learned optimizers: constant)`,
    ).argParser(parseChoice(TRAIN_SCHEDULES)),
    new Option("--batch <N>", "examples per update").argParser(parseInteger(1, 65_536)),
    new Option("--warmup <N>", "updates over which the rate rises (learned optimizers: 0)").argParser(
      parseInteger(0, 1e9),
    ),
    new Option("--weight-decay <SHARE>", "of matrices, with adamw").argParser(
      parseReal(0, 1e3, "per update"),
    ),
    new Option("--clip <NORM>", "longest gradient").argParser(parseReal(1e-9, 1e9, "norm")),
    new Option("--ema <SHARE>", "of the averaged weights that stays at an update").argParser(
      parseReal(0, 0.999999, "share"),
    ),
    new Option("--mirror", "mirror every other example by chance"),
    new Option("--no-mirror", "do not"),
    new Option(
      "--kinds <KIND=WEIGHT,...>",
      `how often each kind is drawn: ${SCENE_KINDS.join(", ")}`,
    ).argParser(parseShares((weights) => resolveKindShares(weights))),
    new Option("--loss <KIND>", "squared (the paper) or robust").argParser(
      parseChoice(["squared", "robust"] as const),
    ),
    new Option("--spread <SHARE>", "of the loss that other hypotheses than the best get").argParser(
      parseReal(0, 1, "share"),
    ),
    new Option("--score-weight <W>", "of the scores' cross-entropy").argParser(parseReal(0, 1e3, "weight")),
  ];
}

/** One flag for every option of a network. */
function netOptions(): Option[] {
  const whole = (flag: string, text: string, low = 1): Option =>
    new Option(`--${flag} <N>`, text).argParser(parseInteger(low, 65_536));
  return [
    whole("hypotheses", "trajectories proposed"),
    new Option("--predicts <WHAT>", "controls or trajectory").argParser(
      parseChoice(["controls", "trajectory"] as const),
    ),
    new Option("--channels <LIST>", `of the grid: ${GRID_CHANNELS.join(",")}`).argParser(
      parseList<GridChannel>(GRID_CHANNELS),
    ),
    new Option("--bases", "give it path and last plan to correct"),
    new Option("--no-bases", "do not"),
    new Option("--grid", "let it see the grid"),
    new Option("--no-grid", "do not"),
    new Option("--fusion <WHERE>", "early or late").argParser(parseChoice(["early", "late"] as const)),
    new Option("--readout <WHAT>", "token or tokenMean").argParser(
      parseChoice(["token", "tokenMean"] as const),
    ),
    new Option("--map <NAME>", `attention: ${ATTENTION_MAPS.join(", ")}`).argParser(
      parseChoice<AttentionMap>(ATTENTION_MAPS),
    ),
    whole("features", "random projections per head"),
    whole("width", "features of a token"),
    whole("layers", "layers", 0),
    whole("heads", "heads"),
    whole("mlp", "width of a layer's MLP, in widths of a token"),
    whole("hidden", "width of the head's hidden layers"),
    whole("window", "cells along a side of the grid"),
    new Option("--reach <L>", "half of that side").argParser(parseReal(0.1, 100, "lookaheads")),
    new Option("--feature-seed <N>", "of the random projections").argParser(parseInteger(0, 2 ** 31 - 1)),
  ];
}

function collectPaths(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), parsePath(text)];
}

async function trainVerb(flags: TrainFlags, command: Command, context: VerbContext): Promise<VerbEnd> {
  const { output } = context;
  const { data: folders, out } = flags;
  if (folders === undefined)
    throw new UsageError("Say what to train on: --data FOLDER (made by `mnemosyne collect`).");
  if (out === undefined) throw new UsageError("Say where to write: --out FOLDER.");
  const said = (name: string): boolean => command.getOptionValueSource(name) !== "default";
  const optimizer = flags.optimizer && (await openTrainOptimizer(flags.optimizer));
  const { device, reason } = await resolveDevice(flags.device);
  output.log(`train: device ${reason}`);
  const summary = await runTraining(
    {
      request: {
        preset: flags.preset,
        net: netOf(flags),
        train: {
          optimizer: optimizer?.name,
          learningRate: flags.lr,
          schedule: flags.schedule,
          batch: flags.batch,
          warmup: flags.warmup,
          weightDecay: flags.weightDecay,
          clipNorm: flags.clip,
          ema: flags.ema,
          mirror: flags.mirror,
          kindWeights: flags.kinds,
          patience: flags.patience,
          seed: said("seed") ? flags.seed : undefined,
        },
        learned: optimizer?.learned,
        hybrid: flags.hybrid,
        loss: { kind: flags.loss, spread: flags.spread, score: flags.scoreWeight },
        budget: { minutes: flags.minutes, steps: flags.steps, epochs: flags.epochs },
        scenes: flags.scenes,
      },
      folders,
      out,
      robot: await openRobot(flags.robot),
      cache: flags.cache,
      resume: flags.resume === true,
      device,
      threads: flags.threads,
      cores: availableParallelism(),
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

/** What a request says of an optimizer. */
async function openTrainOptimizer(chosen: TrainOptimizer) {
  if (!("file" in chosen)) return { name: chosen.name, learned: undefined };
  const { learned, id } = await openLearned(chosen.file);
  return { name: learned.name, learned: { file: chosen.file, id } };
}

function netOf(flags: TrainFlags): Partial<NetOptions> {
  const { hypotheses, predicts, channels, bases, grid, fusion, readout, map, features } = flags;
  const { width, layers, heads, mlp, hidden, window, reach, featureSeed } = flags;
  const named = { hypotheses, predicts, channels, bases, grid, fusion, readout, map, features };
  return { ...named, width, layers, heads, mlp, hidden, window, reach, featureSeed };
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
