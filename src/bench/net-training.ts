import { createRng, type Rng } from "../base/index.ts";
import type { OrtDevice } from "../graph/node.ts";
import {
  createNetSpec,
  type ExampleDraw,
  featureRowsBytes,
  featureSizes,
  type NetOptions,
  type NetSpec,
  resolveTrainOptions,
  viewFeatureRows,
} from "../init-net/index.ts";
import type { NavigationOptions } from "../planner/index.ts";
import type { Robot } from "../sim/index.ts";
import { type EngineFeatures, openEngine } from "../train/index.ts";
import { type BenchRun, measuredSpread } from "./measures.ts";

/** Training steps of one device and batch: forward, backward, update, and the averaging of weights. */
export type TrainingRow = {
  readonly device: OrtDevice;
  readonly threads: number;
  /** Examples per update. */
  readonly batch: number;
  /** Updates measured. */
  readonly n: number;
  readonly samples_per_s: number;
  readonly ms: { readonly p50: number; readonly p99: number };
};

/** One way of training to be timed. */
export type TrainingVariant = Pick<TrainingRow, "device" | "threads" | "batch">;

/** Updates that do not count, and those that do: until one of the latter two is reached, but at least five. */
const WARM_UP = 3;
const LEAST = 5;
const MOST = 60;
const MOST_MS = 4000;

/**
 * Times updates of a network, as `train` makes them, on made-up examples: what they say costs no time.
 *
 * @param options the network's design
 */
export async function timeTraining(
  settings: BenchRun & {
    readonly variants: readonly TrainingVariant[];
    readonly robot: Robot;
    readonly navigation: NavigationOptions;
    readonly options?: Partial<NetOptions>;
    readonly seed: number;
  },
): Promise<TrainingRow[]> {
  const { variants, robot, navigation, seed, clock, signal, onProgress } = settings;
  const spec = createNetSpec(robot, navigation, settings.options);
  const rows: TrainingRow[] = [];
  for (const variant of variants) {
    signal?.throwIfAborted();
    rows.push(await timeVariant(spec, variant, seed, clock, signal));
    onProgress?.(rows.length);
  }
  return rows;
}

async function timeVariant(
  spec: NetSpec,
  variant: TrainingVariant,
  seed: number,
  clock: () => number,
  signal: AbortSignal | undefined,
): Promise<TrainingRow> {
  const { batch } = variant;
  const rng = createRng(seed);
  const engine = await openEngine(
    { ...variant, cores: variant.threads },
    spec,
    resolveTrainOptions({ batch, seed }),
    madeUpFeatures(spec, 2 * batch, rng),
  );
  try {
    const draws: ExampleDraw[] = [0, 1].map((half) => ({
      examples: Uint32Array.from({ length: batch }, (_, i) => half * batch + i),
      mirrors: Uint8Array.from({ length: batch }, (_, i) => i % 2),
    }));
    const times: number[] = [];
    let first = clock();
    for (let step = 0; ; step++) {
      if (step === WARM_UP) first = clock();
      const measured = step - WARM_UP;
      if (measured >= MOST || (measured >= LEAST && clock() - first > MOST_MS)) break;
      signal?.throwIfAborted();
      const from = clock();
      await engine.step(draws[step % 2], 1, draws[(step + 1) % 2]);
      if (measured >= 0) times.push(clock() - from);
    }
    const total = times.reduce((a, b) => a + b, 0);
    return {
      ...variant,
      n: times.length,
      samples_per_s: Number(((1000 * batch * times.length) / Math.max(total, 1e-6)).toFixed(1)),
      ms: measuredSpread(times, ["p50", "p99"], 2),
    };
  } finally {
    await engine.dispose();
  }
}

/** Examples of the size of real ones. */
function madeUpFeatures(spec: NetSpec, length: number, rng: Rng): EngineFeatures {
  const sizes = featureSizes(spec);
  const buffer = new SharedArrayBuffer(featureRowsBytes(sizes, spec.nx, length));
  const rows = viewFeatureRows(buffer, 0, sizes, spec.nx, length);
  for (let i = 0; i < rows.grid.length; i++) rows.grid[i] = rng.uniform() < 0.2 ? 255 : 0;
  for (const part of [rows.vector, rows.bases, rows.target])
    for (let i = 0; i < part.length; i++) part[i] = 0.3 * rng.gauss();
  const shared = { buffer, offset: 0, length };
  return { set: { spec, kinds: [], shards: [rows] }, shards: [{ shared }] };
}
