import { hashSeed } from "../../base/index.ts";
import { describeMachine, type Progress } from "../../node/index.ts";
import { EXPERT_VARIANCES, type ExpertsRow, expertSteps, memformerExperts } from "./memformer-experts.ts";
import type { CovarianceName, MemformerModel } from "./memformer-models.ts";
import {
  type MemformerJob,
  type MemformerReference,
  type MemformerRow,
  memformerReferences,
  runMemformerJob,
} from "./memformer-study.ts";
import type { MemformerBudget } from "./train-memformer.ts";

/** Losses over layers, over heads, over the number of prompts to train on, and of experts on new distributions. */
export const MEMFORMER_STUDIES = ["layers", "heads", "tasks", "experts"] as const;
export type MemformerStudy = (typeof MEMFORMER_STUDIES)[number];

/** What `memformer` is asked for. */
export type MemformerRequest = Omit<MemformerBudget, "seed"> & {
  readonly studies: readonly MemformerStudy[];
  readonly models: readonly MemformerModel[];
  readonly covariances: readonly CovarianceName[];
  /** Layers at most. */
  readonly layers: number;
  readonly seed: number;
  readonly seeds: number;
};

export type MemformerResult = MemformerRequest & {
  readonly verb: "memformer";
  readonly status: "done" | "interrupted";
  readonly rows: readonly (MemformerRow & { readonly study: MemformerStudy })[];
  readonly references: readonly MemformerReference[];
  readonly experts: readonly (ExpertsRow & { readonly seed: number })[];
  readonly expert_variances: readonly number[];
  readonly machine: ReturnType<typeof describeMachine>;
};

/** Heads of the study of heads. */
const HEADS = [1, 2, 4];
/** Prompts to train on, of the study of tasks. */
const TASKS = [30, 100, 300, 1000, 3000, 10_000];

/** Experts of one training and what came of them. */
type TrainedExperts = MemformerBudget & { readonly layers: number; readonly rows: readonly ExpertsRow[] };

/** Everything that was ever trained in a folder. */
export type MemformerTrained = {
  readonly rows: readonly MemformerRow[];
  readonly experts: readonly TrainedExperts[];
};

/** What surrounds the studies. */
export type MemformerSurroundings = {
  readonly signal: AbortSignal;
  /** Begins a meter over so many updates. */
  readonly progress: (steps: number) => Progress;
  /** What is there already; it is not trained again. */
  readonly before?: MemformerTrained;
  /** Called with everything, earlier and new, whenever a network is done. */
  readonly keep?: (trained: MemformerTrained) => Promise<void>;
};

/**
 * Trains what a request asks for, one network after the other.
 *
 * @returns what there is, also where the signal ended it early
 */
export async function memformerAll(
  request: MemformerRequest,
  { signal, progress, before = { rows: [], experts: [] }, keep }: MemformerSurroundings,
): Promise<MemformerResult> {
  const { studies, covariances, layers, steps, batch, rate, judge, seed, seeds } = request;
  const runSeeds = Array.from({ length: seeds }, (_, i) => hashSeed(seed, i));
  const jobs = studies.flatMap((study) => runSeeds.flatMap((own) => jobsOf(study, request, own)));
  const budgets = studies.includes("experts")
    ? runSeeds.map((own) => ({ steps, batch, rate, judge, seed: own, layers }))
    : [];
  const meter = progress(jobs.length * steps + budgets.length * expertSteps({ steps }));
  let done = 0;
  const advance = (more: number): void => {
    done += more;
    meter.update(done);
  };
  const around = { signal, onStep: () => advance(1) };
  let trained = before;
  const add = async (more: Partial<MemformerTrained>): Promise<void> => {
    const { rows = [], experts = [] } = more;
    trained = { rows: [...trained.rows, ...rows], experts: [...trained.experts, ...experts] };
    await keep?.(trained);
  };
  const rows: MemformerResult["rows"][number][] = [];
  const experts: MemformerResult["experts"][number][] = [];
  try {
    for (const { study, job } of jobs) {
      const known = trained.rows.find((row) => isSame(row, job, ["log_loss", "error", "train_log_loss"]));
      const row = known ?? (await runMemformerJob(job, around));
      if (known === undefined) await add({ rows: [row] });
      else advance(steps);
      rows.push({ ...row, study });
    }
    for (const budget of budgets) {
      const known = trained.experts.find((one) => isSame(one, budget, ["rows"]));
      const one = known ?? { ...budget, rows: await memformerExperts(layers, budget, around) };
      if (known === undefined) await add({ experts: [one] });
      else advance(expertSteps(budget));
      experts.push(...one.rows.map((row) => ({ ...row, seed: budget.seed })));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  meter.finish();
  return {
    verb: "memformer",
    status: signal.aborted ? "interrupted" : "done",
    ...request,
    rows,
    references: studies.includes("layers")
      ? covariances.flatMap((name) => memformerReferences(name, layers, { judge, seed: runSeeds[0] }))
      : [],
    experts,
    expert_variances: EXPERT_VARIANCES,
    machine: describeMachine(),
  };
}

function jobsOf(
  study: MemformerStudy,
  { models, covariances, layers, steps, batch, rate, judge }: MemformerRequest,
  seed: number,
): { study: MemformerStudy; job: MemformerJob }[] {
  const base = { steps, batch, rate, judge, seed, heads: 1, layers };
  const asJobs = (jobs: readonly MemformerJob[]) => jobs.map((job) => ({ study, job }));
  if (study === "experts") return [];
  if (study === "layers")
    return asJobs(
      covariances.flatMap((covariance) =>
        models.flatMap((model) =>
          Array.from({ length: layers }, (_, l) => ({ ...base, model, covariance, layers: l + 1 })),
        ),
      ),
    );
  if (study === "heads")
    return asJobs(
      covariances.flatMap((covariance) =>
        HEADS.map((heads) => ({ ...base, model: "lfom", covariance, heads }) as const),
      ),
    );
  return asJobs(
    covariances.flatMap((covariance) =>
      TASKS.map((tasks) => ({ ...base, model: "lfom-full", covariance, tasks }) as const),
    ),
  );
}

/** Whether a result is that of a job: all its fields but those of its outcome. */
function isSame<Job extends object>(result: Job, job: Job, outcome: readonly string[]): boolean {
  const asked = new Map<string, unknown>(Object.entries(job));
  const found = new Map<string, unknown>(Object.entries(result).filter(([name]) => !outcome.includes(name)));
  return asked.size === found.size && [...asked].every(([name, value]) => found.get(name) === value);
}
