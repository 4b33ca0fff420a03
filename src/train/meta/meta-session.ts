import type { RunResult } from "../../base/index.ts";
import { createExecutor, resolveDevice } from "../../graph/node.ts";
import {
  createRunProgress,
  createSmoothed,
  formatDuration,
  InterruptedError,
  openRunLog,
  type RunContext,
  writeFileAtomic,
} from "../../node/index.ts";
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
import { drawMetaCurves } from "./meta-curves.ts";
import { createMetaLineWriter, type MetaLine } from "./meta-log.ts";
import { type MetaJob, type MetaSetup, problemOf, setUpMetaTraining } from "./meta-setup.ts";
import { type MetaSummary, summarizeMeta } from "./meta-summary.ts";
import { createMetaValidation, type MetaValidation } from "./meta-validation.ts";
import { writeOptimizer } from "./write-optimizer.ts";

/** Validations are the same in every run, so that runs can be compared. */
const JUDGE_SEED = 20_231_101;

/** Meta-trains a learned optimizer into a folder, or goes on with it. */
export async function runMetaSession(job: MetaJob, context: RunContext): Promise<MetaSummary> {
  const { output, now, stderr, signal } = context;
  const log = (line: string): void => output.log(`meta-train: ${line}`);
  const setup = await setUpMetaTraining(job, log);
  const { folder, plan, tasks } = setup;
  const { threads, request } = job;
  // Asked for last, since it takes a second and what is illegal is found without.
  const { device, reason } = await resolveDevice(job.device);
  log(`device ${reason}`);
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
    judge = await createMetaJudge({
      model: trainer.model,
      tasks: tasks.judged,
      horizons: plan.horizons,
      starts: plan.starts,
      seed: JUDGE_SEED,
      createExecutor: open,
    });
    log(
      `${plan.name}, ${trainer.model.layout.total} weights; ${plan.optimizees.map(({ label }) => label).join(", ")}`,
    );
    const progress = createRunProgress(stderr, now);
    const say = (line: string): void => {
      progress.clear();
      log(line);
    };
    const lines = await openRunLog<MetaLine>(folder.log, folder.from?.snapshot.position.step ?? 0);
    const validation = createMetaValidation(setup, judge, lines, say, signal);
    await validation.baseline();
    const addLine = createMetaLineWriter(lines);
    const smooth = createSmoothed();
    let last: MetaProgress | undefined;
    const result = await runSession(setup, trainer, validation, context, (report) => {
      last = report;
      addLine(report);
      const loss = smooth(report.loss);
      progress.update(report.used, () => [
        `meta-train: ${report.step} updates`,
        `${report.perSecond.toPrecision(3)}/s`,
        `loss ${loss.toPrecision(4)}`,
        `imitation ${report.imitation.toPrecision(3)}`,
        ...(report.diverged > 0 ? [`${report.diverged} runs diverged`] : []),
      ]);
    });
    progress.clear();
    const { best, step, seconds } = result.position;
    if (result.end === "interrupted")
      throw new InterruptedError(
        `interrupted after ${step} meta-updates; the checkpoint is in ${job.out}, the same command with --resume goes on`,
      );
    await writeOptimizer(setup, best?.weights ?? trainer.weights(), best?.step ?? step);
    await writeFileAtomic(folder.curves, drawMetaCurves(plan, lines.lines));
    const { card, summary } = summarizeMeta(
      setup,
      { model: trainer.model, device, result, last },
      lines.lines,
    );
    await writeFileAtomic(folder.card, card);
    say(`${step} meta-updates in ${formatDuration(1000 * seconds)}, ended by ${result.end}`);
    return summary;
  } finally {
    await trainer?.dispose();
    await judge?.dispose();
  }
}

function runSession(
  { job, folder, plan, tasks }: MetaSetup,
  trainer: MetaTrainer,
  validation: MetaValidation,
  { now, signal }: RunContext,
  onStep: Parameters<typeof runMetaTraining>[0]["onStep"],
): Promise<RunResult> {
  const { steps, minutes } = job.validateEvery;
  const { spec, options, ...notes } = plan;
  return runMetaTraining({
    trainer,
    budget: plan.budget,
    patience: plan.patience,
    from: folder.from?.snapshot,
    validateFirst: plan.from !== null,
    clock: () => now() / 1000,
    validateEvery: { steps, seconds: minutes === undefined ? undefined : 60 * minutes },
    saveEvery: { seconds: 60 * job.saveMinutes },
    validate: validation.validate,
    save: (snapshot) =>
      writeFileAtomic(
        folder.checkpoint,
        encodeMetaCheckpoint({
          spec,
          options,
          problem: problemOf(plan, tasks),
          notes: notes as unknown as PlainData,
          snapshot,
        }),
      ),
    onStep,
    signal,
  });
}
