import type { RunBudget } from "../../base/index.ts";
import type { JobRunner } from "../../node/index.ts";
import type { SteeredSpec } from "../../optim/index.ts";

/** What an evolution was asked for. */
export type EvolveJob = {
  readonly name: string;
  readonly spec: SteeredSpec;
  /** Weights of the linear read-out to begin with, and where they are from. (STATISTICS * 2) */
  readonly linear?: Float32Array;
  readonly from?: string;
  readonly pairs: number;
  /** Whole runs of each candidate. */
  readonly runs: number;
  readonly rate: number;
  /** Validations: after so many generations, and the runs of each task in them; absent: none. */
  readonly validation?: { readonly every: number; readonly starts: number };
  /** Which weights are written: the last, or the best by validation. */
  readonly keep: "last" | "best";
  /** Whether runs are on drawn images, to try it without published ones. */
  readonly synthetic?: true;
  /** Candidates that are scored at a time, or what has them scored elsewhere; changes nothing but the time. */
  readonly by: number | JobRunner;
  readonly budget: RunBudget;
  readonly seed: number;
  readonly out: string;
  readonly resume: boolean;
  /** The command line, for the card. */
  readonly command: string;
};

/** A validation, as the log has it. */
type EvolveValidationLine = {
  readonly type: "validation";
  readonly step: number;
  readonly seconds: number;
  /** Median log ratio of the losses to those of the first weights. */
  readonly score: number;
};

/** One generation, as the log has it. */
type GenerationLine = {
  readonly type: "generation";
  readonly step: number;
  readonly seconds: number;
  /** Processor time of this process since it began. [s] */
  readonly cpu: number;
  /** Mean half difference of the pairs' scores: how much there is to choose between. */
  readonly difference: number;
  /** Euclidean norm of the weights. */
  readonly norm: number;
};

export type EvolveLine = GenerationLine | EvolveValidationLine;
