import {
  ATTENTION_MAPS,
  GRID_CHANNELS,
  type LossOptions,
  type NetOptions,
  TRAIN_SCHEDULES,
  type TrainOptions,
} from "../init-net/index.ts";
import { resolveKindShares, SCENE_KINDS } from "../scenes/index.ts";
import { PRESET_NAMES } from "../train/index.ts";
import { type FlagTable, flag, switchFlag } from "./flag-table.ts";
import { shared } from "./options.ts";
import { parseTrainOptimizer, trainOptimizerNames } from "./parse-optimizers.ts";
import {
  parseChoice,
  parseFile,
  parseInteger,
  parseList,
  parsePath,
  parseReal,
  parseShares,
} from "./parse-values.ts";
import { DEVICE_FLAG, runFlags } from "./run-flags.ts";

/** Options of training that have flags elsewhere, or none. */
type OtherOption = "optimizer" | "learned" | "lastRate" | "loss" | "budget" | "patience" | "seed";

const { usual: _, ...ROBOT } = shared("robot").robot;
const { resume, budget, patience, pauses } = runFlags("updates", "the learning rate falls over it");
const real = (flags: string, text: string, least: number, most: number, unit: string) =>
  flag(flags, text, parseReal(least, most, unit));
const whole = (flags: string, text: string, least = 1, most = 65_536) =>
  flag(flags, text, parseInteger(least, most));
const oneOf = <T extends string>(flags: string, text: string, ...legal: readonly T[]) =>
  flag(flags, text, parseChoice<T>(legal));
const collectPaths = (text: string, before?: string[]) => [...(before ?? []), parsePath(text)];

/** The flags of `mnemosyne train`, by what they set. */
export const TRAIN_FLAGS = {
  source: {
    data: flag("--data <FOLDER...>", "folders of data sets", collectPaths),
    preset: oneOf("--preset <NAME>", `one of ${PRESET_NAMES.join(", ")} (mnemosyne)`, ...PRESET_NAMES),
    ...resume,
    from: flag(
      "--from <FILE.onnx>",
      "begin with this network's weights, as far as they fit",
      parseFile(".onnx"),
    ),
    robot: { ...ROBOT, text: `whose data they are (as they say themselves): ${ROBOT.text}` },
    ...shared("seed", "out", "json"),
  },
  budget: {
    ...budget,
    epochs: real("--epochs <N>", "passes through the data to train", 0.001, 1e6, "epochs"),
  },
  patience,
  pauses,
  scenes: {
    scenes: whole("--scenes <N>", "held-out scenes of each kind planned at a validation", 1, 10_000),
  },
  machine: {
    device: { ...DEVICE_FLAG, usual: "auto" as const },
    threads: whole("--threads <N>", "threads on the CPU (all cores)", 1, 1024),
    cache: flag("--cache <FOLDER>", "where features are kept (beside the data)", parsePath),
  },
  optimizer: {
    optimizer: flag(
      "--optimizer <NAME|FILE.mnos>",
      `one of ${trainOptimizerNames().join(", ")}, or a learned one from a file`,
      parseTrainOptimizer,
    ),
    hybrid: switchFlag(
      "--hybrid",
      "a learned optimizer moves matrices alone, Adam the rest (the default)",
      "it moves everything",
    ),
  },
  training: {
    learningRate: real(
      "--lr <RATE>",
      "largest learning rate; with a learned optimizer, of Adam's part",
      1e-9,
      1e3,
      "per update",
    ),
    schedule: oneOf(
      "--schedule <NAME>",
      `how the rate falls: ${TRAIN_SCHEDULES.join(" or ")} (cosine; optimizers without a rate: constant)`,
      ...TRAIN_SCHEDULES,
    ),
    batch: whole("--batch <N>", "examples per update"),
    warmup: whole("--warmup <N>", "updates over which the rate rises (learned optimizers: 0)", 0, 1e9),
    weightDecay: real("--weight-decay <SHARE>", "of matrices, with adamw", 0, 1e3, "per update"),
    clipNorm: real("--clip <NORM>", "longest gradient", 1e-9, 1e9, "norm"),
    ema: real("--ema <SHARE>", "of the averaged weights that stays at an update", 0, 0.999999, "share"),
    mirror: switchFlag("--mirror", "mirror every other example by chance", "do not"),
    kindWeights: flag(
      "--kinds <KIND=WEIGHT,...>",
      `how often each kind is drawn: ${SCENE_KINDS.join(", ")}`,
      parseShares((weights) => resolveKindShares(weights)),
    ),
  } satisfies FlagTable<Omit<TrainOptions, OtherOption>>,
  loss: {
    kind: oneOf("--loss <KIND>", "squared (the paper) or robust", "squared", "robust"),
    spread: real("--spread <SHARE>", "of the loss that other hypotheses than the best get", 0, 1, "share"),
    score: real("--score-weight <W>", "of the scores' cross-entropy", 0, 1e3, "weight"),
  } satisfies FlagTable<LossOptions>,
  net: {
    hypotheses: whole("--hypotheses <N>", "trajectories proposed"),
    robots: oneOf("--robots <WHICH>", "one, or any: told which robot it is, in its units", "one", "any"),
    predicts: oneOf(
      "--predicts <WHAT>",
      "controls, trajectory (states and controls) or states",
      "controls",
      "trajectory",
      "states",
    ),
    channels: flag("--channels <LIST>", `of the grid: ${GRID_CHANNELS.join(",")}`, parseList(GRID_CHANNELS)),
    bases: switchFlag("--bases", "give it path and last plan to correct", "do not"),
    grid: switchFlag("--grid", "let it see the grid", "do not"),
    fusion: oneOf("--fusion <WHERE>", "early or late", "early", "late"),
    readout: oneOf("--readout <WHAT>", "token or tokenMean", "token", "tokenMean"),
    map: oneOf("--map <NAME>", `attention: ${ATTENTION_MAPS.join(", ")}`, ...ATTENTION_MAPS),
    features: whole("--features <N>", "random projections per head"),
    width: whole("--width <N>", "features of a token"),
    layers: whole("--layers <N>", "layers", 0),
    heads: whole("--heads <N>", "heads"),
    mlp: whole("--mlp <N>", "width of a layer's MLP, in widths of a token"),
    hidden: whole("--hidden <N>", "width of the head's hidden layers"),
    head: oneOf(
      "--head <WHAT>",
      "its hidden layers: relu, norm (of its input, too) or gelu",
      "relu",
      "norm",
      "gelu",
    ),
    window: whole("--window <N>", "cells along a side of the grid"),
    reach: real(
      "--reach <L>",
      "half of that side",
      0.1,
      100,
      "lookaheads, with --robots any and the robot's reach",
    ),
    featureSeed: whole("--feature-seed <N>", "of the random projections", 0, 2 ** 31 - 1),
  } satisfies FlagTable<NetOptions>,
};
