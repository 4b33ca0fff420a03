import {
  type Checkpoint,
  type LossOptions,
  type NetOptions,
  resolveNetOptions,
  resolveTrainOptions,
  type TrainBudget,
  type TrainOptions,
} from "../../init-net/index.ts";
import { PRESETS, type PresetName } from "./presets.ts";

/** What the command line says of a run; what it does not say comes from the preset, or from the checkpoint. */
export type TrainRequest = {
  readonly preset?: PresetName;
  readonly net: Partial<NetOptions>;
  readonly train: Partial<Omit<TrainOptions, "loss" | "budget">>;
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

/** Fills in a request. @throws ConfigError for what is not legal */
export function resolveRequest(request: TrainRequest, from?: Checkpoint): ResolvedRequest {
  const preset = PRESETS[request.preset ?? DEFAULT_PRESET];
  const base =
    from === undefined || request.preset !== undefined
      ? preset
      : { net: from.spec.options, train: from.options, scenes: preset.scenes };
  const { steps, minutes, epochs } = request.budget;
  const asked = steps !== undefined || minutes !== undefined || epochs !== undefined;
  return {
    net: resolveNetOptions({ ...base.net, ...given(request.net) }),
    train: resolveTrainOptions({
      ...base.train,
      ...given(request.train),
      loss: { ...base.train.loss, ...given(request.loss) },
      budget: asked ? given(request.budget) : base.train.budget,
    }),
    scenes: request.scenes ?? base.scenes,
  };
}

/** Without what was not said. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
