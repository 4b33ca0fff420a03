import { InvalidArgumentError } from "commander";
import { FEATURE_MAP_KINDS } from "../cam/index.ts";
import {
  DIGIT_SOURCES,
  INPUT_KINDS,
  LEARNED_ENDING,
  type MetaOptions,
  OBJECTIVES,
  STEERED_DESIGNS,
  META_DEFAULTS as USUAL,
} from "../optim/index.ts";
import { DEFAULT_OPTIMIZEES, DESIGN_NAMES, type DesignChanges } from "../train/index.ts";
import { type FlagTable, flag } from "./flag-table.ts";
import { shared } from "./options.ts";
import { parseOptimizees } from "./parse-optimizers.ts";
import { parseChoice, parseFile, parseInteger, parsePath, parseReal } from "./parse-values.ts";
import { QUEUE_FLAGS } from "./queue-flags.ts";
import { DEVICE_FLAG, runFlags } from "./run-flags.ts";

const MAPS = [...FEATURE_MAP_KINDS, "cache"] as const;

const { resume, budget, patience, keep, pauses } = runFlags("meta-updates", "the rate falls over it (60)");
const real = (flags: string, text: string, least: number, most: number, unit: string) =>
  flag(flags, text, parseReal(least, most, unit));
const whole = (flags: string, text: string, least = 1, most = 65_536) =>
  flag(flags, text, parseInteger(least, most));
const many = (flags: string, text: string) => whole(flags, text, 1, 10_000_000);

/** What is changed of a design. */
const DESIGN_FLAGS = {
  common: {
    inputs: flag(
      "--inputs <KIND>",
      `how a gradient is shown: ${INPUT_KINDS.join(", ")}`,
      parseChoice(INPUT_KINDS),
    ),
    width: whole("--width <N>", "units of a cell"),
    outputScale: real(
      "--output-scale <S>",
      "the network's output times this is the update",
      1e-9,
      1e3,
      "per unit",
    ),
  },
  mnemosyne: {
    taus: flag(
      "--taus <LIST>",
      "discount per step of each cell's memory; as many as cells",
      parseNumbers(parseReal(0, 1e3, "per step")),
    ),
    feedForward: whole("--feed-forward <N>", "hidden units of a dense layer after each cell; 0: none", 0),
  },
  memory: {
    kind: flag("--map <NAME>", `memory: ${MAPS.join(", ")}`, parseChoice(MAPS)),
    features: whole("--features <N>", "length of its feature vectors; with cache, gradients kept"),
    rho: flag("--rho <RHO>", "of the ++ maps: a number up to 1, or data", parseRho),
    slices: whole("--slices <N>", "with --rho data, how many rho are kept"),
    seed: whole("--feature-seed <N>", "of the random projections", 0, 2 ** 31 - 1),
  },
  lstm: { cells: whole("--cells <N>", "with lstm, layers") },
} satisfies { readonly [Kind in keyof DesignChanges]: FlagTable<DesignChanges[Kind]> };

/** The flags of `mnemosyne meta-train`, by what they set. */
export const META_FLAGS = {
  run: { ...shared("seed", "out", "json"), ...resume },
  origin: {
    design: flag(
      "--design <NAME|FILE.json>",
      `one of ${DESIGN_NAMES.join(", ")}, or a file (mnemosyne)`,
      parseDesign,
    ),
    from: flag(
      "--from <FILE.mnos>",
      "go on from a trained optimizer, with its design",
      parseFile(LEARNED_ENDING),
    ),
    name: flag("--name <NAME>", "of the optimizer (that of its design)", parseName),
  },
  problem: {
    optimizees: flag(
      "--optimizees <LIST>",
      `what to train on, each in runs of its own; NAME@N on images made smaller by N (${DEFAULT_OPTIMIZEES.map(({ label }) => label).join(",")})`,
      parseOptimizees,
    ),
    data: flag(
      "--data <SET>",
      `${Object.keys(DIGIT_SOURCES).join(", ")}, synthetic, or a folder of IDX files (mnist)`,
      parsePath,
    ),
    batch: whole("--batch <N>", "images per step (128)", 1, 100_000),
  },
  budget,
  patience,
  keep,
  judge: {
    judgedBy: flag(
      "--validate-on <LIST>",
      "optimizees of the validation (those of --optimizees)",
      parseOptimizees,
    ),
    horizons: flag(
      "--horizons <LIST>",
      "steps after which it takes losses (100, 500 and the longest run)",
      parseNumbers(parseInteger(1, 1e6)),
    ),
    starts: whole("--starts <N>", "its runs of each optimizee; the median counts (1)", 1, 1000),
  },
  pauses,
  machine: {
    device: { ...DEVICE_FLAG, usual: "cpu" as const },
    threads: { ...whole("--threads <N>", "threads on the CPU", 1, 1024), usual: 1 },
  },
  queue: QUEUE_FLAGS,
  training: {
    unroll: many("--unroll <N>", `steps that are differentiated together (${USUAL.unroll})`),
    runLength: many("--run-length <N>", `steps of a run (${USUAL.runLength})`),
    lastRunLength: many(
      "--last-run-length <N>",
      "the same at the end: runs grow towards it (that of --run-length)",
    ),
    lanes: many("--lanes <N>", `runs side by side (${USUAL.lanes}, or one for each optimizee)`),
    coordinates: many(
      "--coordinates <N>",
      `parameters of each run that are differentiated (${USUAL.coordinates})`,
    ),
    objective: flag(
      "--objective <NAME>",
      `what is made small: ${OBJECTIVES.join(", ")} (${USUAL.objective})`,
      parseChoice(OBJECTIVES),
    ),
    imitation: real("--imitation <W>", `weight of imitating Adam (${USUAL.imitation})`, 0, 1e6, "weight"),
    teacherRate: real(
      "--teacher-rate <RATE>",
      `learning rate of that Adam (${USUAL.teacherRate})`,
      1e-9,
      1e3,
      "per update",
    ),
    scaling: real("--scaling <S>", `random scaling by exp(U(-S, S)) (${USUAL.scaling})`, 0, 20, "logarithm"),
    scaledShare: real(
      "--scaled-share <SHARE>",
      `of runs that are scaled (${USUAL.scaledShare})`,
      0,
      1,
      "share",
    ),
    rate: real("--rate <RATE>", `meta learning rate (${USUAL.rate})`, 1e-12, 1e3, "per update"),
    clipNorm: real("--clip <NORM>", `longest meta-gradient (${USUAL.clipNorm})`, 1e-9, 1e9, "norm"),
  } satisfies FlagTable<Omit<MetaOptions, "seed">>,
  ...DESIGN_FLAGS,
};

function parseDesign(text: string): string {
  if (Object.hasOwn(STEERED_DESIGNS, text))
    throw new InvalidArgumentError(`${text} is evolved, by \`npx mnemosyne-mpc evolve --design ${text}\`.`);
  return text.toLowerCase().endsWith(".json") ? parsePath(text) : parseChoice(DESIGN_NAMES)(text);
}

function parseName(text: string): string {
  if (!/^[\w.+@-]{1,100}$/.test(text))
    throw new InvalidArgumentError("Expected 1 to 100 letters, digits, or . _ + @ -");
  return text;
}

function parseRho(text: string): number | "data" {
  return text === "data" ? text : parseReal(1e-6, 1, "share")(text);
}

/** Numbers with commas between. */
function parseNumbers(parse: (text: string) => number): (text: string) => readonly number[] {
  return (text) =>
    text
      .slice(0, 1000)
      .split(",")
      .map((part) => parse(part.trim()));
}
