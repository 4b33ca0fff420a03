import { isRobotFile, type JobKind, openRobot, writeFileAtomic } from "../../node/index.ts";
import { constraintLayout } from "../../ocp/index.ts";
import {
  createCollector,
  type Example,
  type KindShares,
  SCENE_KINDS,
  type ShardInfo,
  writeShard,
} from "../../scenes/index.ts";
import { robotSizes, type WorldId } from "../../sim/index.ts";

/** One shard to collect, as plain data that a worker understands. */
export type CollectJob = {
  /** The shard's file. */
  readonly path: string;
  readonly worlds: readonly WorldId[];
  /** A robot's name or the path of its JSON file. */
  readonly robot: string;
  readonly shares: KindShares;
  readonly seed: number;
};

/** What became of it. */
export type CollectResult = Pick<ShardInfo, "examples" | "kinds">;

/** A shard as a job for any machine. */
export const COLLECT_SHARD: JobKind<CollectJob, CollectResult> = {
  name: "collect",
  worker: new URL("collect-worker.js", import.meta.url),
  moveFiles: async (job, { input, output }) => ({
    ...job,
    path: await output(job.path),
    robot: isRobotFile(job.robot) ? await input(job.robot) : job.robot,
  }),
};

/** A world as the command line names it: `family:seed`. */
export function worldName({ family, seed }: WorldId): string {
  return `${family}:${seed}`;
}

/** Collects the examples of some worlds and writes them as a shard, whole or not at all. */
export async function runCollectJob(job: CollectJob): Promise<CollectResult> {
  const robot = await openRobot(job.robot);
  const { expert, collect } = createCollector({ robot, shares: job.shares, seed: job.seed });
  const examples: Example[] = [];
  for (const world of job.worlds) examples.push(...(await collect(world)));
  const { ocp, options } = expert.problem;
  const { nx, nu } = robotSizes(robot);
  const info: ShardInfo = {
    sizes: { nx, nu, N: ocp.N, m: constraintLayout(ocp).m / ocp.N },
    dt: options.dt,
    lookahead: options.lookahead,
    robot: robot.name,
    worlds: job.worlds.map(worldName),
    examples: examples.length,
    kinds: Object.fromEntries(
      SCENE_KINDS.map((kind) => [kind, examples.filter((example) => example.kind === kind).length]),
    ),
  };
  await writeFileAtomic(job.path, writeShard(examples, info));
  return { examples: info.examples, kinds: info.kinds };
}
