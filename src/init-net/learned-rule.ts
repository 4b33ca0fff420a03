import type { ParameterLayout } from "../graph/index.ts";
import {
  type AnyLearned,
  createLearnedOptimizer,
  createSteeredOptimizer,
  type LearnedWeights,
  type SteeredWeights,
} from "../optim/index.ts";
import {
  createAdam,
  createPartition,
  FEEDBACK_LAW,
  fanIn,
  HYBRID_DEFAULTS,
  type Optimizer,
  type TensorPlace,
} from "../rules/index.ts";

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
 * A learned optimizer, alone or with Adam for biases and gains, whose updates of a matrix are multiplied by
 * `1 / sqrt(fan-in)` and of a vector by 0.1.
 *
 * It was trained on small perceptrons, and its updates are absolute: those that suit a layer of 20 inputs change what a unit of
 * 758 inputs gives by many times its size, and every relu dies.
 *
 * @param rate share of the updates that is made; multiplies both parts
 * @param adamRate learning rate of Adam
 * @param horizon updates of the whole run, for optimizers that find their steps by feedback: these move everything, and
 *   have no rate
 */
export function createLearnedRule(
  learned: AnyLearned,
  layout: ParameterLayout,
  { hybrid }: Pick<LearnedChoice, "hybrid">,
  adamRate: number,
  rate: () => number,
  horizon?: number,
): Optimizer {
  if (learned.spec.kind === "steered")
    return createSteeredOptimizer(learned as SteeredWeights, { layout, horizon });
  const { name } = learned;
  const scaled = (factor: number): Optimizer =>
    createLearnedOptimizer(learned as LearnedWeights, { learningRate: () => rate() * factor });
  const isTaken = ({ shape, size }: TensorPlace): boolean =>
    shape.length > 1 && (!hybrid || size <= HYBRID_DEFAULTS.largest);
  const fans = [...new Set(layout.entries.filter(isTaken).map(fanIn))].sort((a, b) => a - b);
  const rest = hybrid ? createAdam({ learningRate: () => rate() * adamRate }) : scaled(FEEDBACK_LAW.vector);
  return createPartition({
    layout,
    name: `${name}-by-fan-in${hybrid ? "-adam" : ""}`,
    parts: [
      ...fans.map((fan) => ({
        optimizer: scaled(fan ** -0.5),
        select: (place: TensorPlace) => isTaken(place) && fanIn(place) === fan,
      })),
      { optimizer: rest },
    ],
  });
}
