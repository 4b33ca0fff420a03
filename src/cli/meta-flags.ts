import { InvalidArgumentError, Option } from "commander";
import { FEATURE_MAP_KINDS } from "../cam/index.ts";
import {
  DIGIT_SOURCES,
  INPUT_KINDS,
  type InputKind,
  LEARNED_ENDING,
  META_DEFAULTS,
  OBJECTIVES,
  type Objective,
} from "../optim/index.ts";
import { DEFAULT_OPTIMIZEES, DESIGN_NAMES, type OptimizeeRef } from "../train/index.ts";
import type { SharedOptions } from "./options.ts";
import { parseOptimizees } from "./parse-optimizees.ts";
import { parseChoice, parseFile, parseInteger, parsePath, parseReal } from "./parse-values.ts";

/** The flags of `mnemosyne meta-train` as they were given. */
export type MetaFlags = Pick<SharedOptions, "seed" | "out" | "json"> & {
  readonly design?: string;
  readonly from?: string;
  readonly name?: string;
  readonly optimizees?: readonly OptimizeeRef[];
  readonly data?: string;
  readonly batch?: number;
  readonly minutes?: number;
  readonly steps?: number;
  readonly resume?: boolean;
  readonly patience?: number;
  readonly device: (typeof DEVICE_NAMES)[number];
  readonly threads: number;
  readonly validateOn?: readonly OptimizeeRef[];
  readonly horizons?: readonly number[];
  readonly starts?: number;
  readonly validateMinutes: number;
  readonly validateSteps?: number;
  readonly saveMinutes: number;
  readonly unroll?: number;
  readonly runLength?: number;
  readonly lastRunLength?: number;
  readonly lanes?: number;
  readonly coordinates?: number;
  readonly objective?: Objective;
  readonly imitation?: number;
  readonly teacherRate?: number;
  readonly scaling?: number;
  readonly scaledShare?: number;
  readonly rate?: number;
  readonly clip?: number;
  readonly inputs?: InputKind;
  readonly width?: number;
  readonly outputScale?: number;
  readonly taus?: readonly number[];
  readonly feedForward?: number;
  readonly map?: (typeof MAPS)[number];
  readonly features?: number;
  readonly rho?: number | "data";
  readonly slices?: number;
  readonly featureSeed?: number;
  readonly cells?: number;
};

const DEVICE_NAMES = ["auto", "cpu", "webgpu", "cuda"] as const;
const MAPS = [...FEATURE_MAP_KINDS, "cache"] as const;

/** The verb's own flags, those that every verb may have left out. */
export function metaOptions(): Option[] {
  return [...runOptions(), ...validationOptions(), ...trainingOptions(), ...designOptions()];
}

function runOptions(): Option[] {
  return [
    new Option("--resume", "go on from the checkpoint in --out"),
    new Option(
      "--design <NAME|FILE.json>",
      `one of ${DESIGN_NAMES.join(", ")}, or a file (mnemosyne)`,
    ).argParser(parseDesign),
    new Option("--from <FILE.mnos>", "go on from a trained optimizer, with its design").argParser(
      parseFile(LEARNED_ENDING),
    ),
    new Option("--name <NAME>", "of the optimizer (that of its design)").argParser(parseName),
    new Option(
      "--optimizees <LIST>",
      `what to train on, each in runs of its own; NAME@N on images made smaller by N (${DEFAULT_OPTIMIZEES.map(({ label }) => label).join(",")})`,
    ).argParser(parseOptimizees),
    new Option(
      "--data <SET>",
      `${Object.keys(DIGIT_SOURCES).join(", ")}, synthetic, or a folder of IDX files (mnist)`,
    ).argParser(parsePath),
    new Option("--batch <N>", "images per step (128)").argParser(parseInteger(1, 100_000)),
    new Option("--minutes <MIN>", "time to train; the rate falls over it (60)").argParser(
      parseReal(0.01, 1e6, "min"),
    ),
    new Option("--steps <N>", "meta-updates to train").argParser(parseInteger(1, 1e9)),
    new Option("--patience <N>", "end after so many validations without a better one (0: never)").argParser(
      parseInteger(0, 1e6),
    ),
    new Option("--device <NAME>", `where to compute: ${DEVICE_NAMES.join(", ")}`)
      .argParser(parseChoice(DEVICE_NAMES))
      .default("cpu"),
    new Option("--threads <N>", "threads on the CPU").argParser(parseInteger(1, 1024)).default(1),
    new Option("--save-minutes <MIN>", "time between checkpoints")
      .argParser(parseReal(0, 1e6, "min"))
      .default(2),
  ];
}

function validationOptions(): Option[] {
  return [
    new Option("--validate-on <LIST>", "optimizees of the validation (those of --optimizees)").argParser(
      parseOptimizees,
    ),
    new Option(
      "--horizons <LIST>",
      "steps after which it takes losses (100, 500 and the longest run)",
    ).argParser(parseNumbers(parseInteger(1, 1e6))),
    new Option("--starts <N>", "its runs of each optimizee (1)").argParser(parseInteger(1, 1000)),
    new Option("--validate-minutes <MIN>", "time between validations")
      .argParser(parseReal(0.01, 1e6, "min"))
      .default(4),
    new Option("--validate-steps <N>", "meta-updates between validations, instead").argParser(
      parseInteger(1, 1e9),
    ),
  ];
}

function trainingOptions(): Option[] {
  const d = META_DEFAULTS;
  const whole = (flag: string, text: string, least = 1): Option =>
    new Option(`--${flag} <N>`, text).argParser(parseInteger(least, 10_000_000));
  return [
    whole("unroll", `steps that are differentiated together (${d.unroll})`),
    whole("run-length", `steps of a run (${d.runLength})`),
    whole("last-run-length", "the same at the end: runs grow towards it (that of --run-length)"),
    whole("lanes", `runs side by side (${d.lanes}, or one for each optimizee)`),
    whole("coordinates", `parameters of each run that are differentiated (${d.coordinates})`),
    new Option(
      "--objective <NAME>",
      `what is made small: ${OBJECTIVES.join(", ")} (${d.objective})`,
    ).argParser(parseChoice(OBJECTIVES)),
    new Option("--imitation <W>", `weight of imitating Adam (${d.imitation})`).argParser(
      parseReal(0, 1e6, "weight"),
    ),
    new Option("--teacher-rate <RATE>", `learning rate of that Adam (${d.teacherRate})`).argParser(
      parseReal(1e-9, 1e3, "per update"),
    ),
    new Option("--scaling <S>", `random scaling by exp(U(-S, S)) (${d.scaling})`).argParser(
      parseReal(0, 20, "logarithm"),
    ),
    new Option("--scaled-share <SHARE>", `of runs that are scaled (${d.scaledShare})`).argParser(
      parseReal(0, 1, "share"),
    ),
    new Option("--rate <RATE>", `meta learning rate (${d.rate})`).argParser(
      parseReal(1e-12, 1e3, "per update"),
    ),
    new Option("--clip <NORM>", `longest meta-gradient (${d.clipNorm})`).argParser(
      parseReal(1e-9, 1e9, "norm"),
    ),
  ];
}

/** One flag for every field of a design. */
function designOptions(): Option[] {
  const whole = (flag: string, text: string, least = 1): Option =>
    new Option(`--${flag} <N>`, text).argParser(parseInteger(least, 65_536));
  return [
    new Option("--inputs <KIND>", `how a gradient is shown: ${INPUT_KINDS.join(", ")}`).argParser(
      parseChoice(INPUT_KINDS),
    ),
    whole("width", "units of a cell"),
    new Option("--output-scale <S>", "the network's output times this is the update").argParser(
      parseReal(1e-9, 1e3, "per unit"),
    ),
    new Option("--taus <LIST>", "discount per step of each cell's memory; as many as cells").argParser(
      parseNumbers(parseReal(0, 1e3, "per step")),
    ),
    whole("feed-forward", "hidden units of a dense layer after each cell; 0: none", 0),
    new Option("--map <NAME>", `memory: ${MAPS.join(", ")}`).argParser(parseChoice(MAPS)),
    whole("features", "length of its feature vectors; with cache, gradients kept"),
    new Option("--rho <RHO>", "of the ++ maps: a number up to 1, or data").argParser(parseRho),
    whole("slices", "with --rho data, how many rho are kept"),
    new Option("--feature-seed <N>", "of the random projections").argParser(parseInteger(0, 2 ** 31 - 1)),
    whole("cells", "with lstm, layers"),
  ];
}

function parseDesign(text: string): string {
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
function parseNumbers(parse: (text: string) => number): (text: string) => number[] {
  return (text) =>
    text
      .slice(0, 1000)
      .split(",")
      .map((part) => parse(part.trim()));
}
