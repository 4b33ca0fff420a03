import { checkUnchanged, describeChanges, FormatError } from "../../base/index.ts";
import { type PlainData, packState, unpackState } from "../../rules/index.ts";
import type { LearnedSpec } from "../learned/learned-spec.ts";
import type { MetaOptions } from "./meta-options.ts";
import type { MetaProgress, MetaSnapshot } from "./meta-run.ts";

const FORMAT = "mnemosyne-meta-checkpoint-1";

/** What is trained on: a run that goes on cannot change it. */
export type MetaProblem = {
  /** Names of the optimizees, in order. */
  readonly optimizees: readonly string[];
  /** Images per step. */
  readonly batch: number;
  /** Tells images apart; none for optimizees without. */
  readonly data?: string;
};

/** All that a meta-training run needs to go on exactly. */
export type MetaCheckpoint = {
  readonly spec: LearnedSpec;
  readonly options: MetaOptions;
  readonly problem: MetaProblem;
  /** What the caller wants to find again. */
  readonly notes: PlainData;
  readonly snapshot: MetaSnapshot;
  /** What the log was not told of yet: reports of the updates since its last line. */
  readonly untold?: readonly MetaProgress[];
};

/** A checkpoint as bytes that give it back bit for bit. */
export function encodeMetaCheckpoint(checkpoint: MetaCheckpoint): Uint8Array {
  return packState({ format: FORMAT, ...checkpoint } as unknown as PlainData);
}

/** @throws FormatError for bytes that are cut short, changed, or something else */
export function decodeMetaCheckpoint(bytes: Uint8Array): MetaCheckpoint {
  return metaCheckpointOf(unpackState(bytes));
}

/** A checkpoint of what its bytes hold. @throws FormatError for something else */
export function metaCheckpointOf(data: PlainData): MetaCheckpoint {
  const found = data as unknown as (Partial<MetaCheckpoint> & { format?: string }) | null;
  if (found?.format !== FORMAT)
    throw new FormatError(
      `not a checkpoint of meta-training: its format is "${found?.format}", expected "${FORMAT}"`,
    );
  const { format, ...checkpoint } = found;
  for (const name of ["spec", "options", "problem", "notes", "snapshot"] as const)
    if (checkpoint[name] === undefined)
      throw new FormatError(`checkpoint of meta-training has no ${name}: written by another version`);
  return checkpoint as MetaCheckpoint;
}

/** Options that the state of the lanes depends on. */
const FIXED = ["lanes", "coordinates", "scaling", "scaledShare", "seed"] as const;

/**
 * Checks that a run can go on from a checkpoint.
 *
 * @returns what differs and may, for people
 * @throws ConfigError naming what differs and may not
 */
export function checkMetaCheckpoint(
  checkpoint: MetaCheckpoint,
  { spec, options, problem }: Pick<MetaCheckpoint, "spec" | "options" | "problem">,
): string[] {
  const made = "the checkpoint was made with";
  checkUnchanged(made, checkpoint.spec, spec);
  checkUnchanged(made, checkpoint.problem, problem, ["optimizees", "batch", "data"]);
  checkUnchanged(made, checkpoint.options, options, FIXED);
  return describeChanges(checkpoint.options, options);
}
