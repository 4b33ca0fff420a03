import { describe, expect, test } from "vitest";
import { createRng, hashSeed } from "../../src/base/index.ts";
import { mul, sum } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  checkMetaCheckpoint,
  createLearnedOptimizer,
  createMetaJudge,
  createMetaTrainer,
  createMlp,
  createQuadratic,
  createRosenbrock,
  createSyntheticDigits,
  decodeMetaCheckpoint,
  digitBatch,
  encodeMetaCheckpoint,
  LIGHT_SPEC,
  LSTM_SPEC,
  META_DEFAULTS,
  type MetaCheckpoint,
  type MetaOptions,
  type MetaTask,
  type MetaTrainer,
  type Optimizee,
  poolDigits,
  writeOptimizee,
} from "../../src/optim/index.ts";
import {
  applyUpdates,
  createAdam,
  type Optimizer,
  type PlainData,
  packState,
} from "../../src/rules/index.ts";

const SPEC = { ...LIGHT_SPEC, width: 4, memory: { ...LIGHT_SPEC.memory, features: 8 } };
const OPTIONS: MetaOptions = {
  ...META_DEFAULTS,
  lanes: 2,
  coordinates: 10,
  runLength: 20,
  lastRunLength: 40,
};

const open = (model: Uint8Array, state: Readonly<Record<string, string>>) =>
  createOrtExecutor(model, { state });

function trainerOf(
  options: Partial<MetaOptions> = {},
  optimizees: readonly Optimizee[] = [createQuadratic(), createRosenbrock()],
  weights?: Float32Array,
): Promise<MetaTrainer> {
  return createMetaTrainer({
    spec: SPEC,
    options: { ...OPTIONS, ...options },
    optimizees,
    createExecutor: open,
    ...(weights && { weights }),
  });
}

async function train(trainer: MetaTrainer, updates: number, of: number) {
  const reports = [];
  for (let i = 0; i < updates; i++) reports.push(await trainer.update(trainer.step() / of));
  return reports;
}

const bytesOf = async (trainer: MetaTrainer): Promise<Buffer> =>
  Buffer.from(packState((await trainer.save()) as unknown as PlainData));

describe("meta-training", () => {
  test("goes the same way from a checkpoint, bit for bit, across the ends of runs", async () => {
    const through = await trainerOf();
    await train(through, 14, 14);
    const first = await trainerOf();
    await train(first, 6, 14);
    const position = { step: 6, seconds: 1, sinceBest: 0, validated: -1 };
    const checkpoint: MetaCheckpoint = {
      spec: SPEC,
      options: OPTIONS,
      problem: { optimizees: ["quadratic", "rosenbrock"], batch: 128 },
      notes: null,
      snapshot: { position, trainer: await first.save() },
    };
    const read = decodeMetaCheckpoint(encodeMetaCheckpoint(checkpoint));
    const second = await trainerOf({}, undefined, new Float32Array(first.weights().length));
    second.restore(read.snapshot.trainer);
    await train(second, 8, 14);
    expect((await bytesOf(second)).equals(await bytesOf(through))).toBe(true);
    for (const trainer of [through, first, second]) await trainer.dispose();
  });

  test("with another seed it goes another way", async () => {
    const [a, b] = [await trainerOf(), await trainerOf({ seed: 1 })];
    expect(a.weights()).not.toEqual(b.weights());
    for (const trainer of [a, b]) await trainer.dispose();
  });

  test("imitation alone brings the updates nearer to Adam's", async () => {
    const trainer = await trainerOf(
      { objective: "none", imitation: 1, teacherRate: 0.01, rate: 0.01, scaling: 0 },
      [createQuadratic()],
    );
    const distances = (await train(trainer, 60, 60)).map(({ imitation }) => imitation);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(distances.slice(-10))).toBeLessThan(0.7 * mean(distances.slice(0, 10)));
    await trainer.dispose();
  });

  test("the loss of the runs that it trains on falls", async () => {
    const trainer = await trainerOf({ imitation: 0, objective: "log-loss", rate: 0.01, scaling: 0 }, [
      createQuadratic(),
    ]);
    const judge = await createMetaJudge({
      model: trainer.model,
      tasks: [{ name: "quadratic", optimizee: createQuadratic() }],
      horizons: [20],
      starts: 8,
      seed: 5,
      createExecutor: open,
    });
    const before = await judge.judge(trainer.weights());
    await train(trainer, 80, 80);
    const after = await judge.judge(trainer.weights());
    expect(after.score).toBeLessThan(0.9 * before.score);
    await trainer.dispose();
    await judge.dispose();
  });

  test("an optimizee that diverges at once is an error that says so, not a loop without end", async () => {
    const hopeless: Optimizee = {
      ...createQuadratic(),
      name: "hopeless",
      problem: [],
      drawProblem: () => ({}),
      loss: (params) => sum(mul(params, Number.POSITIVE_INFINITY), [0], true),
    };
    const trainer = await trainerOf({}, [hopeless]);
    await expect(trainer.update(0)).rejects.toThrow(/100 runs of hopeless in a row diverged/);
    await trainer.dispose();
  });

  test("a gradient that is not finite leaves the weights as they are, and is told", async () => {
    const trainer = await trainerOf();
    await train(trainer, 1, 10);
    const before = trainer.weights();
    const state = await trainer.save();
    // Memories of a run that went wrong: infinities that the backward pass turns into NaN.
    trainer.restore({
      ...state,
      lanes: state.lanes.map((lane) => ({
        ...lane,
        state: lane.state.map((array) => array.slice().fill(Number.NaN)),
        params: lane.params,
      })),
    });
    const report = await trainer.update(0.1);
    // Either the runs were given up and begun anew, or the update was left out; NaN never arrives.
    expect(report.skipped || report.diverged > 0).toBe(true);
    expect(trainer.weights().every(Number.isFinite)).toBe(true);
    expect(before.every(Number.isFinite)).toBe(true);
    await trainer.dispose();
  });

  test("weights of another design are refused by their number", async () => {
    await expect(trainerOf({}, undefined, new Float32Array(7))).rejects.toThrow("weights has length 7");
  });

  test.each([
    [{ unroll: 0 }, "unroll is 0"],
    [{ runLength: 3 }, "at least one unroll of 5"],
    [{ runLength: 50, lastRunLength: 40 }, "lastRunLength is 40"],
    [{ objective: "lss" as never }, "expected one of loss, log-loss, none"],
    [{ objective: "none", imitation: 0 } as const, "expected one of them"],
    [{ scaledShare: 1.5 }, "scaledShare is 1.5"],
    [{ rate: 0 }, "rate is 0"],
    [{ unrol: 5 } as object, "unroll"],
  ])("options %j are refused", async (options, complaint) => {
    await expect(trainerOf(options)).rejects.toThrow(complaint);
  });
});

describe("a checkpoint of meta-training", () => {
  const checkpoint: MetaCheckpoint = {
    spec: SPEC,
    options: OPTIONS,
    problem: { optimizees: ["quadratic"], batch: 128 },
    notes: { any: 1 },
    snapshot: {
      position: { step: 0, seconds: 0, sinceBest: 0, validated: -1 },
      trainer: {
        step: 0,
        weights: new Float32Array(3),
        optimizer: { step: 0, skipped: 0, slots: [] },
        lanes: [],
      },
    },
  };

  test("says what may differ, and refuses what may not", () => {
    const { problem } = checkpoint;
    const check = (more: Partial<MetaCheckpoint>) => () =>
      checkMetaCheckpoint(checkpoint, { spec: SPEC, options: OPTIONS, problem, ...more });
    expect(check({})()).toEqual([]);
    expect(check({ options: { ...OPTIONS, rate: 1e-3 } })()).toEqual(["rate is 0.001, was 0.0003"]);
    expect(check({ options: { ...OPTIONS, lanes: 3 } })).toThrow("made with lanes 2, now it is 3");
    expect(check({ spec: { ...SPEC, width: 5 } })).toThrow("made with width 4, now it is 5");
    expect(check({ spec: LSTM_SPEC })).toThrow('kind "mnemosyne", now it is "lstm"');
    expect(check({ problem: { ...problem, optimizees: ["rosenbrock"] } })).toThrow("rosenbrock");
    expect(check({ problem: { ...problem, data: "abc" } })).toThrow('data not given, now it is "abc"');
  });

  test("bytes of something else, and damaged ones, are refused", () => {
    expect(() => decodeMetaCheckpoint(packState({ format: "mnemosyne-checkpoint-1" }))).toThrow(
      'its format is "mnemosyne-checkpoint-1"',
    );
    expect(() => decodeMetaCheckpoint(packState(null))).toThrow("not a checkpoint");
    const bare = packState({ format: "mnemosyne-meta-checkpoint-1", spec: {}, options: {} });
    expect(() => decodeMetaCheckpoint(bare)).toThrow("has no problem");
    const bytes = encodeMetaCheckpoint(checkpoint);
    bytes[bytes.length - 3] ^= 4;
    expect(() => decodeMetaCheckpoint(bytes)).toThrow("damaged");
  });
});

describe("a judge of learned optimizers", () => {
  const digits = poolDigits(createSyntheticDigits(80, createRng(1)), 4);
  const heldOut = poolDigits(createSyntheticDigits(40, createRng(2)), 4);
  const small = (set: typeof digits, batch: number): Optimizee =>
    createMlp({ digits: set, hidden: [4], batch });
  const halves = [0, 20].map((from) =>
    digitBatch(
      heldOut,
      Int32Array.from({ length: 20 }, (_, i) => from + i),
    ),
  );
  const task: MetaTask = {
    name: "small",
    optimizee: small(digits, 8),
    heldOut: { optimizee: small(heldOut, 20), batches: halves },
  };
  const SEED = 9;

  /** The same run by optimizers' own code and one batch of all held-out images. */
  async function plainRun(optimizer: Optimizer, steps: number): Promise<number> {
    const rng = createRng(hashSeed(SEED, 0));
    const { optimizee } = task;
    const params = optimizee.init(rng);
    const fed = { params: { data: params, shape: [params.length] } };
    const gradient = await createOrtExecutor(writeOptimizee(optimizee));
    const judge = await createOrtExecutor(writeOptimizee(small(heldOut, 40)));
    let state = optimizer.init(params);
    for (let t = 0; t < steps; t++) {
      const { grads } = await gradient.run({ ...fed, ...optimizee.drawBatch(rng) });
      const step = optimizer.update(grads.data as Float32Array, state, params);
      applyUpdates(params, step.updates);
      state = step.state;
    }
    const all = digitBatch(
      heldOut,
      Int32Array.from({ length: 40 }, (_, i) => i),
    );
    const { loss } = await judge.run({ ...fed, ...all }, ["loss"]);
    for (const executor of [gradient, judge]) await executor.dispose();
    return (loss.data as Float32Array)[0];
  }

  test("finds what whole runs give, of learned optimizers and of others", async () => {
    const trainer = await trainerOf();
    const judge = await createMetaJudge({
      model: trainer.model,
      tasks: [task],
      horizons: [12, 4],
      starts: 1,
      seed: SEED,
      createExecutor: open,
    });
    const weights = trainer.weights().map((w) => 3 * w);
    const found = await judge.judge(weights);
    const learned = createLearnedOptimizer({ name: "x", spec: SPEC, weights });
    const adam = createAdam({ learningRate: 0.05 });
    // float32 graphs against typed arrays that compute in float64, over 12 steps.
    expect(found.losses[0][0]).toBeCloseTo(await plainRun(learned, 4), 4);
    expect(found.losses[0][1]).toBeCloseTo(await plainRun(learned, 12), 4);
    expect(found.score).toBeCloseTo(Math.sqrt(found.losses[0][0] * found.losses[0][1]), 10);
    const others = await judge.judgeOther(adam);
    expect(others.losses[0][1]).toBeCloseTo(await plainRun(adam, 12), 5);
    expect(await judge.judge(weights), "again the same").toEqual(found);
    await trainer.dispose();
    await judge.dispose();
  });

  test("runs that end in what is not finite have an infinite score, and a signal ends them", async () => {
    const trainer = await trainerOf();
    const judge = await createMetaJudge({
      model: trainer.model,
      tasks: [task],
      horizons: [3],
      starts: 2,
      seed: SEED,
      createExecutor: open,
    });
    const wild: Optimizer = {
      name: "wild",
      init: () => ({ step: 0, skipped: 0, slots: [] }),
      update: (grads, state) => ({ updates: grads.map(() => 3e38), state }),
    };
    expect((await judge.judgeOther(wild)).score).toBe(Infinity);
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(judge.judge(trainer.weights(), stopped)).rejects.toThrow("enough");
    await trainer.dispose();
    await judge.dispose();
  });

  test.each([
    [{ tasks: [] }, "tasks is empty"],
    [{ horizons: [] }, "horizons is empty"],
    [{ horizons: [0] }, "horizons is 0"],
    [{ starts: 0 }, "starts is 0"],
  ])("parts %j are refused", async (parts, complaint) => {
    const { model } = await trainerOf();
    const all = { model, tasks: [task], horizons: [3], starts: 1, seed: 1, createExecutor: open };
    await expect(createMetaJudge({ ...all, ...parts })).rejects.toThrow(complaint);
  });
});
