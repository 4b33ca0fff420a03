import { availableParallelism } from "node:os";
import { UsageError } from "../../node/index.ts";
import { openStore, serveQueue, shownUrl } from "../../queue/index.ts";
import { COLLECT_SHARD, EVOLVE_SCORE, META_JUDGE } from "../../train/index.ts";
import { BENCH_DRIVE } from "../bench-drive.ts";
import { flag, switchFlag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseInteger, parseReal } from "../parse-values.ts";
import { QUEUE_FLAGS } from "../queue-flags.ts";
import { EVALUATE_RUN } from "../run-scenario.ts";
import { defineVerb } from "../verb.ts";

const FLAGS = {
  queue: { ...QUEUE_FLAGS.queue, text: "where jobs wait: redis://HOST:6379" },
  store: { ...QUEUE_FLAGS.store, text: "where files of jobs are: a folder or s3://BUCKET/PREFIX" },
  jobs: flag("--jobs <N>", "jobs at a time (all cores)", parseInteger(1, 1024)),
  idle: flag("--idle <S>", "end after so long without a job [s] (never)", parseReal(0.1, 1e6, "s")),
  stall: flag(
    "--stall <S>",
    "a worker silent for so long is taken for dead [s]",
    parseReal(1, 3600, "s"),
    30,
  ),
  quiet: switchFlag("--quiet", "say nothing of single jobs"),
  ...shared("json"),
};

/** `mnemosyne worker`: does jobs of other machines. */
export const registerWorker = defineVerb({
  name: "worker",
  summary: "does the jobs that others give to a queue",
  description:
    "Takes jobs from a queue (BullMQ on a Redis server) and does them on all cores: runs of `evaluate`, shards of " +
    "`collect`, drives of `bench sqp`, candidates of `evolve`, validations of `meta-train`, whoever gave them there with --queue. Start as many as there are machines, all of " +
    "one version; each may come and go: what a dead one had begun, others do again. Ctrl-C finishes what is begun.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc worker --queue redis://10.0.0.1:6379 --store /mnt/shared",
  async action({ queue, store, jobs = availableParallelism(), idle, stall, quiet }, context) {
    const { output, signal, now, env } = context;
    if (queue === undefined) throw new UsageError("Say where jobs wait: --queue redis://HOST:6379.");
    const opened = store === undefined ? undefined : await openStore(store, env);
    output.log(
      `worker: ${jobs} at a time from ${shownUrl(queue)}${store === undefined ? "" : `, files in ${store}`}`,
    );
    const began = now();
    const served = await serveQueue({
      url: queue,
      store: opened,
      kinds: [EVALUATE_RUN, COLLECT_SHARD, BENCH_DRIVE, EVOLVE_SCORE, META_JUDGE],
      jobs,
      stall_s: stall,
      idle_s: idle,
      signal,
      say: (line) => output.log(`worker: ${line}`),
      now,
      onJob(kind, end, seconds) {
        if (end.status === "failed") output.log(`worker: ${kind} failed: ${end.message}`);
        else if (quiet !== true) output.log(`worker: ${kind} in ${seconds.toFixed(1)} s`);
      },
    });
    output.object({ verb: "worker", ...served, wall_s: Number(((now() - began) / 1000).toFixed(1)) });
    output.text(`${served.done} jobs done, ${served.failed} failed`);
    return "done";
  },
});
