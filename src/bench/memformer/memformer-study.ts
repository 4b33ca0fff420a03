import { createRng, hashSeed } from "../../base/index.ts";
import {
  conjugateGradients,
  createMemformer,
  drawMixture,
  FIXED_STEP_METHODS,
  type FixedStepMethod,
  leastSharedLoss,
  lossForm,
  runMemformer,
  tuneFixedStep,
} from "../../optim/index.ts";
import { COVARIANCES, type CovarianceName, type MemformerModel, specOf } from "./memformer-models.ts";
import {
  type JudgedLoss,
  judgeErrors,
  judgingPrompts,
  type MemformerBudget,
  type TrainAround,
  trainMemformer,
} from "./train-memformer.ts";

/** One network to train and judge; plain data. */
export type MemformerJob = MemformerBudget & {
  readonly model: MemformerModel;
  readonly covariance: CovarianceName;
  readonly layers: number;
  readonly heads: number;
  /** Prompts there are to train on; fresh ones for every step where absent. */
  readonly tasks?: number;
};

/** What came of a job: losses as natural logarithms, and their standard errors. */
export type MemformerRow = MemformerJob & {
  readonly log_loss: number;
  readonly error: number;
  /** On the training's own prompts, where they are a fixed set. */
  readonly train_log_loss?: number;
};

/** A reference that nothing was trained for. */
export type MemformerReference = {
  readonly covariance: CovarianceName;
  readonly layers: number;
  /** The least loss of any method with coefficients shared by all prompts; exact. */
  readonly shared: number;
  /** The same behind the best preconditioner, which makes the features isotropic; exact. */
  readonly preconditioned: number;
  /** One step length (and momentum) for all steps, tuned on the exact loss. */
  readonly fixed_step: Readonly<Record<FixedStepMethod, number>>;
  /** Conjugate gradients with all examples, with all but one, and judged on as few prompts as a batch: sampled. */
  readonly cg: JudgedLoss;
  readonly cg_all_but_one: JudgedLoss;
};

const TASKS_STREAM = 9;

/** Trains one network and judges it on prompts that it never saw. */
export async function runMemformerJob(job: MemformerJob, around: TrainAround = {}): Promise<MemformerRow> {
  const { model, covariance, layers, heads, tasks, seed, batch } = job;
  const family = COVARIANCES[covariance];
  const spec = specOf(model, layers, family, heads);
  const fixed =
    tasks === undefined ? undefined : drawMixture([family], tasks, createRng(hashSeed(seed, TASKS_STREAM)));
  const params = await trainMemformer(
    createMemformer({ spec, prompts: fixed ?? [family], batch }),
    job,
    around,
  );
  const judgeBy = (prompts: ReturnType<typeof judgingPrompts>): JudgedLoss =>
    judgeErrors(runMemformer(spec, params, prompts), prompts.y, layers - 1, layers);
  const { loss, error } = judgeBy(judgingPrompts(family, job.judge, seed));
  return {
    ...job,
    log_loss: Math.log(loss),
    error: error / loss,
    ...(fixed !== undefined && { train_log_loss: Math.log(judgeBy(fixed).loss) }),
  };
}

/** What networks of 1 to `most` layers are compared with. */
export function memformerReferences(
  covariance: CovarianceName,
  most: number,
  { judge, seed }: Pick<MemformerBudget, "judge" | "seed">,
): MemformerReference[] {
  const family = COVARIANCES[covariance];
  const form = lossForm(family, most);
  const whitened = lossForm({ ...family, eigenvalues: family.eigenvalues.map(() => 1) }, most);
  const prompts = judgingPrompts(family, judge, seed);
  const all = conjugateGradients(prompts, most);
  const butOne = conjugateGradients(prompts, most, family.examples - 1);
  const logOf = ({ loss, error }: JudgedLoss): JudgedLoss => ({ loss: Math.log(loss), error: error / loss });
  return Array.from({ length: most }, (_, i) => ({
    covariance,
    layers: i + 1,
    shared: Math.log(leastSharedLoss(form, i + 1)),
    preconditioned: Math.log(leastSharedLoss(whitened, i + 1)),
    fixed_step: Object.fromEntries(
      FIXED_STEP_METHODS.map((method) => [method, Math.log(tuneFixedStep(method, form, i + 1).loss)]),
    ) as Record<FixedStepMethod, number>,
    cg: logOf(judgeErrors(all.predictions, prompts.y, i, most)),
    cg_all_but_one: logOf(judgeErrors(butOne.predictions, prompts.y, i, most)),
  }));
}
