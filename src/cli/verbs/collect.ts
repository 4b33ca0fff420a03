import { availableParallelism } from "node:os";
import { InterruptedError, openRobot, readPackageJson, UsageError } from "../../node/index.ts";
import {
  createExpert,
  DATASET_FORMAT,
  DEFAULT_KIND_SHARES,
  EXPERT_DEFAULTS,
  resolveKindShares,
  SCENE_KINDS,
} from "../../scenes/index.ts";
import { ALL_FAMILIES, WORLD_FAMILIES } from "../../sim/index.ts";
import {
  type Collection,
  countKinds,
  countUnmade,
  findMaps,
  firstWorlds,
  MAX_WORLDS,
  type Manifest,
  onlyRobot,
  openDatasetFolder,
  planMapShards,
  planShards,
  ROBOT_WORDS,
  robotLine,
  runCollection,
  writeManifest,
} from "../../train/index.ts";
import { type FlagValues, flag, listFlag, switchFlag } from "../flag-table.ts";
import { parseRobotOr, shared } from "../options.ts";
import {
  MAX_SEED,
  parseChoice,
  parseInteger,
  parsePath,
  parseShares,
  parseWorldList,
  splitList,
} from "../parse-values.ts";
import { QUEUE_FLAGS, withRunner } from "../queue-flags.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FLAGS = {
  count: flag("--count <N>", "number of worlds, families in turn", parseInteger(1, MAX_WORLDS), 100),
  worlds: flag("--worlds <LIST>", "these worlds instead: FAMILY:FROM-TO,...", parseWorldList),
  examples: flag(
    "--examples <N>",
    "end after the shard with which there are so many",
    parseInteger(1, 1_000_000_000),
  ),
  families: listFlag(
    "--families <LIST>",
    `families of the worlds: ${ALL_FAMILIES.join(", ")}`,
    (text) => splitList(text).map((name) => parseChoice(ALL_FAMILIES)(name.trim())),
    WORLD_FAMILIES,
  ),
  maps: flag(
    "--maps <LIST>",
    "--count drives on these maps instead, in turn: FILE.yaml or folders of them",
    (text) => splitList(text).map((path) => parsePath(path.trim())),
  ),
  nearby: flag(
    "--nearby <N>",
    "so many states near every scene are labelled, too, for one QP each",
    parseInteger(0, 100),
    0,
  ),
  robots: flag(
    "--robots <LIST>",
    "scenes of several robots by turns: presets, random (drawn anew for every shard), names, files",
    parseRobots,
  ),
  robotSeed: flag("--robot-seed <N>", "seed of the random robots", parseInteger(0, MAX_SEED), 0),
  kinds: flag(
    "--kinds <KIND=SHARE,...>",
    `how often each kind of scene: ${SCENE_KINDS.join(", ")}`,
    parseShares(resolveKindShares),
    DEFAULT_KIND_SHARES,
    SCENE_KINDS.map((kind) => `${kind}=${DEFAULT_KIND_SHARES[kind]}`).join(","),
  ),
  jobs: flag("--jobs <N>", "shards at a time (all cores)", parseInteger(1, 1024)),
  allowUnseen: switchFlag("--allow-unseen", "also worlds that benchmarks use, seeds from 10000 on"),
  ...shared("robot", "seed", "out", "json"),
  ...QUEUE_FLAGS,
};

/** `mnemosyne collect`: a data set of solved scenes out of closed-loop drives. */
export const registerCollect = defineVerb({
  name: "collect",
  summary: "a data set of SQP optima from closed-loop drives",
  description:
    "Drives generated worlds and solves a scene of every tick from many starts; writes a shard of examples " +
    "for every few worlds. Run again, it goes on where it ended, however it ended; a larger --count adds " +
    "worlds. datasets/README.md describes the files.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc collect --count 200 --out datasets/jackal",
  action: collect,
});

async function collect(flags: FlagValues<typeof FLAGS>, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now } = context;
  const { out: folder, seed, kinds: shares } = flags;
  if (folder === undefined) throw new UsageError("Say where to collect: --out FOLDER.");
  if (flags.robots !== undefined && context.isGiven("robot"))
    throw new UsageError("--robots says whose scenes they are; --robot is for one: give one of them.");
  if (flags.robots === undefined && context.isGiven("robotSeed"))
    throw new UsageError("--robot-seed draws the random robots of --robots random; give both.");
  if (flags.worlds !== undefined && context.isGiven("families"))
    throw new UsageError("--worlds names the worlds one by one; --families goes with --count.");
  if (flags.maps !== undefined && (flags.worlds !== undefined || context.isGiven("families")))
    throw new UsageError(
      "--maps is where it drives instead of generated worlds: no --worlds, no --families.",
    );
  const line = await robotLine(flags.robots ?? [flags.robot], flags.robotSeed, (name) => openRobot(name));
  const robot = onlyRobot(line);
  const maps = flags.maps && (await findMaps(flags.maps));
  const plans =
    maps === undefined
      ? planShards(flags.worlds ?? firstWorlds(flags.count, flags.families), line, flags.allowUnseen === true)
      : planMapShards(maps, flags.count, line);
  const expert = robot === undefined ? EXPERT_DEFAULTS : createExpert(robot).options;
  const whose = robot === undefined ? { robots: line } : { robot };
  const manifest: Manifest = {
    format: DATASET_FORMAT,
    options: {
      ...whose,
      ...(flags.nearby > 0 && { nearby: flags.nearby }),
      seed,
      kinds: shares,
      ...(maps && { maps: maps.map(({ name, id }) => ({ name, id })) }),
      expert,
    },
    versions: { mnemosyne: readPackageJson().version, node: process.version },
    shards: [],
  };
  const { shards: before, versions } = await openDatasetFolder(folder, manifest);
  if (versions.mnemosyne !== manifest.versions.mnemosyne)
    output.log(
      `collect: ${folder} was begun by version ${versions.mnemosyne}, this is ${manifest.versions.mnemosyne}: ` +
        "what is added may be labelled otherwise",
    );
  const progress = output.progress("collect", plans.length);
  const collection = await withRunner(flags, context, (run) =>
    runCollection({
      run,
      folder,
      plans,
      shares,
      seed,
      nearby: flags.nearby,
      examples: flags.examples,
      jobs: flags.jobs ?? availableParallelism(),
      signal,
      now,
      onProgress(done, of, examples, perSecond) {
        if (done === 1) progress.skip(plans.length - of);
        progress.update(plans.length - of + done, `${examples} examples, ${perSecond.toFixed(1)} per second`);
      },
    }),
  );
  progress.finish();
  for (const failure of collection.failures) output.log(`collect: ${failure}`);
  const planned = new Set(plans.map(({ file }) => file));
  const beyond = before.filter(({ file }) => !planned.has(file)); // of a larger collection
  await writeManifest(folder, { ...manifest, shards: [...collection.shards, ...beyond] });
  if (signal.aborted) {
    const { length } = collection.shards;
    throw new InterruptedError(
      `interrupted with ${length} of ${plans.length} shards in ${folder}; the same command goes on`,
    );
  }
  const summary = summarize(collection, robot?.name ?? flags.robots!.join(), seed, folder);
  output.object(summary);
  output.text(summaryText(summary));
  return collection.failures.length === 0 ? "done" : "failed";
}

function parseRobots(text: string): string[] {
  const words = splitList(text).map((word) => word.trim());
  return words.map((word) => parseRobotOr(ROBOT_WORDS, word));
}

type Summary = ReturnType<typeof summarize>;

function summarize({ shards, made, failures }: Collection, robot: string, seed: number, out: string) {
  const perSecond = made.examples / made.seconds;
  return {
    verb: "collect" as const,
    examples: shards.reduce((sum, { examples }) => sum + examples, 0),
    worlds: shards.reduce((sum, { worlds }) => sum + worlds.length, 0),
    shards: shards.length,
    failed_shards: failures.length,
    new_examples: made.examples,
    per_second: Number(perSecond.toFixed(2)),
    per_second_per_core: Number((perSecond / made.jobs).toFixed(2)),
    kinds: countKinds(shards),
    unmade: countUnmade(shards),
    robot,
    seed,
    out,
    wall_s: Number(made.seconds.toFixed(1)),
  };
}

function unmadeText(kind: string, reasons: Readonly<Record<string, number>>): string {
  const sum = Object.values(reasons).reduce((a, b) => a + b, 0);
  const why = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  const what = kind === "drive" ? `${sum} drives` : `${sum} scenes of the kind ${kind}`;
  return `${what} could not be made: ${why.map(([name, n]) => `${name} ${n}`).join(", ")}`;
}

function summaryText(s: Summary): string {
  const kinds = SCENE_KINDS.map((kind) => `${kind} ${s.kinds[kind]}`).join(", ");
  return [
    `${s.examples} examples of ${s.worlds} worlds in ${s.shards} shards: ${s.out}`,
    kinds,
    ...Object.entries(s.unmade).map(([kind, reasons]) => unmadeText(kind, reasons)),
    `${s.new_examples} of them new, in ${s.wall_s} s: ${s.per_second} per second, ${s.per_second_per_core} per core`,
  ].join("\n");
}
