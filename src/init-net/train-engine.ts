import { ConfigError, checkLength } from "../base/index.ts";
import type { AnyLearned } from "../optim/index.ts";
import {
  applyUpdates,
  clipByGlobalNorm,
  createEma,
  type EmaState,
  getOptimizer,
  OPTIMIZERS,
  type Optimizer,
  type OptimizerState,
  type OptimizerStep,
  type PlainData,
} from "../rules/index.ts";
import type { Evaluation } from "./evaluator.ts";
import type { ExampleRunner } from "./example-runner.ts";
import type { ExampleDraw } from "./feature-set.ts";
import { createLearnedRule } from "./learned-rule.ts";
import type { NetSpec } from "./net-spec.ts";
import type { TrainOptions } from "./train-options.ts";
import { netLayout } from "./training-models.ts";

/** What one update did. */
export type StepReport = {
  /** Mean loss of the batch before the update. */
  readonly loss: number;
  /** Length of the gradient before it was shortened. */
  readonly gradientNorm: number;
  /** Whether the update was left out, since something was not finite. */
  readonly skipped: boolean;
};

/** Holds what is trained and updates it. */
export type TrainEngine = {
  /** For people: how it computes. */
  readonly description: string;
  /**
   * One update.
   *
   * @param rate share of the largest learning rate
   * @param next the batch after this one
   */
  step(draw: ExampleDraw, rate: number, next?: ExampleDraw): Promise<StepReport>;
  /** What the averaged weights, or others (total), make of examples. */
  evaluate(examples: Uint32Array, parameters?: Float32Array): Promise<Evaluation>;
  /** A copy of the averaged weights. */
  average(): Promise<Float32Array>;
  /** Everything that `restore` needs to go on exactly; its arrays are copies. */
  save(): Promise<PlainData>;
  /** @throws ConfigError for the state of another engine or network */
  restore(state: PlainData): Promise<void>;
  dispose(): Promise<void>;
};

/** What an engine saves, whatever it computes with. */
export type EngineState = {
  readonly optimizer: string;
  readonly parameters: Float32Array;
  readonly average: EmaState;
  readonly state: OptimizerState;
};

/**
 * An optimizer whose learning rate is set before every update; gradients are to be shortened before. One without a
 * rate is told the tensors and, as `options.budget.steps`, the number of updates.
 *
 * @param learned the weights that `options.learned` means
 * @throws ConfigError where only one of the two is there, or for an unknown name
 */
export function createRatedOptimizer(options: TrainOptions, spec: NetSpec, learned?: AnyLearned) {
  const { optimizer: name, learningRate, weightDecay } = options;
  if ((options.learned === undefined) !== (learned === undefined))
    throw new ConfigError(
      `learned is ${options.learned ? "given without" : "not given, but"} weights, expected both or neither`,
    );
  let rate = 1;
  const setRate = (share: number): void => {
    rate = share;
  };
  if (options.learned !== undefined && learned !== undefined) {
    const layout = netLayout(spec);
    const rule = createLearnedRule(
      learned,
      layout,
      options.learned,
      learningRate,
      () => rate,
      options.budget.steps,
    );
    return { optimizer: rule, setRate };
  }
  const { options: legal = [] } = OPTIMIZERS[name] ?? {};
  const has = (option: string): boolean => legal.includes(option);
  const layout = netLayout(spec);
  const matrices = layout.entries.filter(({ shape }) => shape.length > 1);
  const optimizer: Optimizer = getOptimizer(name, {
    ...(has("learningRate") && { learningRate: () => rate * learningRate }),
    ...(has("layout") && { layout }),
    ...(has("horizon") && { horizon: options.budget.steps }),
    ...(has("weightDecay") && { weightDecay }),
    ...(has("decayRanges") && { decayRanges: matrices.map(({ offset, size }) => ({ offset, size })) }),
  });
  return { optimizer, setRate };
}

/**
 * An engine that updates in typed arrays what a runner computes gradients of: any optimizer, any number of
 * threads.
 *
 * @param parameters (total) where training begins; copied
 * @param learned the weights that `options.learned` means
 */
export function createArrayEngine(
  runner: ExampleRunner,
  spec: NetSpec,
  options: TrainOptions,
  parameters: Float32Array,
  learned?: AnyLearned,
): TrainEngine {
  const rated = createRatedOptimizer(options, spec, learned);
  const { optimizer } = rated;
  const ema = createEma({ decay: options.ema });
  let current = parameters.slice();
  let state = optimizer.init(current);
  let average = ema.init(current);
  let spareStep: OptimizerStep | undefined;
  let spareAverage: EmaState | undefined;

  return {
    description: runner.description,
    async step(draw, rate, next) {
      const pending = runner.gradient(current, draw);
      if (next !== undefined) runner.prepare?.(next);
      const { loss, gradient } = await pending;
      rated.setRate(rate);
      const gradientNorm = clipByGlobalNorm(gradient, options.clipNorm);
      const step = optimizer.update(gradient, state, current, spareStep, loss);
      const skipped = step.state.skipped > state.skipped;
      applyUpdates(current, step.updates);
      spareStep = { updates: step.updates, state };
      state = step.state;
      const nextAverage = ema.update(current, average, spareAverage);
      spareAverage = average;
      average = nextAverage;
      return { loss, gradientNorm, skipped };
    },
    evaluate: (examples, other = average.average) => runner.evaluate(other, examples),
    average: async () => average.average.slice(),
    async save() {
      const saved: EngineState = { optimizer: optimizer.name, parameters: current, average, state };
      return structuredClone(saved) as unknown as PlainData;
    },
    async restore(saved) {
      const from = readEngineState(saved, optimizer.name, current.length);
      current = from.parameters.slice();
      state = structuredClone(from.state);
      average = structuredClone(from.average);
      spareStep = undefined;
      spareAverage = undefined;
    },
    dispose: () => runner.dispose(),
  };
}

/** @throws ConfigError for the state of another optimizer, ShapeError for that of another network */
export function readEngineState(saved: PlainData, optimizer: string, total: number): EngineState {
  const state = saved as unknown as EngineState;
  if (state.optimizer !== optimizer)
    throw new ConfigError(
      `the checkpoint was made with optimizer "${state.optimizer}", now it is "${optimizer}"`,
    );
  checkLength("the checkpoint's parameters", state.parameters.length, total, "the network's");
  return state;
}
