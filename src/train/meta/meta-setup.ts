import { checkUnchanged } from "../../base/index.ts";
import type { JobRunner, RunContext } from "../../node/index.ts";
import {
  checkMetaCheckpoint,
  type MetaCheckpoint,
  type MetaProblem,
  metaCheckpointOf,
} from "../../optim/index.ts";
import { openSession, type RunJob, type RunSession } from "../run-session.ts";
import { type MetaPlan, type MetaRequest, type PlanNotes, resolveMetaPlan } from "./meta-request.ts";
import { type MetaTasks, openMetaTasks } from "./meta-tasks.ts";

/** Everything that one call of `meta-train` was asked for. */
export type MetaJob = RunJob & {
  readonly request: MetaRequest;
  /** A device, or "auto". */
  readonly device: string;
  /** Threads on the CPU. */
  readonly threads: number;
  /** Makes the runs of validations elsewhere; absent: they are made here. */
  readonly by?: JobRunner;
};

/** A run of meta-training before its first update. */
export type MetaSetup = {
  readonly job: MetaJob;
  readonly session: RunSession<MetaCheckpoint>;
  readonly plan: MetaPlan;
  readonly tasks: MetaTasks;
};

/** Opens the folder of a meta-training run, settles the plan and reads the data. */
export async function setUpMetaTraining(job: MetaJob, context: RunContext): Promise<MetaSetup> {
  const session = await openSession("meta-train", job, context, "optimizer.mnos", metaCheckpointOf);
  const { from } = session.folder;
  const plan = await resolveMetaPlan(job.request, from);
  const tasks = await openMetaTasks(plan);
  if (from !== undefined) {
    const { spec, options } = plan;
    const changes = checkMetaCheckpoint(from, { spec, options, problem: problemOf(plan, tasks) });
    for (const change of changes) session.say(`goes on, but ${change}`);
    // Scores of other validations cannot be compared with the best so far.
    const was = from.notes as unknown as PlanNotes;
    checkUnchanged("the checkpoint's validation has", was, plan, ["judgedBy", "horizons", "starts"]);
  }
  return { job, session, plan, tasks };
}

/** What a checkpoint says it was trained on. */
export function problemOf({ optimizees, batch }: MetaPlan, { data }: MetaTasks): MetaProblem {
  return { optimizees: optimizees.map(({ label }) => label), batch, ...(data && { data: data.id }) };
}
