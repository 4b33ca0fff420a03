import { createRng, hashSeed } from "../base/index.ts";
import { readOnnx, type TensorData } from "../graph/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import {
  createNetSpec,
  DEFAULT_TRAIN_OPTIONS,
  initNet,
  PAPER_NET,
  writeGradientModel,
} from "../init-net/index.ts";
import { createSyntheticDigits, getOptimizee, writeOptimizee } from "../optim/index.ts";
import { resolveNavigationOptions } from "../planner/index.ts";
import { getRobot } from "../sim/index.ts";

/** Something to optimize: where it starts, and its gradient anywhere. */
export type GradientSource = {
  readonly name: string;
  /** Examples per gradient. */
  readonly batch: number;
  /** (n) */
  readonly start: Float32Array;
  gradient(params: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
};

/** The sources by name; each is opened with a seed. */
export const GRADIENT_SOURCES = {
  "mlp-1x20": openMlp,
  "warm-start": openWarmStart,
} as const satisfies Readonly<Record<string, (seed: number) => Promise<GradientSource>>>;
export type GradientSourceName = keyof typeof GRADIENT_SOURCES;

/** Images that batches are drawn from; what is on them costs no time. */
const IMAGES = 512;

/** 784-20-10, sigmoid: 15,910 numbers. */
async function openMlp(seed: number): Promise<GradientSource> {
  const rng = createRng(seed);
  const batch = 128;
  const mlp = getOptimizee("mlp-1x20", createSyntheticDigits(IMAGES, rng), { batch });
  const executor = await createOrtExecutor(writeOptimizee(mlp));
  return {
    name: "mlp-1x20",
    batch,
    start: mlp.init(rng),
    async gradient(params) {
      const feeds = { params: { data: params, shape: [params.length] }, ...mlp.drawBatch(rng) };
      return (await executor.run(feeds, ["grads"])).grads.data as Float32Array;
    },
    dispose: () => executor.dispose(),
  };
}

/** A head of 70 units: about 142,000 numbers in all. */
const SMALL_HEAD = 70;

/** The warm-start network of the paper with a smaller head, on made-up scenes. */
async function openWarmStart(seed: number): Promise<GradientSource> {
  const robot = getRobot("jackal");
  const spec = createNetSpec(robot, resolveNavigationOptions(robot), { ...PAPER_NET, hidden: SMALL_HEAD });
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
    name: "warm-start",
    batch,
    start: initNet(spec, seed),
    async gradient(params) {
      const parameters = { data: params, shape: [params.length] };
      return (await executor.run({ ...feeds, parameters }, ["gradient"])).gradient.data as Float32Array;
    },
    dispose: () => executor.dispose(),
  };
}
