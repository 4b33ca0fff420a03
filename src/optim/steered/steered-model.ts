import { checkLength } from "../../base/index.ts";
import type { ParameterLayout } from "../../graph/index.ts";
import type { DirectionReader, TensorReader } from "../../rules/index.ts";
import { createDirectionModel } from "./direction-model.ts";
import { checkSteeredSpec, type SteeredSpec } from "./steered-spec.ts";
import { createTensorModel } from "./tensor-model.ts";

/** The networks of a steered optimizer: of tensors, and where there is one of coordinates. */
export type SteeredModel = {
  /** Weights of the first, and then those of the second. */
  readonly layout: ParameterLayout;
  /** @param weights (layout.total) */
  bind(weights: Float32Array): { readonly reader: TensorReader; readonly directions?: DirectionReader };
};

/** @throws ConfigError for an illegal spec */
export function createSteeredModel(spec: SteeredSpec): SteeredModel {
  checkSteeredSpec(spec);
  const tensors = createTensorModel(spec);
  const first = tensors.layout.total;
  const directions = spec.coordinates && createDirectionModel(spec.coordinates);
  const more = directions?.layout.entries ?? [];
  const layout = {
    total: first + (directions?.layout.total ?? 0),
    entries: [
      ...tensors.layout.entries,
      ...more.map((entry) => ({ ...entry, offset: first + entry.offset })),
    ],
  };
  return {
    layout,
    bind(weights) {
      checkLength("weights", weights.length, layout.total, "those of the steered optimizer's layout");
      return {
        reader: tensors.bind(weights.subarray(0, first)),
        ...(directions && { directions: directions.bind(weights.subarray(first)) }),
      };
    },
  };
}
