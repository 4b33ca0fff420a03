import { createRng, hashSeed } from "../base/index.ts";
import { readOnnx, type TensorData } from "../graph/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import {
  createNetSpec,
  DEFAULT_TRAIN_OPTIONS,
  initNet,
  MNEMOSYNE_NET,
  type NetOptions,
  netLayout,
  PAPER_NET,
  writeGradientModel,
} from "../init-net/index.ts";
import { createMlp, createSyntheticDigits, writeOptimizee } from "../optim/index.ts";
import { resolveNavigationOptions } from "../planner/index.ts";
import type { TensorPlaces } from "../rules/index.ts";
import { getRobot } from "../sim/index.ts";

/** Something to optimize: where it starts, and its gradient anywhere. */
export type GradientSource = {
  readonly name: string;
  /** Examples per gradient. */
  readonly batch: number;
  /** (n) */
  readonly start: Float32Array;
  readonly layout: TensorPlaces;
  gradient(params: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
};

/** The sources by name; each is opened with a seed. */
export const GRADIENT_SOURCES = {
  "mlp-1x20": (seed: number) => openMlp("mlp-1x20", [20], seed),
  "mlp-1x180": (seed: number) => openMlp("mlp-1x180", [180], seed),
  "mlp-1x1258": (seed: number) => openMlp("mlp-1x1258", [1258], seed),
  "warm-start": (seed: number) => openWarmStart("warm-start", { ...PAPER_NET, hidden: SMALL_HEAD }, seed),
  "warm-start-1m": (seed: number) => openWarmStart("warm-start-1m", MNEMOSYNE_NET, seed),
} as const satisfies Readonly<Record<string, (seed: number) => Promise<GradientSource>>>;
export type GradientSourceName = keyof typeof GRADIENT_SOURCES;

/** Images that batches are drawn from; what is on them costs no time. */
const IMAGES = 512;

/** A perceptron on images of 28 x 28; with 20, 180 and 1,258 sigmoids 15,910, 143,110 and 1,000,120 numbers. */
async function openMlp(name: string, hidden: readonly number[], seed: number): Promise<GradientSource> {
  const rng = createRng(seed);
  const batch = 128;
  const mlp = createMlp({ hidden, digits: createSyntheticDigits(IMAGES, rng), batch });
  const executor = await createOrtExecutor(writeOptimizee(mlp));
  return {
    name,
    batch,
    start: mlp.init(rng),
    layout: mlp.layout,
    async gradient(params) {
      const feeds = { params: { data: params, shape: [params.length] }, ...mlp.drawBatch(rng) };
      return (await executor.run(feeds, ["grads"])).grads.data as Float32Array;
    },
    dispose: () => executor.dispose(),
  };
}

/** A head of 70 units: about 142,000 numbers in all. */
const SMALL_HEAD = 70;

/** A warm-start network on made-up scenes: the paper's with a smaller head, or the shipped one's 999,380 numbers. */
async function openWarmStart(name: string, net: NetOptions, seed: number): Promise<GradientSource> {
  const robot = getRobot("jackal");
  const spec = createNetSpec(robot, resolveNavigationOptions(robot), net);
  const { batch } = DEFAULT_TRAIN_OPTIONS;
  const model = writeGradientModel(spec, batch);
  const rng = createRng(hashSeed(seed, 1));
  const feeds: Record<string, TensorData> = {};
  for (const { name, shape } of readOnnx(model).graph.inputs) {
    const size = shape.reduce((product, d) => product * d, 1);
    if (name !== "parameters")
      feeds[name] = { data: Float32Array.from({ length: size }, () => 0.3 * rng.gauss()), shape };
  }
  const executor = await createOrtExecutor(model);
  return {
    name,
    batch,
    start: initNet(spec, seed),
    layout: netLayout(spec),
    async gradient(params) {
      const parameters = { data: params, shape: [params.length] };
      return (await executor.run({ ...feeds, parameters }, ["gradient"])).gradient.data as Float32Array;
    },
    dispose: () => executor.dispose(),
  };
}
