import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRng, type RunResult } from "../../src/base/index.ts";
import {
  checkCheckpoint,
  createArrayEngine,
  createBatchSampler,
  createFeatureIndex,
  decodeCheckpoint,
  type ExampleRunner,
  encodeCheckpoint,
  initNet,
  measureFigures,
  netLayout,
  resolveTrainOptions,
  selectExamples,
  type TrainEngine,
  type TrainOptions,
  type TrainRun,
  type TrainSnapshot,
  train,
} from "../../src/init-net/index.ts";
import { type PlainData, packState } from "../../src/rules/index.ts";
import { randomSet, runnerOf, smallSpec } from "./random-features.ts";

const spec = smallSpec();
const set = randomSet(spec);
const training = selectExamples(set.shards, (rows, i) => rows.heldOut[i] === 0);
const options = (given: Partial<TrainOptions> = {}): TrainOptions =>
  resolveTrainOptions({ batch: 4, learningRate: 3e-3, warmup: 2, budget: { steps: 8 }, ...given });

/** A clock that goes on by a second whenever it is looked at. */
function ticking(): () => number {
  let now = 0;
  return () => now++;
}

async function run(
  o: TrainOptions,
  engine: TrainEngine,
  more: Partial<TrainRun> = {},
): Promise<{ result: RunResult; snapshot: TrainSnapshot; losses: number[] }> {
  let snapshot: TrainSnapshot | undefined;
  const losses: number[] = [];
  const result = await train({
    options: o,
    engine,
    sampler: createBatchSampler({ examples: training, batch: o.batch, seed: o.seed, mirror: o.mirror }),
    clock: ticking(),
    validateEvery: {},
    saveEvery: {},
    validate: async () => 1,
    save: async (saved) => {
      snapshot = saved;
    },
    onStep: ({ loss }) => losses.push(loss),
    ...more,
  });
  return { result, snapshot: snapshot!, losses };
}

/** Runners remember nothing, so all engines share them; by the size of their batch. */
let runners: Readonly<Record<number, ExampleRunner>>;

beforeAll(async () => {
  runners = { 4: await runnerOf(set, 4), 8: await runnerOf(set, 8) };
});

afterAll(async () => {
  for (const runner of Object.values(runners)) await runner.dispose();
});

function engineOf(o: TrainOptions): TrainEngine {
  return createArrayEngine(runners[o.batch], spec, o, initNet(spec, o.seed));
}

describe("training", () => {
  test("a step's gradient is the slope of its loss", async () => {
    // Squared errors: the robust loss has kinks all over.
    const runner = await runnerOf(set, 8, { kind: "squared" });
    const parameters = initNet(spec, 4);
    const draw = { examples: training.slice(0, 8), mirrors: Uint8Array.of(0, 1, 0, 1, 1, 0, 0, 1) };
    const gradient = (await runner.gradient(parameters, draw)).gradient.slice();
    const length = Math.hypot(...gradient);
    const rng = createRng(9);
    const noise = Float32Array.from(gradient, () => rng.gauss() / Math.sqrt(gradient.length));
    for (const sign of [1, -1]) {
      const direction = gradient.map((g, i) => g / length + sign * noise[i]);
      const slope = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      const h = 5e-3; // smaller steps drown in float32's rounding, larger ones meet curvature
      const lossAt = async (step: number): Promise<number> =>
        (
          await runner.gradient(
            parameters.map((p, i) => p + step * direction[i]),
            draw,
          )
        ).loss;
      const difference = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
      expect(Math.abs(slope - difference)).toBeLessThan(0.02 * Math.abs(slope));
    }
    await runner.dispose();
  });

  test("the mean of the gradients of two halves of a batch is the gradient of the batch", async () => {
    const { 8: whole, 4: half } = runners;
    const parameters = initNet(spec, 4);
    const examples = training.slice(0, 8);
    const all = (await whole.gradient(parameters, { examples })).gradient.slice();
    const a = (await half.gradient(parameters, { examples: examples.slice(0, 4) })).gradient.slice();
    const b = (await half.gradient(parameters, { examples: examples.slice(4) })).gradient;
    const scale = Math.max(...all.map(Math.abs));
    for (let i = 0; i < all.length; i++)
      expect(Math.abs(all[i] - (a[i] + b[i]) / 2)).toBeLessThan(1e-5 * scale);
  });

  test("a batch made ready in advance gives what one made at once gives", async () => {
    const runner = runners[4];
    const parameters = initNet(spec, 4);
    const draw = { examples: training.slice(4, 8), mirrors: Uint8Array.of(1, 0, 0, 1) };
    const { loss } = await runner.gradient(parameters, draw);
    runner.prepare!(draw);
    await runner.gradient(parameters, { examples: training.slice(0, 4) });
    expect((await runner.gradient(parameters, draw)).loss).toBe(loss);
  });

  test("the loss on what it is trained on falls to less than half", async () => {
    const o = options({ budget: { steps: 120 }, batch: 8, mirror: false, learningRate: 1e-2 });
    const { losses } = await run(o, engineOf(o));
    const mean = (some: number[]): number => some.reduce((a, b) => a + b, 0) / some.length;
    expect(mean(losses.slice(-10))).toBeLessThan(0.5 * mean(losses.slice(0, 3)));
  });

  test.each(["adamw", "momentum", "rmsprop"])(
    "a run of %s that ends and goes on from its checkpoint arrives at the same bits",
    async (optimizer) => {
      const o = options({ optimizer, learningRate: 1e-3 });
      const through = engineOf(o);
      const one = await run(o, through);
      const first = engineOf(o);
      const stop = new AbortController();
      let kept: Uint8Array | undefined;
      await run(o, first, {
        signal: stop.signal,
        onStep: ({ step }) => step === 3 && stop.abort(),
        save: async (snapshot) => {
          const data = { fingerprint: "x", examples: training.length };
          kept = encodeCheckpoint({ spec, options: o, data, engine: first.description, snapshot });
        },
      });
      const second = engineOf({ ...o, seed: 77 }); // begins elsewhere
      const { snapshot } = decodeCheckpoint(kept!);
      expect(snapshot.position.step).toBe(3);
      const two = await run(o, second, { from: snapshot });
      expect(two.losses).toEqual(one.losses.slice(3));
      expect(two.snapshot.engine).toEqual(one.snapshot.engine);
      expect(await second.average()).toEqual(await through.average());
    },
  );

  test("figures of the averaged weights agree with the loss that is trained", async () => {
    const o = options({ batch: 8 });
    const engine = createArrayEngine(runners[8], spec, o, initNet(spec, 1));
    const index = createFeatureIndex(set.shards);
    const ofOneKind = training.filter((example) => {
      const { shard, row } = index.locate(example);
      return set.shards[shard].kind[row] === 1;
    });
    const examples = ofOneKind.slice(0, 8);
    const figures = measureFigures(set, examples, await engine.evaluate(examples), o.loss);
    const { loss } = await runners[8].gradient(initNet(spec, 1), { examples });
    expect(Object.keys(figures.kinds)).toEqual(["first"]);
    expect(figures.loss).toBeCloseTo(loss, 5);
  });
});

/** An engine that computes nothing. */
function idleEngine(skipped = false): TrainEngine {
  return {
    description: "none",
    step: async () => ({ loss: 1, gradientNorm: 1, skipped }),
    evaluate: async () => ({
      trajectories: new Float32Array(0),
      scores: new Float32Array(0),
      errors: new Float32Array(0),
    }),
    average: async () => Float32Array.of(1),
    save: async () => null,
    restore: async () => {},
    dispose: async () => {},
  };
}

describe("when training ends", () => {
  test("after its steps, its epochs or its minutes, whichever come first", async () => {
    const end = async (budget: TrainOptions["budget"]) =>
      (await run(options({ budget }), idleEngine())).result.position.step;
    expect(await end({ steps: 5, epochs: 100 })).toBe(5);
    expect(await end({ epochs: 2, minutes: 1e6 })).toBe(2 * Math.ceil(training.length / 4));
    const { result } = await run(options({ budget: { minutes: 1 } }), idleEngine());
    expect(result.position.seconds).toBeGreaterThanOrEqual(60);
    expect(result.position.seconds).toBeLessThan(70);
  });

  test("after `patience` validations without a better one; the best weights are kept", async () => {
    const metrics = [3, 2, 2.5, 2.1, 2.2, 1];
    let n = 0;
    const { result } = await run(options({ budget: { steps: 100 }, patience: 3 }), idleEngine(), {
      validateEvery: { steps: 2 },
      validate: async () => metrics[n++],
    });
    expect(result.end).toBe("patience");
    expect(result.position).toMatchObject({ step: 10, sinceBest: 3, best: { step: 4, score: 2 } });
  });

  test("when update after update cannot be taken", async () => {
    const { result } = await run(options({ budget: { steps: 100 } }), idleEngine(true));
    expect(result).toMatchObject({ end: "nonFinite", position: { step: 20 } });
  });

  test("an update that throws leaves a checkpoint of those before", async () => {
    let steps = 0;
    let saved: TrainSnapshot | undefined;
    const engine: TrainEngine = {
      ...idleEngine(),
      step: async () => {
        if (++steps > 3) throw new Error("out of order");
        return { loss: 1, gradientNorm: 1, skipped: false };
      },
    };
    const failing = run(options(), engine, {
      save: async (snapshot) => {
        saved = snapshot;
      },
    });
    await expect(failing).rejects.toThrow("out of order");
    expect(saved?.position.step).toBe(3);
  });

  test("the learning rate rises, then falls over the budget to its last share", async () => {
    const rates: number[] = [];
    const o = options({ budget: { steps: 50 }, warmup: 5, lastRate: 0.1 });
    await run(o, idleEngine(), { onStep: ({ rate }) => rates.push(rate) });
    expect(rates[0]).toBeCloseTo(0.2, 2);
    for (let i = 1; i < 5; i++) expect(rates[i]).toBeGreaterThan(rates[i - 1]);
    for (let i = 6; i < 50; i++) expect(rates[i]).toBeLessThan(rates[i - 1]);
    expect(rates[49]).toBeCloseTo(0.1, 2);
  });
});

describe("checkpoints", () => {
  let bytes: Uint8Array;
  const o = options();

  beforeAll(async () => {
    const engine = engineOf(o);
    const { snapshot } = await run(options({ budget: { steps: 2 } }), engine);
    const data = { fingerprint: "abc", examples: training.length };
    bytes = encodeCheckpoint({ spec, options: o, data, engine: "1 thread", snapshot });
  });

  test("come back whole", () => {
    const read = decodeCheckpoint(bytes);
    expect(read).toMatchObject({ spec, options: o, data: { fingerprint: "abc" } });
    expect(read.snapshot.position.best?.weights.length).toBe(netLayout(spec).total);
    expect(checkCheckpoint(read, spec, o)).toEqual([]);
    expect(decodeCheckpoint(Buffer.from(bytes))).toEqual(read); // as files are read
  });

  test("of the first format are gone on with: the best is renamed, the last update counts as validated", () => {
    const { snapshot, ...rest } = decodeCheckpoint(bytes);
    const { score, weights, step } = snapshot.position.best!;
    const position = {
      step: 2,
      seconds: 9,
      sinceBest: 0,
      best: { step, metric: score, parameters: weights },
    };
    const old = {
      format: "mnemosyne-checkpoint-1",
      ...rest,
      snapshot: { position, engine: snapshot.engine },
    };
    const { best, validated } = decodeCheckpoint(packState(old as unknown as PlainData)).snapshot.position;
    expect({ best, validated }).toEqual({ best: snapshot.position.best, validated: 2 });
  });

  test("damaged ones, and other files, are refused", () => {
    const flipped = bytes.slice();
    flipped[bytes.length >> 1] ^= 1;
    expect(() => decodeCheckpoint(flipped)).toThrow("damaged");
    expect(() => decodeCheckpoint(bytes.subarray(0, bytes.length - 100))).toThrow("cut short");
    expect(() => decodeCheckpoint(new Uint8Array(0))).toThrow("0 bytes");
    expect(() => decodeCheckpoint(new TextEncoder().encode("ARROW1 something else"))).toThrow("MNOS");
  });

  test("those of another network, optimizer or seed are refused by name; a new budget or rate is told", () => {
    const read = decodeCheckpoint(bytes);
    expect(() => checkCheckpoint(read, smallSpec({ width: 16 }), o)).toThrow("width 8, now it is 16");
    expect(() => checkCheckpoint(read, { ...spec, robot: "omni" }, o)).toThrow(
      'robot "jackal", now it is "omni"',
    );
    expect(() => checkCheckpoint(read, spec, options({ optimizer: "sgd" }))).toThrow('optimizer "adamw"');
    expect(() => checkCheckpoint(read, spec, options({ seed: 1 }))).toThrow("seed 0, now it is 1");
    const changes = checkCheckpoint(read, spec, options({ learningRate: 1, budget: { minutes: 5 } }));
    expect(changes.join()).toMatch(/learningRate is 1, was 0.003.*budget is {"minutes":5}/);
  });

  test("the state of another optimizer or network is not restored", async () => {
    const { engine: state } = decodeCheckpoint(bytes).snapshot;
    const other = engineOf({ ...o, optimizer: "momentum" });
    await expect(other.restore(state)).rejects.toThrow('optimizer "adamw"');
  });
});
