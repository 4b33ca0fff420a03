import { createRng } from "../../src/base/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  createExampleRunner,
  createFeatureRows,
  createNetSpec,
  type ExampleRunner,
  type FeatureRows,
  type FeatureSet,
  featureSizes,
  type LossOptions,
  type NetOptions,
  type NetSpec,
} from "../../src/init-net/index.ts";
import { getRobot } from "../../src/sim/index.ts";

export const KINDS = ["ordinary", "first", "goal"] as const;

/** A network small enough to be trained in a test. */
export function smallSpec(options: Partial<NetOptions> = {}): NetSpec {
  const problem = { N: 6, dt: 0.1, lookahead: 2 };
  const net = { window: 10, width: 8, layers: 1, heads: 2, features: 4, hidden: 16, hypotheses: 2 };
  return createNetSpec(getRobot("jackal"), problem, { ...net, ...options });
}

/** Rows of noise whose target is a smooth function of the vector, so that there is something to learn. */
export function randomRows(spec: NetSpec, length: number, seed: number): FeatureRows {
  const sizes = featureSizes(spec);
  const rows = createFeatureRows(sizes, spec.nx, length);
  const rng = createRng(seed);
  for (let i = 0; i < rows.grid.length; i++) rows.grid[i] = rng.int(256);
  for (const column of [rows.x, rows.vector, rows.bases])
    for (let i = 0; i < column.length; i++) column[i] = 0.3 * rng.gauss();
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < sizes.target; j++)
      rows.target[i * sizes.target + j] = 0.5 * Math.sin(rows.vector[i * sizes.vector + (j % 7)] * 2 + j);
    rows.index[i] = i;
    rows.world[i] = i % 5;
    rows.kind[i] = i % KINDS.length;
    rows.heldOut[i] = i % 4 === 0 ? 1 : 0;
  }
  return rows;
}

export function randomSet(spec: NetSpec): FeatureSet {
  return { spec, kinds: KINDS, shards: [randomRows(spec, 20, 1), randomRows(spec, 13, 2)] };
}

export function runnerOf(
  set: FeatureSet,
  batch: number,
  loss?: Partial<LossOptions>,
): Promise<ExampleRunner> {
  const { spec, shards } = set;
  return createExampleRunner({
    spec,
    shards,
    batch,
    loss,
    createExecutor: (model) => createOrtExecutor(model),
  });
}
