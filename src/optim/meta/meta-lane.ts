import { createRng, hashSeed, MpcError } from "../../base/index.ts";
import type { Executor, StatefulExecutor } from "../../graph/index.ts";
import { applyUpdates, createAdam, type OptimizerState } from "../../rules/index.ts";
import type { LearnedModel } from "../learned/learned-model.ts";
import type { Feeds, Optimizee } from "../optimizees/optimizee.ts";
import { type CoordinateSample, sampleCoordinates } from "./coordinate-sample.ts";
import type { MetaOptions } from "./meta-options.ts";
import { nextName, stateNames } from "./unroll-graph.ts";

/** What one unroll of one lane gives to the backward pass; rows are steps. */
export type UnrolledLane = {
  /** (T, m) */
  readonly grads: Float32Array;
  readonly pull: Float32Array;
  readonly target: Float32Array;
  /** (m): weight of the squared distance to the teacher. */
  readonly share: Float32Array;
  /** (T, h) */
  readonly hyper: Float32Array;
  /** The i-th (m sizes[i]), before the first step. */
  readonly state: readonly Float32Array[];
  /** Loss before each step and after the last one. (T + 1) */
  readonly losses: readonly number[];
};

/** A run of an optimizee under the optimizer that is being trained. */
export type MetaLane = {
  /**
   * T more steps with these weights; a run that is over or has diverged begins anew first.
   *
   * @throws MpcError where run after run diverges at once
   */
  unroll(weights: Float32Array, runLength: number): Promise<UnrolledLane>;
  /** Where the lane is, to be given to `restore`. */
  save(): Promise<SavedLane>;
  restore(saved: SavedLane): void;
  /** Runs that were given up because the loss was not finite or had grown tenfold. */
  diverged(): number;
  dispose(): Promise<void>;
};

export type SavedLane = {
  /** Number of the run, and steps done in it; -1: no run yet. */
  readonly run: number;
  readonly step: number;
  readonly diverged: number;
  readonly firstLoss: number;
  readonly params: Float32Array;
  readonly state: readonly Float32Array[];
  readonly teacher: OptimizerState;
};

export type LaneParts = {
  readonly optimizee: Optimizee;
  readonly model: LearnedModel;
  /** Runs `writeOptimizee`. */
  readonly loss: Executor;
  /** Runs `writeLearnedStep` for all coordinates of the optimizee, its state fed back. */
  readonly step: StatefulExecutor;
  readonly options: MetaOptions;
  /** All random numbers of the lane come from it. */
  readonly seed: number;
  /** Steps by which the first run is shortened, so that lanes do not begin together. */
  readonly stagger: number;
};

/** A run whose loss has grown by this factor is over. */
const DIVERGED = 10;
/** Runs in a row that may end so before they are T steps old. */
const MOST_DIVERGED = 100;

export function createMetaLane(parts: LaneParts): MetaLane {
  const { optimizee, model, loss, step: stepper, options, seed, stagger } = parts;
  const { unroll: T, coordinates: m } = options;
  const n = optimizee.layout.total;
  const names = stateNames(model);
  const teacher = createAdam({ learningRate: options.teacherRate });

  let run = -1;
  let step = 0;
  let diverged = 0;
  let firstLoss = Number.NaN;
  let params: Float32Array = new Float32Array(n);
  let teacherState = teacher.init(params);
  // Of the run, drawn again from its seed:
  let problem: Feeds = {};
  let scales: Float32Array | undefined;
  let sample: CoordinateSample = sampleCoordinates(optimizee.layout, m, createRng(0));

  const drawRun = (): ReturnType<typeof createRng> => {
    const rng = createRng(hashSeed(seed, run));
    problem = optimizee.drawProblem(rng);
    sample = sampleCoordinates(optimizee.layout, m, rng);
    const { scaling, scaledShare } = options;
    const isScaled = scaling > 0 && rng.uniform() < scaledShare;
    scales = isScaled
      ? Float32Array.from({ length: n }, () => Math.exp(scaling * (2 * rng.uniform() - 1)))
      : undefined;
    return rng;
  };
  const begin = (): void => {
    run++;
    step = 0;
    const rng = drawRun();
    params = optimizee.init(rng);
    firstLoss = Number.NaN;
    teacherState = teacher.init(params);
    writeState(model.sizes.map((size, i) => new Float32Array(n * size).fill(model.fills[i])));
  };
  const writeState = (state: readonly Float32Array[]): void => {
    names.forEach((name, i) => {
      stepper.writeState(nextName(name), { data: state[i], shape: [state[i].length] });
    });
  };
  const readState = (): Promise<Float32Array[]> =>
    Promise.all(names.map(async (name) => (await stepper.readState(nextName(name))).data as Float32Array));

  /** Loss and gradient of the scaled problem where the run is now, on the batch of this step. */
  const evaluate = async (): Promise<{ value: number; grads: Float32Array }> => {
    const batch = optimizee.drawBatch(createRng(hashSeed(hashSeed(seed, run), step)));
    const out = await loss.run({ params: { data: params, shape: [n] }, ...problem, ...batch });
    const grads = out.grads.data as Float32Array;
    if (scales !== undefined) for (let i = 0; i < n; i++) grads[i] *= scales[i];
    return { value: (out.loss.data as Float32Array)[0], grads };
  };

  /** T more steps of the run; undefined where it diverges. */
  const advance = async (weights: Float32Array): Promise<UnrolledLane | undefined> => {
    let now = await evaluate();
    if (Number.isNaN(firstLoss)) firstLoss = now.value;
    const { indices, weights: counts } = sample;
    const state = gather(await readState(), model.sizes, indices);
    const { grads, pull, target, hyper } = emptyRows(T, m, model.hyperSize);
    const losses = [now.value];
    for (let t = 0; t < T; t++) {
      const fed = model.hyper(step);
      hyper.set(fed, t * model.hyperSize);
      const { updates } = await stepper.run(
        {
          weights: { data: weights, shape: [weights.length] },
          grads: { data: now.grads, shape: [n] },
          ...(fed.length > 0 && { hyper: { data: fed, shape: [fed.length] } }),
        },
        ["updates"],
      );
      const taught = teacher.update(now.grads, teacherState, params);
      teacherState = taught.state;
      const u = updates.data as Float32Array;
      for (let i = 0; i < m; i++) {
        grads[t * m + i] = now.grads[indices[i]];
        target[t * m + i] = taught.updates[indices[i]];
      }
      if (scales !== undefined) for (let i = 0; i < n; i++) u[i] *= scales[i];
      applyUpdates(params, u);
      step++;
      now = await evaluate();
      losses.push(now.value);
      if (!(now.value <= DIVERGED * firstLoss)) return undefined;
      pullOn(pull, t, m, now.grads, indices, counts, pullFactor(options, now.value));
    }
    return { grads, pull, target, share: teacherShare(options, counts, n), hyper, state, losses };
  };

  return {
    async unroll(weights, runLength) {
      for (let attempt = 0; attempt < MOST_DIVERGED; attempt++) {
        const length = run === 0 ? Math.max(T, runLength - stagger) : runLength;
        if (run < 0 || step + T > length) begin();
        const done = await advance(weights);
        if (done !== undefined) return done;
        diverged++;
        begin();
      }
      throw new MpcError(
        "diverged",
        `${MOST_DIVERGED} runs of ${optimizee.name} in a row diverged at once: ` +
          "try a smaller outputScale, a smaller rate or less scaling",
      );
    },
    async save() {
      return {
        run,
        step,
        diverged,
        firstLoss,
        params: params.slice(),
        state: run < 0 ? [] : await readState(),
        teacher: structuredClone(teacherState),
      };
    },
    restore(saved) {
      ({ run, step, diverged, firstLoss } = saved);
      if (run < 0) return;
      drawRun();
      params = saved.params.slice();
      teacherState = structuredClone(saved.teacher);
      writeState(saved.state);
    },
    diverged: () => diverged,
    dispose: () => stepper.dispose(),
  };
}

function emptyRows(T: number, m: number, h: number) {
  return {
    grads: new Float32Array(T * m),
    pull: new Float32Array(T * m),
    target: new Float32Array(T * m),
    hyper: new Float32Array(T * h),
  };
}

/** By what the gradient of a loss counts in the objective of an unroll. */
function pullFactor({ objective, unroll }: MetaOptions, loss: number): number {
  if (objective === "none") return 0;
  return 1 / unroll / (objective === "log-loss" ? Math.max(loss, 1e-12) : 1);
}

/** The loss after step t depends on the updates 0..t: adds its gradient to their rows. */
function pullOn(
  pull: Float32Array,
  t: number,
  m: number,
  grads: Float32Array,
  indices: Int32Array,
  counts: Float32Array,
  factor: number,
): void {
  for (let i = 0; i < m; i++) {
    const part = factor * counts[i] * grads[indices[i]];
    for (let s = 0; s <= t; s++) pull[s * m + i] += part;
  }
}

/** (m): weights that make the sum over steps and coordinates a mean over the whole vector. */
function teacherShare(options: MetaOptions, counts: Float32Array, n: number): Float32Array {
  const { imitation, teacherRate, unroll } = options;
  return counts.map((count) => (imitation * count) / (n * unroll * teacherRate ** 2));
}

/** The rows of some coordinates from arrays of (n * size). */
function gather(
  state: readonly Float32Array[],
  sizes: readonly number[],
  indices: Int32Array,
): Float32Array[] {
  return state.map((array, i) => {
    const size = sizes[i];
    const out = new Float32Array(indices.length * size);
    indices.forEach((index, at) => {
      out.set(array.subarray(index * size, (index + 1) * size), at * size);
    });
    return out;
  });
}
