import type { ParameterLayout } from "../graph/index.ts";
import { createLearnedOptimizer, type LearnedWeights } from "../optim/index.ts";
import { createAdam, createHybrid, type Optimizer } from "../rules/index.ts";

/** A learned optimizer instead of one by name; plain data. */
export type LearnedChoice = {
  /** Where it was read. */
  readonly file: string;
  /** Tells its content from others. */
  readonly id: string;
  /** Whether it moves matrices alone, and Adam the rest. */
  readonly hybrid: boolean;
};

/**
 * A learned optimizer, alone or with Adam for biases and gains.
 *
 * @param rate share of the updates that is made; multiplies both parts
 * @param adamRate learning rate of Adam
 */
export function createLearnedRule(
  learned: LearnedWeights,
  layout: ParameterLayout,
  { hybrid }: Pick<LearnedChoice, "hybrid">,
  adamRate: number,
  rate: () => number,
): Optimizer {
  const matrices = createLearnedOptimizer(learned, { learningRate: rate });
  if (!hybrid) return matrices;
  return createHybrid({ layout, matrices, rest: createAdam({ learningRate: () => rate() * adamRate }) });
}
