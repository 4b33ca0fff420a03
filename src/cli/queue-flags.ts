import { InvalidArgumentError } from "commander";
import { messageOf } from "../base/index.ts";
import { type JobRunner, runHere, UsageError } from "../node/index.ts";
import { checkQueueUrl, openQueueRunner, openStore } from "../queue/index.ts";
import { type FlagValues, flag } from "./flag-table.ts";
import { parsePath } from "./parse-values.ts";
import type { VerbContext } from "./verb.ts";

/** What a verb needs whose jobs may be done by workers of a queue. */
export const QUEUE_FLAGS = {
  queue: flag("--queue <URL>", "let workers do it that wait at redis://HOST:6379", parseQueue),
  store: flag(
    "--store <PATH>",
    "where files go between here and them: a folder or s3://BUCKET/PREFIX",
    parseStore,
  ),
};

/**
 * Runs `use` with whatever does jobs: threads of this process, or a queue's workers.
 *
 * @param local the flag that says how many threads there are here
 */
export async function withRunner<T>(
  { queue, store }: FlagValues<typeof QUEUE_FLAGS>,
  { env, output, isGiven }: Pick<VerbContext, "env" | "output" | "isGiven">,
  use: (run: JobRunner) => Promise<T>,
  local = "jobs",
): Promise<T> {
  if (queue === undefined) {
    if (store !== undefined) throw new UsageError("--store is where the files of a --queue are; give both.");
    return use(runHere);
  }
  if (isGiven(local))
    throw new UsageError(
      `--${local} is each worker's own where there is a --queue: give --jobs to \`npx mnemosyne-mpc worker\`.`,
    );
  const runner = await openQueueRunner(
    queue,
    store === undefined ? undefined : await openStore(store, env),
    output.log,
  );
  try {
    return await use(runner.run);
  } finally {
    await runner.close();
  }
}

/** Reads the address of a queue. */
export function parseQueue(text: string): string {
  try {
    checkQueueUrl(text);
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
  return text;
}

/** Reads the place of a store. */
export function parseStore(text: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !/^(s3|file):\/\//i.test(text))
    throw new InvalidArgumentError("Legal: a folder, or s3://BUCKET/PREFIX.");
  return parsePath(text);
}
