import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  type Checkpoint,
  checkCheckpoint,
  createArrayEngine,
  createGraphEngine,
  decodeCheckpoint,
  type ExampleDraw,
  type ExampleRunner,
  encodeCheckpoint,
  initNet,
  netLayout,
  resolveTrainOptions,
  type TrainEngine,
  type TrainOptions,
} from "../../src/init-net/index.ts";
import { createLearnedOptimizer, LIGHT_SPEC } from "../../src/optim/index.ts";
import { clipByGlobalNorm, type PlainData } from "../../src/rules/index.ts";
import { untrained } from "../optim/learned-designs.ts";
import { randomSet, runnerOf, smallSpec } from "./random-features.ts";

const spec = smallSpec();
const set = randomSet(spec);
const layout = netLayout(spec);
const parameters = initNet(spec, 3);
const learned = { ...untrained(LIGHT_SPEC, 5), name: "light" };
const BATCH = 4;
const draws = Array.from(
  { length: 7 },
  (_, step): ExampleDraw => ({
    examples: Uint32Array.from({ length: BATCH }, (_, b) => 3 * step + b + 1),
    mirrors: new Uint8Array(BATCH),
  }),
);

const options = (hybrid: boolean, more: Partial<TrainOptions> = {}): TrainOptions =>
  resolveTrainOptions({
    optimizer: "light",
    learned: { file: "light.mnos", id: "abc", hybrid },
    schedule: "constant",
    warmup: 0,
    batch: BATCH,
    ema: 0,
    learningRate: 3e-3,
    budget: { steps: 10 },
    ...more,
  });

let runner: ExampleRunner;
beforeAll(async () => {
  runner = await runnerOf(set, BATCH);
});
afterAll(() => runner.dispose());

const arrayEngine = (o: TrainOptions): TrainEngine =>
  createArrayEngine(runner, spec, o, parameters, o.learned && learned);

async function go(engine: TrainEngine, from: number, to: number, rate = 1): Promise<Float32Array> {
  for (let i = from; i < to; i++) await engine.step(draws[i], rate, draws[i + 1]);
  return engine.average();
}

/** Length of the difference in shares of the way from the start. */
function gap(a: Float32Array, b: Float32Array): number {
  const norm = (of: (i: number) => number): number => Math.hypot(...Array.from(parameters, (_, i) => of(i)));
  return norm((i) => a[i] - b[i]) / norm((i) => b[i] - parameters[i]);
}

describe("a network trained by a learned optimizer", () => {
  test("alone, it goes where the optimizer's own updates lead, by 1 / sqrt(fan-in) and 0.1", async () => {
    const optimizer = createLearnedOptimizer(learned);
    const expected = parameters.slice();
    let state = optimizer.init(expected);
    for (let i = 0; i < 3; i++) {
      const { gradient } = await runner.gradient(expected, draws[i]);
      clipByGlobalNorm(gradient, 1);
      const step = optimizer.update(gradient, state, expected);
      state = step.state;
      for (const { shape, offset, size } of layout.entries) {
        const inputs = shape.slice(0, -1).reduce((product, d) => product * d, 1);
        const factor = Math.fround(shape.length > 1 ? 1 / Math.sqrt(inputs) : 0.1);
        for (let p = offset; p < offset + size; p++) expected[p] += factor * step.updates[p];
      }
    }
    // Products are rounded to float32 before they are added, or after.
    expect(gap(await go(arrayEngine(options(false)), 0, 3), expected)).toBeLessThan(1e-5);
  });

  test("hybrid, matrices go its way and the rest goes Adam's, from the first step", async () => {
    const hybrid = await go(arrayEngine(options(true)), 0, 1);
    const alone = await go(arrayEngine(options(false)), 0, 1);
    const adam = await go(arrayEngine(options(true, { learned: undefined, optimizer: "adam" })), 0, 1);
    let biases = 0;
    for (const { shape, offset, size } of layout.entries) {
      const part = (x: Float32Array): Float32Array => x.slice(offset, offset + size);
      if (shape.length < 2) biases++;
      expect(part(hybrid)).toEqual(part(shape.length > 1 ? alone : adam));
    }
    expect([biases > 0, biases < layout.entries.length]).toEqual([true, true]);
  });

  test("the share of the schedule multiplies both parts of the update", async () => {
    const [whole, half] = [await go(arrayEngine(options(true)), 0, 1), await go(arrayEngine(options(true)), 0, 1, 0.5)]; // biome-ignore format: one line
    for (let i = 0; i < whole.length; i++) {
      const update = whole[i] - parameters[i];
      // Sums with parameters of about 1 are rounded to float32.
      expect(Math.abs(half[i] - parameters[i] - 0.5 * update)).toBeLessThan(3e-7);
    }
  });

  test.each([true, false])(
    "as one graph it goes the same way but for rounding (hybrid: %s)",
    async (hybrid) => {
      const o = options(hybrid);
      const engine = await createGraphEngine({
        spec,
        shards: set.shards,
        options: o,
        parameters,
        learned,
        createExecutor: (model) => createOrtExecutor(model),
        createStatefulExecutor: (model, state) => createOrtExecutor(model, { state }),
      });
      expect(gap(await go(engine, 0, 3), await go(arrayEngine(o), 0, 3))).toBeLessThan(1e-3);
      // A state that it saved is one that the other engine goes on from.
      const other = arrayEngine(o);
      await other.restore(await engine.save());
      expect(gap(await go(other, 3, 5), await go(engine, 3, 5))).toBeLessThan(1e-3);
      await engine.dispose();
    },
  );

  test("goes on from a checkpoint to the same bits", async () => {
    const o = options(true);
    const through = await go(arrayEngine(o), 0, 6);
    const first = arrayEngine(o);
    await go(first, 0, 3);
    const bytes = encodeCheckpoint(checkpointOf(o, await first.save()));
    const second = arrayEngine(o);
    await second.restore(decodeCheckpoint(bytes).snapshot.engine);
    expect(await go(second, 3, 6)).toEqual(through);
  });

  test("options and weights are given together or not at all", () => {
    expect(() => createArrayEngine(runner, spec, options(true), parameters)).toThrow("given without weights");
    const plain = options(true, { learned: undefined, optimizer: "adam" });
    expect(() => createArrayEngine(runner, spec, plain, parameters, learned)).toThrow(
      "not given, but weights",
    );
  });
});

const checkpointOf = (o: TrainOptions, engine: PlainData = null): Checkpoint => ({
  spec,
  options: o,
  data: { fingerprint: "f", examples: 1 },
  engine: "test",
  snapshot: { position: { step: 3, seconds: 1, sinceBest: 0, validated: -1 }, engine },
});

describe("a checkpoint of such a run", () => {
  test("is gone on with by the same optimizer in the same way, wherever its file lies", () => {
    const before = checkpointOf(options(true));
    const now = (more: object): TrainOptions =>
      options(true, { learned: { file: "light.mnos", id: "abc", hybrid: true, ...more } });
    expect(() => checkCheckpoint(before, spec, now({ id: "xyz" }))).toThrow('id "abc", now it is "xyz"');
    expect(() => checkCheckpoint(before, spec, now({ hybrid: false }))).toThrow(
      "hybrid true, now it is false",
    );
    expect(checkCheckpoint(before, spec, now({ file: "elsewhere.mnos" }))).toHaveLength(1);
    expect(checkCheckpoint(before, spec, now({}))).toEqual([]);
  });

  test("one from before there were schedules fits the default", () => {
    const o = resolveTrainOptions({ budget: { steps: 10 } });
    const { schedule, ...older } = o;
    expect(checkCheckpoint(checkpointOf(older as TrainOptions), spec, o)).toEqual([]);
  });

  test("an unknown schedule is refused", () => {
    expect(() => resolveTrainOptions({ schedule: "cosin" as never })).toThrow(
      "expected one of cosine, constant",
    );
  });
});
