import { ConfigError, checkLength, createRng, hashSeed } from "../../base/index.ts";
import { type Executor, initParameters, type StatefulExecutor } from "../../graph/index.ts";
import { applyUpdates, clipByGlobalNorm, createAdam, type OptimizerState } from "../../rules/index.ts";
import { createLearnedModel, type LearnedModel } from "../learned/learned-model.ts";
import type { LearnedSpec } from "../learned/learned-spec.ts";
import { type Optimizee, writeOptimizee } from "../optimizees/optimizee.ts";
import { createMetaLane, type MetaLane, type SavedLane, type UnrolledLane } from "./meta-lane.ts";
import { checkMetaOptions, type MetaOptions } from "./meta-options.ts";
import { nextName, stateNames, writeLearnedStep, writeUnroll } from "./unroll-graph.ts";

/** What one meta-update did. */
export type MetaReport = {
  /** Mean over the lanes of the losses after their steps. */
  readonly loss: number;
  /** Mean squared distance to the teacher's updates, over the square of its rate. */
  readonly imitation: number;
  readonly gradientNorm: number;
  /** Whether the meta-gradient was not finite and the update was left out. */
  readonly skipped: boolean;
  /** Runs given up so far because they diverged. */
  readonly diverged: number;
};

/** All that a checkpoint needs to go on exactly. */
export type MetaState = {
  readonly step: number;
  readonly weights: Float32Array;
  readonly optimizer: OptimizerState;
  readonly lanes: readonly SavedLane[];
};

/** Trains the weights of a learned optimizer. */
export type MetaTrainer = {
  readonly model: LearnedModel;
  /** Meta-updates done. */
  step(): number;
  /** A copy. (P) */
  weights(): Float32Array;
  /** One meta-update: an unroll in every lane, one backward pass over all. @param used share of the budget, 0..1 */
  update(used: number): Promise<MetaReport>;
  save(): Promise<MetaState>;
  restore(state: MetaState): void;
  dispose(): Promise<void>;
};

export type MetaTrainerParts = {
  readonly spec: LearnedSpec;
  /** Lane i runs number `i mod length`. */
  readonly optimizees: readonly Optimizee[];
  readonly options: MetaOptions;
  /** Runs a model, with outputs fed back as `state` says: `createExecutor` or `createOrtExecutor`. */
  createExecutor(model: Uint8Array, state: Readonly<Record<string, string>>): Promise<StatefulExecutor>;
  /** Where training begins; drawn from the seed where absent. (P) */
  readonly weights?: Float32Array;
};

/** Share of the meta learning rate at the end of the budget. */
const LAST_RATE = 0.1;

/**
 * Meta-training by truncated unrolls: gradients of the optimizees are constants, so that the backward pass is
 * over the optimizer alone, one small graph for a sample of coordinates of all lanes.
 *
 * @throws ConfigError for illegal options, no optimizee, or ShapeError for another number of weights
 *
 * Source: Mnemosyne (Jain et al. 2023), section 5 and appendix; Andrychowicz et al. 2016, section 2.
 */
export async function createMetaTrainer(parts: MetaTrainerParts): Promise<MetaTrainer> {
  const { spec, optimizees, options, createExecutor } = parts;
  checkMetaOptions(options);
  if (optimizees.length === 0) throw new ConfigError("optimizees is empty, expected at least one");
  const { lanes: laneCount, coordinates, unroll: T, seed, runLength, lastRunLength } = options;
  const model = createLearnedModel(spec);
  const P = model.layout.total;
  let weights = parts.weights?.slice() ?? initParameters(model.layout, createRng(hashSeed(seed, 0x1a1e5)));
  checkLength("weights", weights.length, P, "those of the learned optimizer's layout");
  let rate = options.rate;
  const adam = createAdam({ learningRate: () => rate });
  let state = adam.init(weights);
  let step = 0;

  const fedBack = Object.fromEntries(stateNames(model).map((name) => [nextName(name), name]));
  const backward = await createExecutor(writeUnroll(model, laneCount * coordinates, T), {});
  const losses: Executor[] = [];
  for (const optimizee of optimizees) losses.push(await createExecutor(writeOptimizee(optimizee), {}));
  const lanes: MetaLane[] = [];
  for (let i = 0; i < laneCount; i++) {
    const optimizee = optimizees[i % optimizees.length];
    lanes.push(
      createMetaLane({
        optimizee,
        model,
        loss: losses[i % optimizees.length],
        stepper: await createExecutor(writeLearnedStep(model, optimizee.layout.total), fedBack),
        options,
        seed: hashSeed(seed, 1 + i),
        stagger: Math.floor((i * runLength) / laneCount),
      }),
    );
  }

  return {
    model,
    step: () => step,
    weights: () => weights.slice(),
    async update(used) {
      const length = Math.round(runLength * (lastRunLength / runLength) ** used);
      const done: UnrolledLane[] = [];
      for (const lane of lanes) done.push(await lane.unroll(weights, length));
      const { gradient, imitation } = await backward.run(joinLanes(model, done, weights, T, coordinates));
      const g = (gradient.data as Float32Array).map((x) => x / laneCount);
      const gradientNorm = clipByGlobalNorm(g, options.clipNorm);
      rate = options.rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + Math.cos(Math.PI * used)));
      const next = adam.update(g, state, weights);
      const skipped = next.state.skipped > state.skipped;
      applyUpdates(weights, next.updates);
      state = next.state;
      step++;
      return {
        loss: mean(done.flatMap((lane) => lane.losses.slice(1))),
        imitation: (imitation.data as Float32Array)[0] / laneCount / (options.imitation || 1),
        gradientNorm,
        skipped,
        diverged: lanes.reduce((sum, lane) => sum + lane.diverged(), 0),
      };
    },
    async save() {
      const saved: SavedLane[] = [];
      for (const lane of lanes) saved.push(await lane.save());
      return { step, weights: weights.slice(), optimizer: structuredClone(state), lanes: saved };
    },
    restore(from) {
      checkLength("weights", from.weights.length, P, "those of the learned optimizer's layout");
      checkLength("lanes", from.lanes.length, laneCount, "lanes");
      step = from.step;
      weights = from.weights.slice();
      state = structuredClone(from.optimizer);
      from.lanes.forEach((saved, i) => {
        lanes[i].restore(saved);
      });
    },
    async dispose() {
      await backward.dispose();
      for (const executor of losses) await executor.dispose();
      for (const lane of lanes) await lane.dispose();
    },
  };
}

/** Feeds of the backward pass: the coordinates of all lanes side by side. */
function joinLanes(
  model: LearnedModel,
  lanes: readonly UnrolledLane[],
  weights: Float32Array,
  T: number,
  m: number,
) {
  const all = lanes.length * m;
  const rows = (pick: (lane: UnrolledLane) => Float32Array): Float32Array => {
    const out = new Float32Array(T * all);
    lanes.forEach((lane, l) => {
      for (let t = 0; t < T; t++) out.set(pick(lane).subarray(t * m, (t + 1) * m), t * all + l * m);
    });
    return out;
  };
  const states = model.sizes.map((size, i) => {
    const out = new Float32Array(all * size);
    lanes.forEach((lane, l) => {
      out.set(lane.state[i], l * m * size);
    });
    return [stateNames(model)[i], { data: out, shape: [all * size] }] as const;
  });
  const share = new Float32Array(all);
  lanes.forEach((lane, l) => {
    share.set(lane.share, l * m);
  });
  // Lanes differ in age and so in their bias corrections: those are given per coordinate.
  const { hyperSize } = model;
  const hyper = new Float32Array(T * hyperSize * all);
  lanes.forEach((lane, l) => {
    for (let row = 0; row < T * hyperSize; row++)
      hyper.fill(lane.hyper[row], row * all + l * m, row * all + (l + 1) * m);
  });
  return {
    weights: { data: weights, shape: [weights.length] },
    grads: { data: rows((lane) => lane.grads), shape: [T, all] },
    pull: { data: rows((lane) => lane.pull), shape: [T, all] },
    target: { data: rows((lane) => lane.target), shape: [T, all] },
    share: { data: share, shape: [all] },
    ...(hyperSize > 0 && { hyper: { data: hyper, shape: [T, hyperSize, all] } }),
    ...Object.fromEntries(states),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
