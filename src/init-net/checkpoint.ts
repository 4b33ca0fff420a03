import { checkUnchanged, describeChanges, FormatError } from "../base/index.ts";
import { type PlainData, packState, unpackState } from "../rules/index.ts";
import { trainedBody } from "./net-fit.ts";
import type { NetSpec } from "./net-spec.ts";
import { DEFAULT_TRAIN_OPTIONS, type TrainOptions } from "./train-options.ts";
import type { TrainProgress, TrainSnapshot } from "./trainer.ts";

const FORMAT = "mnemosyne-checkpoint-2";
/** The format before, which is still read: other names for the best weights, and no word on the last validation. */
const FORMAT_1 = "mnemosyne-checkpoint-1";

/** All that a run needs to go on exactly. */
export type Checkpoint = {
  readonly spec: NetSpec;
  readonly options: TrainOptions;
  /** What it is trained on: the same for the same examples in the same order. */
  readonly data: { readonly fingerprint: string; readonly examples: number };
  /** What it was computed with, for people. */
  readonly engine: string;
  readonly snapshot: TrainSnapshot;
  /** What the log was not told of yet: reports of the updates since its last line. */
  readonly untold?: readonly TrainProgress[];
};

/** A checkpoint as bytes that give it back bit for bit. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return packState({ format: FORMAT, ...checkpoint } as unknown as PlainData);
}

/** @throws FormatError for bytes that are cut short, changed, or something else */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  return checkpointOf(unpackState(bytes));
}

/** A checkpoint of what its bytes hold. @throws FormatError for something else */
export function checkpointOf(found: PlainData): Checkpoint {
  const { format, ...checkpoint } = (found ?? {}) as unknown as Partial<Checkpoint> & { format?: string };
  if (format === FORMAT_1) return renewed(checkpoint as Checkpoint);
  if (format !== FORMAT)
    throw new FormatError(`not a checkpoint of training: its format is "${format}", expected "${FORMAT}"`);
  return checkpoint as Checkpoint;
}

/** A checkpoint of the first format in terms of this one. */
function renewed(checkpoint: Checkpoint): Checkpoint {
  const { snapshot } = checkpoint;
  type OldBest = { readonly step: number; readonly metric: number; readonly parameters: Float32Array };
  const old = snapshot.position.best as unknown as OldBest | undefined;
  const best = old && { step: old.step, score: old.metric, weights: old.parameters };
  const position = { ...snapshot.position, best, validated: snapshot.position.step };
  return { ...checkpoint, snapshot: { ...snapshot, position } };
}

/** Options that decide the way of the parameters: a run that goes on cannot change them. */
const FIXED = ["optimizer", "batch", "seed", "mirror", "ema", "loss", "kindWeights"] as const;

/**
 * Checks that a run can go on from a checkpoint.
 *
 * @returns what differs and may, for people
 * @throws ConfigError naming what differs and may not
 */
export function checkCheckpoint(checkpoint: Checkpoint, spec: NetSpec, options: TrainOptions): string[] {
  const made = "the checkpoint was made with";
  const { options: design, ...problem } = spec;
  const { options: oldDesign, ...oldProblem } = checkpoint.spec;
  checkUnchanged(made, oldDesign, design);
  // A checkpoint of before does not say its body, nor may anybody know it.
  checkUnchanged(made, { ...oldProblem, body: trainedBody(oldProblem) ?? problem.body }, problem);
  // Options that are younger than the checkpoint have their defaults.
  const before: TrainOptions = { ...DEFAULT_TRAIN_OPTIONS, ...checkpoint.options };
  checkUnchanged(made, before, options, FIXED);
  const rules = [before.learned ?? {}, options.learned ?? {}] as const;
  checkUnchanged(`${made} the learned optimizer's`, ...rules, ["id", "hybrid"]);
  return describeChanges(before, options);
}
