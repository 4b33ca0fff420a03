import {
  type Checkpoint,
  type LearnedChoice,
  type LossOptions,
  type NetOptions,
  resolveNetOptions,
  resolveTrainOptions,
  type StartNet,
  type TrainBudget,
  type TrainOptions,
} from "../init-net/index.ts";
import { UsageError } from "../node/index.ts";
import { OPTIMIZERS, takesRate } from "../rules/index.ts";
import { PRESETS, type PresetName } from "./presets.ts";

/** What the command line says of a run; what is not there comes from the preset, or from the checkpoint. */
export type TrainRequest = {
  readonly preset?: PresetName;
  readonly net: Partial<NetOptions>;
  readonly train: Partial<Omit<TrainOptions, "loss" | "budget" | "learned">>;
  /** A learned optimizer; `train.optimizer` is its name then. */
  readonly learned?: Omit<LearnedChoice, "hybrid">;
  /** Whether it moves matrices alone, and Adam the rest. */
  readonly hybrid?: boolean;
  readonly loss: Partial<LossOptions>;
  readonly budget: TrainBudget;
  /** Held-out scenes of each kind that are planned from predictions. */
  readonly scenes?: number;
};

export type ResolvedRequest = {
  readonly net: NetOptions;
  readonly train: TrainOptions;
  readonly scenes: number;
};

/** Trained with where neither preset nor checkpoint is named. */
const DEFAULT_PRESET: PresetName = "mnemosyne";

/** Of a learned optimizer, which was meta-trained to need none, and of one that finds its steps itself. */
const UNSCHEDULED = { schedule: "constant", warmup: 0 } as const;

/** Fills in a request. @param start a network whose kind it is where the request does not say @throws ConfigError for what is not legal, UsageError for flags that do not go together */
export function resolveRequest(request: TrainRequest, from?: Checkpoint, start?: StartNet): ResolvedRequest {
  const preset = PRESETS[request.preset ?? DEFAULT_PRESET];
  const base =
    from === undefined || request.preset !== undefined
      ? preset
      : { net: from.spec.options, train: from.options, scenes: preset.scenes };
  const net = start === undefined || request.preset !== undefined ? base.net : start.spec.options;
  const learned = learnedOf(request, base.train);
  const name = request.train.optimizer ?? base.train.optimizer;
  const isRated = learned === undefined && takesRate(name);
  if (learned === undefined && !isRated) refuseRates(name, request.train);
  if (request.train.weightDecay !== undefined && (learned !== undefined || !takesDecay(name)))
    throw new UsageError(
      `--weight-decay is adamw's, and does nothing with --optimizer ${name}: leave it out.`,
    );
  return {
    net: resolveNetOptions({ ...net, ...request.net }),
    train: resolveTrainOptions({
      ...base.train,
      ...(!isRated && base.train.optimizer !== name && UNSCHEDULED),
      ...request.train,
      learned,
      loss: { ...base.train.loss, ...request.loss },
      budget: Object.keys(request.budget).length > 0 ? request.budget : base.train.budget,
    }),
    scenes: request.scenes ?? base.scenes,
  };
}

function takesDecay(name: string): boolean {
  return OPTIMIZERS[name]?.options?.includes("weightDecay") === true;
}

/** @throws UsageError for the flags of a rate */
function refuseRates(name: string, { learningRate, schedule, warmup }: TrainRequest["train"]): void {
  const flags = Object.entries({ "--lr": learningRate, "--schedule": schedule, "--warmup": warmup });
  const given = flags.find(([, value]) => value !== undefined);
  if (given !== undefined)
    throw new UsageError(
      `${given[0]} is of a learning rate, and --optimizer ${name} has none: leave it out.`,
    );
}

/** The learned optimizer that the request or else the checkpoint names. */
function learnedOf({ train, learned, hybrid }: TrainRequest, base: TrainOptions): LearnedChoice | undefined {
  const named = train.optimizer === undefined ? base.learned : learned;
  if (named === undefined) {
    if (hybrid !== undefined)
      throw new UsageError("--hybrid and --no-hybrid are for a learned --optimizer, such as mnemosyne.");
    return undefined;
  }
  const choice = { ...named, hybrid: hybrid ?? base.learned?.hybrid ?? true };
  if (!choice.hybrid && train.learningRate !== undefined)
    throw new UsageError("--lr is the rate of Adam, which moves nothing with --no-hybrid.");
  return choice;
}
