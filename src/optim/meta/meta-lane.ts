import { createRng, hashSeed, MpcError, type Rng } from "../../base/index.ts";
import type { Executor, StatefulExecutor } from "../../graph/index.ts";
import { applyUpdates, createAdam, type OptimizerState } from "../../rules/index.ts";
import type { LearnedModel } from "../learned/learned-model.ts";
import type { Feeds, Optimizee } from "../optimizees/optimizee.ts";
import { type CoordinateSample, sampleCoordinates } from "./coordinate-sample.ts";
import type { MetaOptions } from "./meta-options.ts";
import { nextName, stateNames, stepFeeds, writeStepState } from "./unroll-graph.ts";
import { addPull, emptyRows, gatherRows, pullFactor, teacherShare } from "./unroll-rows.ts";

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
  readonly stepper: StatefulExecutor;
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

/** A lane and where it is. */
type Lane = LaneParts & {
  readonly teacher: ReturnType<typeof createAdam>;
  run: number;
  step: number;
  diverged: number;
  firstLoss: number;
  params: Float32Array;
  teacherState: OptimizerState;
  /** Problem of the run, drawn again from its seed as its scales and its sample are. */
  problem: Feeds;
  scales?: Float32Array;
  sample: CoordinateSample;
};

/** A lane before its first run. */
export function createMetaLane(parts: LaneParts): MetaLane {
  const { optimizee, options, stepper } = parts;
  const teacher = createAdam({ learningRate: options.teacherRate });
  const params = new Float32Array(optimizee.layout.total);
  const lane: Lane = {
    ...parts,
    teacher,
    run: -1,
    step: 0,
    diverged: 0,
    firstLoss: Number.NaN,
    params,
    teacherState: teacher.init(params),
    problem: {},
    sample: sampleCoordinates(optimizee.layout, options.coordinates, createRng(0)),
  };
  return {
    unroll: (weights, runLength) => unrollLane(lane, weights, runLength),
    async save() {
      const { run, step, diverged, firstLoss } = lane;
      const state = run < 0 ? [] : await readState(lane);
      const copies = { params: lane.params.slice(), state, teacher: structuredClone(lane.teacherState) };
      return { run, step, diverged, firstLoss, ...copies };
    },
    restore(saved) {
      const { run, step, diverged, firstLoss } = saved;
      Object.assign(lane, { run, step, diverged, firstLoss });
      if (run < 0) return;
      drawRun(lane);
      lane.params = saved.params.slice();
      lane.teacherState = structuredClone(saved.teacher);
      writeStepState(stepper, parts.model, lane.params.length, saved.state);
    },
    diverged: () => lane.diverged,
    dispose: () => stepper.dispose(),
  };
}

async function unrollLane(lane: Lane, weights: Float32Array, runLength: number): Promise<UnrolledLane> {
  const { unroll: T } = lane.options;
  for (let attempt = 0; attempt < MOST_DIVERGED; attempt++) {
    const length = lane.run === 0 ? Math.max(T, runLength - lane.stagger) : runLength;
    if (lane.run < 0 || lane.step + T > length) beginRun(lane);
    const done = await advance(lane, weights);
    if (done !== undefined) return done;
    lane.diverged++;
    beginRun(lane);
  }
  throw new MpcError(
    "diverged",
    `${MOST_DIVERGED} runs of ${lane.optimizee.name} in a row diverged at once: ` +
      "try a smaller outputScale, a smaller rate or less scaling",
  );
}

/** Draws the problem, its scales and the coordinates of the run, from its seed. @returns what draws on */
function drawRun(lane: Lane): Rng {
  const { optimizee, options, seed, run } = lane;
  const { scaling, scaledShare, coordinates } = options;
  const rng = createRng(hashSeed(seed, run));
  lane.problem = optimizee.drawProblem(rng);
  lane.sample = sampleCoordinates(optimizee.layout, coordinates, rng);
  const isScaled = scaling > 0 && rng.uniform() < scaledShare;
  const length = optimizee.layout.total;
  lane.scales = isScaled
    ? Float32Array.from({ length }, () => Math.exp(scaling * (2 * rng.uniform() - 1)))
    : undefined;
  return rng;
}

function beginRun(lane: Lane): void {
  const { optimizee, model, stepper, teacher } = lane;
  lane.run++;
  lane.step = 0;
  lane.params = optimizee.init(drawRun(lane));
  lane.firstLoss = Number.NaN;
  lane.teacherState = teacher.init(lane.params);
  writeStepState(stepper, model, optimizee.layout.total);
}

function readState({ model, stepper }: Lane): Promise<Float32Array[]> {
  const read = async (name: string) => (await stepper.readState(nextName(name))).data as Float32Array;
  return Promise.all(stateNames(model).map(read));
}

/** Loss and gradient of the scaled problem where the run is now, on the batch of this step. */
async function evaluate(lane: Lane): Promise<{ readonly value: number; readonly grads: Float32Array }> {
  const { optimizee, loss, seed, run, step, params, problem, scales } = lane;
  const batch = optimizee.drawBatch(createRng(hashSeed(hashSeed(seed, run), step)));
  const out = await loss.run({ params: { data: params, shape: [params.length] }, ...problem, ...batch });
  const grads = out.grads.data as Float32Array;
  if (scales !== undefined) for (let i = 0; i < grads.length; i++) grads[i] *= scales[i];
  return { value: (out.loss.data as Float32Array)[0], grads };
}

/** T more steps of the run; undefined where it diverges. */
async function advance(lane: Lane, weights: Float32Array): Promise<UnrolledLane | undefined> {
  const { optimizee, model, stepper, teacher, options, params, scales } = lane;
  const { unroll: T, coordinates: m } = options;
  const n = optimizee.layout.total;
  let now = await evaluate(lane);
  if (Number.isNaN(lane.firstLoss)) lane.firstLoss = now.value;
  const { indices, weights: counts } = lane.sample;
  const state = gatherRows(await readState(lane), model.sizes, indices);
  const { grads, pull, target, hyper } = emptyRows(T, m, model.hyperSize);
  const losses = [now.value];
  for (let t = 0; t < T; t++) {
    const fed = model.hyper(lane.step);
    hyper.set(fed, t * model.hyperSize);
    const { updates } = await stepper.run(stepFeeds(weights, now.grads, fed), ["updates"]);
    const taught = teacher.update(now.grads, lane.teacherState, params);
    lane.teacherState = taught.state;
    const u = updates.data as Float32Array;
    for (let i = 0; i < m; i++) {
      grads[t * m + i] = now.grads[indices[i]];
      target[t * m + i] = taught.updates[indices[i]];
    }
    if (scales !== undefined) for (let i = 0; i < n; i++) u[i] *= scales[i];
    applyUpdates(params, u);
    lane.step++;
    now = await evaluate(lane);
    losses.push(now.value);
    if (!(now.value <= DIVERGED * lane.firstLoss)) return undefined;
    addPull(pull, t, m, now.grads, indices, counts, pullFactor(options, now.value));
  }
  return { grads, pull, target, share: teacherShare(options, counts, n), hyper, state, losses };
}
