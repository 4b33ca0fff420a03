import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../node/index.ts";
import type { OptimizeRecord } from "../../optim/node.ts";
import { codeId } from "./code-id.ts";
import type { OptimizerChoice } from "./optimizer-list.ts";
import type { RunJob } from "./run-job.ts";

/** Changes when a run with the same settings would give another result. */
const FORMAT = "mnemosyne-optimize-2";

/** What tells one run from another, but for its length. */
export type RunKey = {
  readonly job: RunJob;
  /** Of the images, so that another set of the same name is another run. */
  readonly dataId?: string;
  /** Of a learned optimizer's file. */
  readonly optimizerId?: string;
};

type StoredRun = { readonly format: string; readonly key: object; readonly record: OptimizeRecord };

/** The runs that a folder holds, one file each; one that other code made is not found. */
export function createRunFiles(folder: string, nameCode: () => Promise<string> = codeId) {
  let code: Promise<string> | undefined;
  const place = async (key: RunKey): Promise<{ path: string; told: object }> => {
    code ??= nameCode();
    const keyed = { code: await code, ...toldOf(key) };
    const hash = createHash("sha256").update(JSON.stringify(keyed)).digest("hex").slice(0, 10);
    const { task, optimizer, seed } = key.job;
    const name = `${task.optimizee}.${optimizer.label}.${seed}.${hash}`.replace(/[^\w.+-]/g, "_");
    return { path: join(folder, "runs", `${name}.json`), told: keyed };
  };
  return {
    /** A run that is there whole and long enough, cut to what the job asks for. */
    async find(key: RunKey): Promise<OptimizeRecord | undefined> {
      const { path, told } = await place(key);
      let stored: StoredRun;
      try {
        stored = JSON.parse(await readFile(path, "utf8"));
      } catch {
        return undefined; // not there, or cut off by a crash: it is made again
      }
      if (stored?.format !== FORMAT || JSON.stringify(stored.key) !== JSON.stringify(told)) return undefined;
      return cutTo(stored.record, key.job);
    },
    async write(key: RunKey, record: OptimizeRecord): Promise<void> {
      const { path, told } = await place(key);
      const stored: StoredRun = { format: FORMAT, key: told, record };
      await writeFileAtomic(path, `${JSON.stringify(stored)}\n`);
    },
  };
}
/** The files of {@link createRunFiles}. */
export type RunFiles = ReturnType<typeof createRunFiles>;

/** Steps and checkpoints are left out: a longer run holds the shorter one. */
function toldOf({ job, dataId, optimizerId }: RunKey): object {
  const { optimizee, data, batch } = job.task;
  const which = told(job.optimizer, optimizerId);
  const examples = data && { pool: data.pool, heldOut: data.heldOut, most: data.most, id: dataId };
  const { encoder, ...options } = data?.options ?? {};
  return {
    optimizee,
    images: examples,
    ...(Object.keys(options).length > 0 && { options }),
    batch,
    optimizer: which,
    seed: job.seed,
  };
}

/** An optimizer without what it is called; of files, `id` says which they are. */
function told({ label, ...optimizer }: OptimizerChoice, id: string | undefined): object {
  if (optimizer.kind === "classic") return optimizer;
  const { kind, horizon } = optimizer;
  if (kind === "learned") return { kind, id, horizon };
  return {
    kind,
    id,
    groups: optimizer.groups.map(({ tensors, choice }) => [tensors, told(choice, undefined)]),
  };
}

/** The beginning of a run; undefined where it is too short or was judged elsewhere, or skipped steps later. */
function cutTo(record: OptimizeRecord, { task: { steps, checkpoints } }: RunJob): OptimizeRecord | undefined {
  if (record.train.length < steps) return undefined;
  if (record.train.length > steps && record.skipped > 0) return undefined;
  const judged = checkpoints.map((step) => record.checkpoints.find((one) => one.step === step));
  if (judged.some((one) => one === undefined)) return undefined;
  return {
    ...record,
    train: record.train.slice(0, steps),
    checkpoints: judged as OptimizeRecord["checkpoints"],
  };
}
