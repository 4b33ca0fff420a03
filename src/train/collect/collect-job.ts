import { type JobKind, readMapFile, writeFileAtomic } from "../../node/index.ts";
import { constraintLayout } from "../../ocp/index.ts";
import {
  createCollector,
  type Example,
  type ExampleWorld,
  type KindShares,
  SCENE_KINDS,
  type ShardInfo,
  writeShard,
} from "../../scenes/index.ts";
import { type Robot, robotSizes } from "../../sim/index.ts";

/** One shard to collect, as plain data that a worker understands. */
export type CollectJob = {
  /** The shard's file. */
  readonly path: string;
  readonly worlds: readonly ExampleWorld[];
  readonly robot: Robot;
  /** The YAML file of the map that they are drives on. */
  readonly map?: string;
  readonly shares: KindShares;
  readonly seed: number;
  /** States near that of every scene that are labelled, too. */
  readonly nearby?: number;
};

/** What became of it. */
export type CollectResult = Pick<ShardInfo, "examples" | "kinds" | "unmade">;

/** A shard as a job for any machine. */
export const COLLECT_SHARD: JobKind<CollectJob, CollectResult> = {
  name: "collect",
  worker: new URL("collect-worker.js", import.meta.url),
  moveFiles: async (job, { map, output }) => ({
    ...job,
    path: await output(job.path),
    map: job.map && (await map(job.map)),
  }),
};

/** A world as the command line names it: `family:seed`; a drive on a map: `map:NAME#number`. */
export function worldName({ family, seed, map }: ExampleWorld): string {
  return map === undefined ? `${family}:${seed}` : `${family}:${map}#${seed}`;
}

/** Collects the examples of some worlds and writes them as a shard, whole or not at all. */
export async function runCollectJob(job: CollectJob): Promise<CollectResult> {
  const { robot, shares, seed, nearby } = job;
  const map = job.map === undefined ? undefined : await readMapFile(job.map);
  const { expert, collect, unmade } = createCollector({ robot, shares, seed, nearby });
  const { ocp, options } = expert.problem; // before a scene with movers has been posed
  const examples: Example[] = [];
  for (const world of job.worlds) examples.push(...(await collect(world, map)));
  const { nx, nu } = robotSizes(robot);
  const info: ShardInfo = {
    sizes: { nx, nu, N: ocp.N, m: constraintLayout(ocp).m / ocp.N },
    dt: options.dt,
    lookahead: options.lookahead,
    robot: robot.name,
    robotFile: robot,
    worlds: job.worlds.map(worldName),
    examples: examples.length,
    kinds: Object.fromEntries(
      SCENE_KINDS.map((kind) => [kind, examples.filter((example) => example.kind === kind).length]),
    ),
    unmade,
  };
  await writeFileAtomic(job.path, writeShard(examples, info));
  return { examples: info.examples, kinds: info.kinds, unmade };
}
