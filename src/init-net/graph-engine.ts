import { ConfigError } from "../base/index.ts";
import { gradients, input, type StatefulExecutor, writeOnnx } from "../graph/index.ts";
import type { AnyLearned } from "../optim/index.ts";
import {
  clipTensorByGlobalNorm,
  createEma,
  type EmaState,
  type GraphOptimizer,
  type OptimizerState,
  type PlainData,
  tensorGlobalNorm,
} from "../rules/index.ts";
import { createEvaluator, type EvaluatorOptions } from "./evaluator.ts";
import { createBatchQueue } from "./feature-set.ts";
import type { NetSpec } from "./net-spec.ts";
import { batchFeeds, openModel, vectorFeed } from "./open-model.ts";
import { createRatedOptimizer, type EngineState, readEngineState, type TrainEngine } from "./train-engine.ts";
import type { TrainOptions } from "./train-options.ts";
import { buildLoss } from "./training-models.ts";

export type GraphEngineOptions = Omit<EvaluatorOptions, "loss"> & {
  readonly options: TrainOptions;
  /** (total) where training begins. */
  readonly parameters: Float32Array;
  /** The weights that `options.learned` means. */
  readonly learned?: AnyLearned;
  /** Makes an executor whose outputs, by name, are fed back as inputs. */
  readonly createStatefulExecutor: (
    model: Uint8Array,
    state: Readonly<Record<string, string>>,
  ) => Promise<StatefulExecutor>;
};

/**
 * An engine whose whole step, forward, backward, update and average, is one graph: parameters, the optimizer's
 * memory and the average stay on the device, and are read for validation, checkpoints and export alone. For
 * optimizers that have a graph form.
 *
 * Going on from a state that this engine saved on the same kind of device is exact, bit for bit. Its states
 * and those of `createArrayEngine` are interchangeable; the two then differ by float32 rounding.
 *
 * @throws ConfigError for an optimizer without one
 */
export async function createGraphEngine(o: GraphEngineOptions): Promise<TrainEngine> {
  const { spec, shards, options } = o;
  const rated = createRatedOptimizer(options, spec, o.learned);
  const { optimizer } = rated;
  const graph = optimizer.graph;
  if (graph === undefined)
    throw new ConfigError(`optimizer "${optimizer.name}" has no graph form: it updates on the CPU only`);
  const ema = createEma({ decay: options.ema });
  const first = optimizer.init(o.parameters);
  const sizes = first.slots.map(({ length }) => length);
  const { model, states } = writeStepModel(spec, options, graph, sizes);
  const learner = await openModel(model, (bytes) => o.createStatefulExecutor(bytes, states));
  const { executor } = learner;
  const evaluator = createEvaluator({ spec, shards, loss: options.loss, createExecutor: o.createExecutor });
  const batches = createBatchQueue(spec, shards, options.batch);
  const slotNames = Array.from({ length: graph.slots }, (_, s) => `next.slot.${s}`);
  /** Counters; vectors are on the device. */
  let updates = { step: 0, skipped: 0 };
  let averages = { step: 0, skipped: 0 };

  const read = async (name: string): Promise<Float32Array> =>
    (await executor.readState(name)).data as Float32Array;
  const write = (name: string, data: Float32Array): void => void executor.writeState(name, vectorFeed(data));
  const enter = (parameters: Float32Array, average: EmaState, state: OptimizerState): void => {
    write("next.parameters", parameters);
    write("next.average", average.average);
    for (const [s, name] of slotNames.entries()) write(name, state.slots[s]);
    updates = { step: state.step, skipped: state.skipped };
    averages = { step: average.step, skipped: average.skipped };
  };
  enter(o.parameters, ema.init(o.parameters), first);

  return {
    description: `one graph on ${executor.device}`,
    async step(draw, rate, next) {
      rated.setRate(rate);
      const pending = learner.run(
        {
          ...batchFeeds(spec, batches.take(draw)),
          hyper: vectorFeed(graph.hyper(updates.step)),
          "average.hyper": vectorFeed(ema.graph.hyper(averages.step)),
        },
        ["loss", "norm", "sound", "average.sound"],
      );
      if (next !== undefined) batches.prepare(next);
      const report = await pending;
      const sound = report.sound[0] === 1;
      updates = count(updates, sound);
      averages = count(averages, report["average.sound"][0] === 1);
      return { loss: report.loss[0], gradientNorm: report.norm[0], skipped: !sound };
    },
    async evaluate(examples, parameters) {
      return evaluator.evaluate(parameters ?? (await read("next.average")), examples);
    },
    average: () => read("next.average"),
    async save() {
      const slots: Float32Array[] = [];
      for (const name of slotNames) slots.push(await read(name));
      const saved: EngineState = {
        optimizer: optimizer.name,
        parameters: await read("next.parameters"),
        average: { ...averages, average: await read("next.average") },
        state: { ...updates, slots },
      };
      return saved as unknown as PlainData;
    },
    async restore(saved) {
      const { parameters, average, state } = readEngineState(saved, optimizer.name, o.parameters.length);
      enter(parameters, average, state);
    },
    async dispose() {
      await executor.dispose();
      await evaluator.dispose();
    },
  };
}

function count({ step, skipped }: { step: number; skipped: number }, sound: boolean) {
  return sound ? { step: step + 1, skipped } : { step, skipped: skipped + 1 };
}

/**
 * The step as a model, and its outputs by the inputs that they are fed back as.
 *
 * @param sizes elements of each slot
 */
function writeStepModel(
  spec: NetSpec,
  options: TrainOptions,
  optimizer: GraphOptimizer,
  sizes: readonly number[],
) {
  const { slots: slotCount, hyperSize, update } = optimizer;
  const { parameters, value } = buildLoss(spec, options.batch, options.loss);
  const { graph } = parameters;
  const [total] = parameters.shape;
  const [gradient] = gradients(value, [parameters]);
  const slots = sizes.map((size, s) => input(graph, `slot.${s}`, [size]));
  const clipped = clipTensorByGlobalNorm(gradient, options.clipNorm);
  const next = update(parameters, clipped, slots, input(graph, "hyper", [hyperSize]), value);
  const ema = createEma({ decay: options.ema }).graph;
  const average = ema.update(
    next.params,
    input(graph, "average", [total]),
    input(graph, "average.hyper", [1]),
  );
  const outputs = {
    loss: value,
    norm: tensorGlobalNorm(gradient),
    sound: next.sound,
    "average.sound": average.sound,
    "next.parameters": next.params,
    "next.average": average.average,
    ...Object.fromEntries(next.slots.map((slot, s) => [`next.slot.${s}`, slot])),
  };
  const states: Record<string, string> = { "next.parameters": "parameters", "next.average": "average" };
  for (let s = 0; s < slotCount; s++) states[`next.slot.${s}`] = `slot.${s}`;
  return { model: writeOnnx(graph, outputs), states };
}
