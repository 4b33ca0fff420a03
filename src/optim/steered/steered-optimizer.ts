import {
  createFeedbackRule,
  createOptimizer,
  type FeedbackOptions,
  type Optimizer,
} from "../../rules/index.ts";
import { createSteeredModel } from "./steered-model.ts";
import type { SteeredSpec } from "./steered-spec.ts";

/** What was learned of an optimizer whose steps are found by feedback. */
export type SteeredWeights = {
  readonly name: string;
  readonly spec: SteeredSpec;
  /** (layout.total) */
  readonly weights: Float32Array;
};

/**
 * Feedback with a learned part: a direction of unit size per tensor, steps found by feedback, corrected by what a
 * small network makes of a tensor's statistics and of its memory of them. Weights of zero make it `createFeedback`.
 *
 * @throws ConfigError for an illegal spec or option, ShapeError for another number of weights
 */
export function createSteeredOptimizer(
  { name, spec, weights }: SteeredWeights,
  { layout, horizon, clipNorm }: FeedbackOptions = {},
): Optimizer {
  const learned = createSteeredModel(spec).bind(weights);
  const { direction } = spec;
  return createOptimizer(createFeedbackRule({ name, layout, horizon, direction, ...learned }), {
    learningRate: 1,
    clipNorm,
  });
}
