import type { RunResult } from "../../base/index.ts";
import { createExecutor, resolveDevice } from "../../graph/node.ts";
import { openRunLog, type RunContext, writeFileAtomic } from "../../node/index.ts";
import {
  createMetaJudge,
  createMetaTrainer,
  encodeMetaCheckpoint,
  type MetaJudge,
  type MetaProgress,
  type MetaTrainer,
  runMetaTraining,
} from "../../optim/index.ts";
import type { PlainData } from "../../rules/index.ts";
import { createAdam } from "../../rules/index.ts";
import { endSession } from "../run-session.ts";
import { followRun, type RunFollower } from "../session-log.ts";
import { createRunnerJudge, type Validator } from "./judge-job.ts";
import { drawMetaCurves } from "./meta-curves.ts";
import { type MetaLine, metaTrainLine } from "./meta-log.ts";
import { type MetaJob, type MetaSetup, problemOf, setUpMetaTraining } from "./meta-setup.ts";
import { type MetaSummary, summarizeMeta } from "./meta-summary.ts";
import { createMetaValidation, type MetaValidation } from "./meta-validation.ts";
import { writeOptimizer } from "./write-optimizer.ts";

/** Validations are the same in every run, so that runs can be compared. */
const JUDGE_SEED = 20_231_101;

/** Meta-trains a learned optimizer into a folder, or goes on with it. */
export async function runMetaSession(job: MetaJob, context: RunContext): Promise<MetaSummary> {
  const setup = await setUpMetaTraining(job, context);
  const { session, plan, tasks } = setup;
  const { folder, say } = session;
  const { threads, request } = job;
  // Asked for last, since it takes a second and what is illegal is found without.
  const { device, reason } = await resolveDevice(job.device);
  say(`device ${reason}`);
  const open = (model: Uint8Array, state: Readonly<Record<string, string>>) =>
    createExecutor(model, { device, threads, state });
  let trainer: MetaTrainer | undefined;
  let judge: MetaJudge | undefined;
  try {
    trainer = await createMetaTrainer({
      spec: plan.spec,
      options: plan.options,
      optimizees: tasks.trained.map(({ optimizee }) => optimizee),
      createExecutor: open,
      ...(request.from && { weights: request.from.learned.weights }),
    });
    const { model } = trainer;
    const { horizons, starts } = plan;
    if (job.by === undefined)
      judge = await createMetaJudge({
        model,
        tasks: tasks.judged,
        horizons,
        starts,
        seed: JUDGE_SEED,
        createExecutor: open,
      });
    say(
      `${plan.name}, ${model.layout.total} weights; ${plan.optimizees.map(({ label }) => label).join(", ")}`,
    );
    const log = await openRunLog<MetaLine>(folder.log, folder.from?.snapshot.position.step ?? 0);
    const validation = createMetaValidation(setup, validatorOf(setup, judge), log);
    await validation.baseline();
    const follower = followRun(session, log, metaTrainLine, wordsOf, folder.from?.untold);
    const { last } = follower;
    const result = await runSession(setup, trainer, validation, follower);
    const { step } = result.position;
    const kept = (plan.keep === "best" ? result.position.best : undefined) ?? {
      step,
      weights: trainer.weights(),
    };
    return await endSession(session, result, "meta-updates", async () => {
      await writeOptimizer(setup, kept.weights, kept.step);
      const outcome = { model, device, result, kept: kept.step, last: last() };
      return { ...summarizeMeta(setup, outcome, log.lines), curves: drawMetaCurves(plan, log.lines) };
    });
  } finally {
    await trainer?.dispose();
    await judge?.dispose();
  }
}

/** A judge here, or whatever makes its runs elsewhere. */
function validatorOf({ job, plan }: MetaSetup, judge: MetaJudge | undefined): Validator {
  if (judge === undefined) return createRunnerJudge(job.by!, plan, JUDGE_SEED);
  return {
    judge: judge.judge,
    judgeAdam: (learningRate, signal) => judge.judgeOther(createAdam({ learningRate }), signal),
  };
}

function runSession(
  { session, plan, tasks }: MetaSetup,
  trainer: MetaTrainer,
  validation: MetaValidation,
  { onStep, untold }: RunFollower<MetaProgress>,
): Promise<RunResult> {
  const { folder, schedule } = session;
  const { spec, options, ...notes } = plan;
  const known = { spec, options, problem: problemOf(plan, tasks), notes: notes as unknown as PlainData };
  return runMetaTraining({
    ...schedule,
    trainer,
    budget: plan.budget,
    patience: plan.patience,
    from: folder.from?.snapshot,
    validateFirst: plan.from !== null,
    validate: validation.validate,
    save: (snapshot) =>
      writeFileAtomic(folder.checkpoint, encodeMetaCheckpoint({ ...known, snapshot, untold: untold() })),
    onStep,
  });
}

/** What the meter says of a meta-update. */
function wordsOf({ perSecond, imitation, diverged }: MetaProgress, loss: string): string[] {
  return [
    `${perSecond.toPrecision(3)}/s`,
    loss,
    `imitation ${imitation.toPrecision(3)}`,
    ...(diverged > 0 ? [`${diverged} runs diverged`] : []),
  ];
}
