import { expect, it, test } from "vitest";
import { createRng, hashSeed } from "../../src/base/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  createLearnedOptimizer,
  createMetaTrainer,
  createQuadratic,
  type LearnedSpec,
  LIGHT_SPEC,
  LSTM_SPEC,
  META_DEFAULTS,
  type MetaOptions,
  type MetaState,
  type MetaTrainer,
} from "../../src/optim/index.ts";
import { packState, unpackState } from "../../src/rules/index.ts";
import { optimize } from "./run-optimizee.ts";

function open(spec: LearnedSpec, options: Partial<MetaOptions>): Promise<MetaTrainer> {
  return createMetaTrainer({
    spec,
    optimizees: [createQuadratic()],
    options: { ...META_DEFAULTS, ...options },
    createExecutor: (model, state) => createOrtExecutor(model, { state }),
  });
}

const { memory } = LIGHT_SPEC;
const SMALL: LearnedSpec = { ...LIGHT_SPEC, width: 4, memory: { ...memory, features: 4 } };

test.each<[string, LearnedSpec]>([
  ["moments as inputs", { ...SMALL, inputs: "moments" }],
  ["hf++, thickened", { ...SMALL, memory: { ...memory, kind: "hf++", features: 4, slices: 3 } }],
  ["cache", { ...SMALL, memory: { ...memory, kind: "cache", features: 3 } }],
  ["lstm", { ...LSTM_SPEC, width: 4 }],
])("meta-training goes on from bytes bit for bit, in a run's midst: %s", async (_, spec) => {
  const options = { unroll: 3, runLength: 9, lastRunLength: 15, lanes: 2, coordinates: 6 };
  const train = async (trainer: MetaTrainer, from: number, to: number): Promise<number[]> => {
    const losses: number[] = [];
    for (let i = from; i < to; i++) losses.push((await trainer.update(i / 10)).loss);
    return losses;
  };
  const whole = await open(spec, options);
  await train(whole, 0, 4);
  const bytes = packState(await whole.save());
  const losses = await train(whole, 4, 8);
  const resumed = await open(spec, options);
  resumed.restore(unpackState<MetaState>(bytes));
  expect(resumed.step()).toBe(4);
  expect(await train(resumed, 4, 8)).toEqual(losses);
  expect(packState(await resumed.save())).toEqual(packState(await whole.save()));
  await whole.dispose();
  await resumed.dispose();
});

it("a few meta-updates lower the loss on 10-dimensional quadratics that were never seen", async () => {
  const trainer = await open(
    { ...LIGHT_SPEC, outputScale: 0.1 },
    {
      unroll: 5,
      runLength: 20,
      lastRunLength: 20,
      coordinates: 10,
      objective: "log-loss",
      imitation: 0,
      scaling: 0,
      rate: 1e-2,
      seed: 4,
    },
  );
  /** Mean logarithm of the loss after 20 steps over that at the start. */
  const judge = async (): Promise<number> => {
    const { spec } = trainer.model;
    const optimizer = createLearnedOptimizer({ name: "trained", spec, weights: trainer.weights() });
    let total = 0;
    for (let i = 0; i < 6; i++) {
      const { losses } = await optimize(createQuadratic(), optimizer, 20, createRng(hashSeed(77, i)));
      total += Math.log(losses.at(-1)! / losses[0]) / 6;
    }
    return total;
  };
  const before = await judge();
  for (let i = 0; i < 60; i++) await trainer.update(i / 60);
  const after = await judge();
  await trainer.dispose();
  // From growing to under a twentieth; this seed gives 0.6 and -4.4.
  expect(before).toBeGreaterThan(0);
  expect(after).toBeLessThan(-3);
});
