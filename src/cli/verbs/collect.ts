import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DATASET_FORMAT } from "../../planner/dataset.ts";
import { DEFAULT_KIND_SHARES, type KindShares, resolveKindShares, SCENE_KINDS } from "../../planner/index.ts";
import type { WorldId } from "../../sim/index.ts";
import { type CollectJob, type CollectResult, worldName } from "../collect/collect-job.ts";
import {
  findShard,
  type Manifest,
  openDatasetFolder,
  type ShardRow,
  writeManifest,
} from "../collect/dataset-folder.ts";
import { firstWorlds, planShards } from "../collect/plan-shards.ts";
import { InterruptedError, UsageError } from "../errors.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { readPackageJson } from "../package-info.ts";
import { parseInteger, parseShares, parseWorldList } from "../parse-values.ts";
import { openRobot } from "../run-scenario.ts";
import { exampleText, type RegisterVerb, type VerbContext, type VerbEnd } from "../verb.ts";
import { runPool } from "../worker-pool.ts";

type CollectFlags = Pick<SharedOptions, "robot" | "seed" | "out" | "json"> & {
  readonly worlds?: WorldId[];
  readonly count: number;
  readonly examples?: number;
  readonly jobs?: number;
  readonly kinds: KindShares;
  readonly allowUnseen?: boolean;
};

/** `mnemosyne collect`: a data set of solved scenes out of closed-loop drives. */
export const registerCollect: RegisterVerb = (program, run) => {
  const verb = program
    .command("collect")
    .summary("a data set of SQP optima from closed-loop drives")
    .description(
      "Drives generated worlds and solves a scene of every tick from many starts: a shard of examples for\n" +
        "every few worlds. Goes on where an earlier run into the same folder ended, however it ended.",
    )
    .addOption(
      new Option("--count <N>", "number of worlds, families in turn")
        .argParser(parseInteger(1, 50_000))
        .default(100),
    )
    .addOption(
      new Option("--worlds <LIST>", "these worlds instead: FAMILY:FROM-TO,...").argParser(parseWorldList),
    )
    .addOption(
      new Option("--examples <N>", "end after the shard with which there are so many").argParser(
        parseInteger(1, 1_000_000_000),
      ),
    )
    .addOption(
      new Option("--kinds <KIND=SHARE,...>", `how often each kind of scene: ${SCENE_KINDS.join(", ")}`)
        .argParser(parseShares((weights) => resolveKindShares(weights)))
        .default(DEFAULT_KIND_SHARES, "ordinary=.25,first=.15,goal=.2,displaced=.2,obstacle=.2"),
    )
    .addOption(new Option("--jobs <N>", "shards at a time (all cores)").argParser(parseInteger(1, 1024)))
    .addOption(new Option("--allow-unseen", "also worlds that benchmarks use, seeds from 10000 on"));
  addShared(verb, "robot", "seed", "out", "json");
  verb.addHelpText("after", exampleText("mnemosyne collect --count 200 --out datasets/jackal"));
  verb.action((flags: CollectFlags, command: Command) =>
    run(command, flags, (context) => collect(flags, context)),
  );
};

async function collect(flags: CollectFlags, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now } = context;
  const { out: folder, seed, kinds: shares } = flags;
  if (folder === undefined) throw new UsageError("Say where to collect: --out FOLDER.");
  const robot = await openRobot(flags.robot);
  const plans = planShards(flags.worlds ?? firstWorlds(flags.count), flags.allowUnseen === true);
  const manifest: Manifest = {
    format: DATASET_FORMAT,
    options: { robot, seed, kinds: shares },
    versions: { mnemosyne: readPackageJson().version, node: process.version },
    shards: [],
  };
  await openDatasetFolder(folder, manifest);

  const rows: (ShardRow | undefined)[] = [];
  const missing: number[] = [];
  for (const [at, plan] of plans.entries()) {
    const info = await findShard(folder, plan);
    rows[at] = info && { file: plan.file, examples: info.examples, kinds: info.kinds, worlds: info.worlds };
    if (info === undefined) missing.push(at);
  }
  const wanted = flags.examples ?? Number.POSITIVE_INFINITY;
  /** Shards in order up to the one with which there are enough examples, or the first that is missing. */
  const prefix = (): { readonly shards: number; readonly examples: number } => {
    let examples = 0;
    let shards = 0;
    for (; shards < plans.length && rows[shards] !== undefined && examples < wanted; shards++)
      examples += rows[shards]!.examples;
    return { shards, examples };
  };

  const started = now();
  const enough = new AbortController();
  const stop = AbortSignal.any([signal, enough.signal]);
  if (prefix().examples >= wanted) enough.abort();
  const size = Math.min(flags.jobs ?? availableParallelism(), Math.max(1, missing.length));
  const progress = output.progress("collect", missing.length);
  let made = 0;
  let ended = 0;
  const failures: string[] = [];
  const jobs = missing.map((at): CollectJob => ({ folder, ...plans[at], robot: flags.robot, shares, seed }));
  const seconds = (): number => Math.max((now() - started) / 1000, 1e-9);
  const rate = (): number => made / seconds();
  await runPool<CollectJob, CollectResult>(new URL("../collect/collect-worker.js", import.meta.url), jobs, {
    size,
    signal: stop,
    jobTimeoutMs: 3_600_000,
    onResult: (outcome) => {
      const at = missing[outcome.index];
      if (outcome.status === "failed") {
        if (outcome.reason !== "stopped") failures.push(`${plans[at].file}: ${outcome.message}`);
        return;
      }
      const { examples, kinds } = outcome.result;
      rows[at] = { file: plans[at].file, examples, kinds, worlds: plans[at].worlds.map(worldName) };
      made += examples;
      ended++;
      progress.update(ended, `${made} examples, ${rate().toFixed(1)} per second`);
      if (prefix().examples >= wanted) enough.abort();
    },
  });
  progress.finish();
  for (const failure of failures) output.log(`collect: ${failure}`);
  const kept = enough.signal.aborted ? prefix().shards : plans.length;
  for (const { file } of plans.slice(kept)) await rm(join(folder, file), { force: true });
  const shards = rows.slice(0, kept).filter((row) => row !== undefined);
  await writeManifest(folder, { ...manifest, shards });
  const summary = {
    verb: "collect" as const,
    examples: shards.reduce((sum, row) => sum + row.examples, 0),
    new_examples: made,
    worlds: shards.reduce((sum, row) => sum + row.worlds.length, 0),
    shards: shards.length,
    failed_shards: failures.length,
    per_second: Number(rate().toFixed(2)),
    per_second_per_core: Number((rate() / size).toFixed(2)),
    kinds: Object.fromEntries(
      SCENE_KINDS.map((kind) => [kind, shards.reduce((sum, row) => sum + (row.kinds[kind] ?? 0), 0)]),
    ),
    robot: robot.name,
    seed,
    out: folder,
    wall_s: Number(seconds().toFixed(1)),
  };
  if (signal.aborted)
    throw new InterruptedError(
      `interrupted with ${summary.shards} of ${plans.length} shards in ${folder}; the same command goes on`,
    );
  output.object(summary);
  output.text(
    `${summary.examples} examples of ${summary.worlds} worlds in ${summary.shards} shards: ${folder}\n` +
      `${summary.new_examples} new in ${summary.wall_s} s, ${summary.per_second} per second ` +
      `(${summary.per_second_per_core} per core)\n` +
      Object.entries(summary.kinds)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(", "),
  );
  return failures.length === 0 ? "done" : "failed";
}
