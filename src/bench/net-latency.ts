import { setImmediate } from "node:timers/promises";
import { type Executor, readOnnxMetadata } from "../graph/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import {
  createNetInference,
  createNetSpec,
  featureSizes,
  formatNetMetadata,
  initNet,
  NET_METADATA_KEY,
  type NetInference,
  type NetOptions,
  readNetMetadata,
  writeInferenceModel,
} from "../init-net/index.ts";
import { createNavigationProblem, type NavigationProblem, netScene, poseScene } from "../planner/index.ts";
import type { BenchScene } from "../scenes/index.ts";
import type { Robot } from "../sim/index.ts";
import { type BenchRun, type MeasuredSpread, measuredSpread } from "./measures.ts";

/** What one prediction takes, by design of the network; on one thread. */
export type LatencyRow = {
  /** Name of a model's file; none for a network made for the benchmark, which was never trained. */
  readonly model?: string;
  /** Cells along a side of the grid. */
  readonly window: number;
  readonly tokens: number;
  readonly map: NetOptions["map"];
  /** Random projections per head; none with exact softmax. */
  readonly features?: number;
  readonly hypotheses: number;
  /** Trained numbers. */
  readonly parameters?: number;
  /** Predictions measured. */
  readonly n: number;
  /** Predictions that were no good. */
  readonly failed: number;
  /** `features` until the network runs: bases, crop, distances; `inference` the run; `total` with decoding and checks. */
  readonly ms: Readonly<Record<"features" | "inference" | "total", MeasuredSpread>>;
};

/** One network to be timed. */
export type LatencyVariant = {
  readonly name?: string;
  readonly bytes: Uint8Array;
  readonly parameters?: number;
};

/** A network of a design, never trained. */
export function untrainedVariant(
  problem: NavigationProblem,
  options: Partial<NetOptions>,
  seed: number,
): LatencyVariant {
  const spec = createNetSpec(problem.robot, problem.options, options);
  const parameters = initNet(spec, seed);
  const metadata = { [NET_METADATA_KEY]: formatNetMetadata(spec) };
  return { bytes: writeInferenceModel(spec, parameters, metadata), parameters: parameters.length };
}

/** Times each scene is predicted by each network; the first does not count. */
const ROUNDS = 5;

/**
 * Times predictions, the networks taking turns scene by scene, after a round that does not count.
 *
 * @throws FormatError for bytes that are no network
 */
export async function timeLatency(
  options: BenchRun & {
    readonly variants: readonly LatencyVariant[];
    readonly scenes: readonly BenchScene[];
    readonly robot: Robot;
  },
): Promise<LatencyRow[]> {
  const { scenes, robot, clock, signal, onProgress } = options;
  const problem = createNavigationProblem(robot);
  const subjects: Subject[] = [];
  try {
    for (const variant of options.variants) subjects.push(await openSubject(variant, robot, clock));
    let done = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const { scene, lastPlan } of scenes) {
        signal?.throwIfAborted();
        const posed = poseScene(problem, scene);
        for (let turn = 0; turn < subjects.length; turn++) {
          const subject = subjects[(turn + done) % subjects.length];
          await subject.time(() => netScene({ scene, problem, ...posed, lastPlan }), round > 0);
        }
        onProgress?.(++done);
        await setImmediate(); // so that Ctrl-C is heard
      }
    }
    return subjects.map((subject) => subject.row());
  } finally {
    for (const subject of subjects) await subject.executor.dispose();
  }
}

/** Number of steps that the progress of {@link timeLatency} is told in. */
export function latencySteps(scenes: number): number {
  return scenes * ROUNDS;
}

type Subject = {
  readonly executor: Executor;
  time(look: () => Parameters<NetInference["predict"]>[0], counts: boolean): Promise<void>;
  row(): LatencyRow;
};

async function openSubject(variant: LatencyVariant, robot: Robot, clock: () => number): Promise<Subject> {
  const { spec } = readNetMetadata(variant.bytes);
  const names = readOnnxMetadata(variant.bytes).inputs.map(({ name }) => name);
  const executor = await createOrtExecutor(variant.bytes, { device: "cpu", threads: 1 });
  const ms = { features: [] as number[], inference: [] as number[], total: [] as number[] };
  let entered = 0;
  let left = 0;
  let failed = 0;
  const net = createNetInference(
    {
      async run(feeds) {
        entered = clock();
        const outputs = await executor.run(Object.fromEntries(names.map((name) => [name, feeds[name]])));
        left = clock();
        return outputs;
      },
    },
    spec,
    robot,
  );
  return {
    executor,
    async time(look, counts) {
      const from = clock();
      const { status } = await net.predict(look());
      const to = clock();
      if (!counts) return;
      if (status !== "predicted") failed++;
      ms.features.push(entered - from);
      ms.inference.push(left - entered);
      ms.total.push(to - from);
    },
    row() {
      const { window, map, features, hypotheses } = spec.options;
      return {
        ...(variant.name === undefined ? {} : { model: variant.name }),
        window,
        tokens: spec.options.grid ? featureSizes(spec).tokens : 0,
        map,
        ...(map === "softmax" ? {} : { features }),
        hypotheses,
        ...(variant.parameters === undefined ? {} : { parameters: variant.parameters }),
        n: ms.total.length,
        failed,
        ms: { features: spread(ms.features), inference: spread(ms.inference), total: spread(ms.total) },
      };
    },
  };
}

function spread(values: readonly number[]): MeasuredSpread {
  return measuredSpread(values, ["p50", "p99", "max"]);
}
