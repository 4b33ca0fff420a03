import { ConfigError } from "../../base/index.ts";
import { checkMetaCheckpoint, type MetaProblem } from "../../optim/index.ts";
import { type MetaFolder, openMetaFolder } from "./meta-folder.ts";
import { type MetaPlan, type MetaRequest, type PlanNotes, resolveMetaPlan } from "./meta-request.ts";
import { type MetaTasks, openMetaTasks } from "./meta-tasks.ts";

/** Everything that one call of `meta-train` was asked for. */
export type MetaJob = {
  readonly request: MetaRequest;
  readonly out: string;
  readonly resume: boolean;
  /** A device, or "auto". */
  readonly device: string;
  /** Threads on the CPU. */
  readonly threads: number;
  readonly validateEvery: { readonly steps?: number; readonly minutes?: number };
  readonly saveMinutes: number;
  /** The command line, for the card. */
  readonly command: string;
};

/** A run before its first update. */
export type MetaSetup = {
  readonly job: MetaJob;
  readonly folder: MetaFolder;
  readonly plan: MetaPlan;
  readonly tasks: MetaTasks;
};

/** Opens the folder, settles the plan and reads the data. */
export async function setUpMetaTraining(job: MetaJob, log: (line: string) => void): Promise<MetaSetup> {
  const folder = await openMetaFolder(job.out, job.resume);
  const { from } = folder;
  if (job.resume && from === undefined) log(`no checkpoint in ${job.out} yet, meta-training begins`);
  const plan = await resolveMetaPlan(job.request, from);
  const tasks = await openMetaTasks(plan);
  if (from !== undefined) {
    const { spec, options } = plan;
    const changes = checkMetaCheckpoint(from, { spec, options, problem: problemOf(plan, tasks) });
    for (const change of changes) log(`goes on, but ${change}`);
    checkValidation(from.notes as unknown as PlanNotes, plan);
  }
  return { job, folder, plan, tasks };
}

/** Scores of other validations cannot be compared with the best so far. */
function checkValidation(was: PlanNotes, is: MetaPlan): void {
  for (const name of ["judgedBy", "horizons", "starts"] as const) {
    const [before, now] = [JSON.stringify(was[name]), JSON.stringify(is[name])];
    if (before !== now)
      throw new ConfigError(
        `the checkpoint's validation has ${name} ${before}, now it is ${now}: ` +
          "give the same options, or train anew into another folder",
      );
  }
}

/** What a checkpoint says it was trained on. */
export function problemOf({ optimizees, batch }: MetaPlan, { data }: MetaTasks): MetaProblem {
  return { optimizees: optimizees.map(({ label }) => label), batch, ...(data && { data: data.id }) };
}
