import { readFile, stat } from "node:fs/promises";
import { allFinite, ConfigError } from "../base/index.ts";
import {
  createFeatureRows,
  createFeatureWriter,
  featureKey,
  featureSizes,
  type NetSpec,
  netFrame,
  shrinkFeatureRows,
  specFor,
} from "../init-net/index.ts";
import { writeFeatureFile } from "../init-net/node.ts";
import { complainAbout } from "../node/index.ts";
import { createNavigationProblem, netScene, poseScene, sceneField } from "../planner/index.ts";
import { DATA_FAMILIES, type Example, readShard, SCENE_KINDS, type ShardInfo } from "../scenes/index.ts";
import { type DistanceField, type Robot, robotSizes } from "../sim/index.ts";

/** One shard to be made into features, as plain data that a worker understands. */
export type FeaturizeJob = {
  readonly shard: string;
  readonly name: string;
  /** Where the features go. */
  readonly file: string;
  readonly spec: NetSpec;
  /** Whose examples these are. */
  readonly robot: Robot;
};

/** Examples made into features, and those left out by reason. */
export type FeaturizeResult = {
  readonly length: number;
  readonly skipped: Readonly<Record<string, number>>;
};

/** Reads a shard, writes what a network sees of its examples; those that hold NaN or infinity are left out. */
export async function featurizeShard(job: FeaturizeJob): Promise<FeaturizeResult> {
  const { size, mtimeMs } = await stat(job.shard);
  return complainAbout(job.shard, async () => {
    const shard = readShard(await readFile(job.shard));
    const { robot } = job;
    const { N } = shard.info.sizes;
    const spec = specFor(job.spec, robot, { N, ...shard.info });
    checkShard(shard.info, robot, spec);
    const sizes = featureSizes(spec);
    const { dt, lookahead } = spec;
    const unit = netFrame(spec).length;
    const problem = createNavigationProblem(robot, { N, dt, lookahead });
    const writer = createFeatureWriter(spec);
    const rows = createFeatureRows(sizes, spec.nx, shard.length);
    let field: DistanceField | undefined;
    let n = 0;
    const skipped: Record<string, number> = {};
    for (let i = 0; i < shard.length; i++) {
      const example = shard.example(i);
      if (!isFiniteExample(example)) {
        skipped.nonFinite = (skipped.nonFinite ?? 0) + 1;
        continue;
      }
      const { scene, lastPlan, margin, optimum, world } = example;
      field = sceneField(scene.grid, field);
      poseScene(problem, scene, field, margin); // the path's trajectory is the reference where there is one
      const part = (from: "vector" | "bases" | "target"): Float32Array =>
        rows[from].subarray(n * sizes[from], (n + 1) * sizes[from]);
      writer.write(
        netScene({ scene, problem, field, margin, lastPlan }),
        rows.grid.subarray(n * sizes.grid, (n + 1) * sizes.grid),
        part("vector"),
        part("bases"),
      );
      writer.target(scene.x, optimum, part("target"));
      if (!(allFinite(part("vector")) && allFinite(part("bases")) && allFinite(part("target")))) {
        skipped.nonFinite = (skipped.nonFinite ?? 0) + 1;
        continue;
      }
      rows.x.set(scene.x, n * spec.nx);
      rows.unit[n] = unit;
      rows.world[n] = world.seed;
      rows.family[n] = DATA_FAMILIES.indexOf(world.family);
      rows.kind[n] = SCENE_KINDS.indexOf(example.kind);
      rows.heldOut[n] = example.split === "validation" ? 1 : 0;
      rows.index[n] = i;
      n++;
    }
    const { bytes: body } = shrinkFeatureRows(rows, sizes, spec.nx, n);
    const source = { name: job.name, size, modified: mtimeMs };
    const header = { key: featureKey(job.spec), source, length: n, skipped, kinds: [...SCENE_KINDS] };
    await writeFeatureFile(job.file, header, body);
    return { length: n, skipped };
  });
}

/** @throws ConfigError for a shard of another problem */
function checkShard({ sizes, dt, lookahead }: ShardInfo, robot: Robot, spec: NetSpec): void {
  const { nx, nu } = robotSizes(robot);
  const pairs = [
    ["nx", sizes.nx, nx],
    ["nu", sizes.nu, nu],
    ["N", sizes.N, spec.N],
    ["dt", dt, spec.dt],
    ["lookahead", lookahead, spec.lookahead],
  ] as const;
  for (const [name, got, expected] of pairs) {
    if (got !== expected) throw new ConfigError(`its ${name} is ${got}, expected the network's ${expected}`);
  }
}

function isFiniteExample({ scene, lastPlan, margin, optimum }: Example): boolean {
  const { x, path, goal, grid } = scene;
  const arrays = [x, path, optimum.X, optimum.U];
  if (lastPlan !== undefined) arrays.push(lastPlan.X, lastPlan.U);
  const numbers = [goal.x, goal.y, goal.yaw ?? 0, margin, grid.resolution, grid.origin.x, grid.origin.y];
  return path.length >= 2 && numbers.every(Number.isFinite) && arrays.every(allFinite);
}
