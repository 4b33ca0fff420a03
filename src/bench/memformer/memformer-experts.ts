import { createRng, hashSeed } from "../../base/index.ts";
import {
  closeGate,
  createGate,
  createMemformer,
  drawMixture,
  joinExperts,
  type RegressionFamily,
  runMemformer,
} from "../../optim/index.ts";
import { specOf } from "./memformer-models.ts";
import {
  judgeErrors,
  judgingPrompts,
  type MemformerBudget,
  type TrainAround,
  trainMemformer,
} from "./train-memformer.ts";

/** Variances of the features that an expert each was trained on. */
export const EXPERT_VARIANCES = [1 / 4, 1, 4] as const;
/** Distributions that none was trained on, and the trained ones. */
const TESTED = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].flatMap((variance) =>
  [0, 1].map((mean) => ({ variance, mean: mean * Math.sqrt(variance) })),
);
/** Prompts of a new distribution that are there to adapt with, and updates. */
const ADAPT = { tasks: 512, steps: 200 } as const;
const ADAPT_STREAM = 10;

/** One distribution of features and what each way makes of it: natural logarithms of the loss. */
export type ExpertsRow = {
  readonly variance: number;
  readonly mean: number;
  /** Each expert by itself, in the order of {@link EXPERT_VARIANCES}. */
  readonly alone: readonly number[];
  /** One network of one head, trained on all the experts' prompts together. */
  readonly together: number;
  /** The experts behind a gate that was adapted to the distribution. */
  readonly gated: number;
  /** A network trained from a random start with the same prompts and as many updates as the gate. */
  readonly scratch: number;
};

const family = (variance: number, mean = 0): RegressionFamily => ({
  eigenvalues: Array<number>(5).fill(variance),
  examples: 20,
  mean,
});

/** Trains experts, joins them behind a gate, and adapts the gate to every distribution of a list. */
export async function memformerExperts(
  layers: number,
  budget: MemformerBudget,
  around: TrainAround = {},
): Promise<ExpertsRow[]> {
  const { batch, seed } = budget;
  const single = specOf("lfom", layers, family(1));
  const joint = { ...single, heads: EXPERT_VARIANCES.length };
  const train = (variances: readonly number[]): Promise<Float32Array> =>
    trainMemformer(
      createMemformer({ spec: single, prompts: variances.map((variance) => family(variance)), batch }),
      budget,
      around,
    );
  const experts: Float32Array[] = [];
  for (const variance of EXPERT_VARIANCES) experts.push(await train([variance]));
  const together = await train(EXPERT_VARIANCES);
  const mixture = joinExperts(joint, experts);
  const rows: ExpertsRow[] = [];
  for (const [i, { variance, mean }] of TESTED.entries()) {
    const tested = family(variance, mean);
    const judged = judgingPrompts(tested, budget.judge, seed);
    const judge = (spec: typeof single, params: ArrayLike<number>): number =>
      Math.log(judgeErrors(runMemformer(spec, params, judged), judged.y, layers - 1, layers).loss);
    const prompts = drawMixture([tested], ADAPT.tasks, createRng(hashSeed(seed, ADAPT_STREAM + i)));
    const short = { ...budget, steps: Math.min(ADAPT.steps, budget.steps) };
    const gate = await trainMemformer(createGate({ spec: joint, prompts, batch }, mixture), short, around);
    const scratch = await trainMemformer(createMemformer({ spec: single, prompts, batch }), short, around);
    rows.push({
      variance,
      mean,
      alone: experts.map((params) => judge(single, params)),
      together: judge(single, together),
      gated: judge(joint, closeGate(joint, mixture, gate)),
      scratch: judge(single, scratch),
    });
  }
  return rows;
}

/** Updates of {@link memformerExperts} in all. */
export function expertSteps({ steps }: Pick<MemformerBudget, "steps">): number {
  return (EXPERT_VARIANCES.length + 1) * steps + 2 * TESTED.length * Math.min(ADAPT.steps, steps);
}
