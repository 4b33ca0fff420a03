import { describe, expect, test } from "vitest";
import {
  type MetaReport,
  type MetaRun,
  type MetaSnapshot,
  type MetaState,
  type MetaTrainer,
  runMetaTraining,
} from "../../src/optim/index.ts";

const REPORT: MetaReport = { loss: 1, imitation: 1, gradientNorm: 1, skipped: false, diverged: 0 };

/** A trainer whose one weight is the number of its updates. */
function counting(report: (step: number) => Partial<MetaReport> = () => ({})): MetaTrainer {
  let step = 0;
  const state = (): MetaState => ({
    step,
    weights: Float32Array.of(step),
    optimizer: { step, skipped: 0, slots: [] },
    lanes: [],
  });
  return {
    model: undefined as never,
    step: () => step,
    weights: () => Float32Array.of(step),
    update: async () => {
      step++;
      return { ...REPORT, ...report(step) };
    },
    save: async () => state(),
    restore(from) {
      step = from.step;
    },
    dispose: async () => {},
  };
}

async function run(more: Partial<MetaRun>) {
  const saved: MetaSnapshot[] = [];
  const validated: number[] = [];
  let time = 0;
  const result = await runMetaTraining({
    trainer: counting(),
    budget: { steps: 10 },
    patience: 0,
    clock: () => time++,
    validateEvery: {},
    saveEvery: {},
    save: async (snapshot) => void saved.push(snapshot),
    ...more,
    validate: async (weights, position) => {
      validated.push(position.step);
      return more.validate?.(weights, position) ?? 1;
    },
  });
  return { result, saved, validated };
}

describe("a run of meta-training", () => {
  test("ends when its steps are done, validated and saved", async () => {
    const used: number[] = [];
    const { result, saved, validated } = await run({ onStep: (progress) => used.push(progress.used) });
    expect(result.end).toBe("budget");
    expect(used).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    expect(validated).toEqual([10]);
    expect(saved.map(({ position }) => position.step)).toEqual([10]);
  });

  test("ends when its minutes are over, those of earlier runs included", async () => {
    let time = 0;
    const from: MetaSnapshot = {
      position: { step: 3, seconds: 90, sinceBest: 0, validated: -1 },
      trainer: { step: 3, weights: Float32Array.of(3), optimizer: { step: 3, skipped: 0, slots: [] }, lanes: [] }, // biome-ignore format: one line
    };
    const trainer = counting(() => {
      time += 10;
      return {};
    });
    const { result } = await run({ trainer, from, budget: { minutes: 2 }, clock: () => time });
    expect(result.position).toMatchObject({ step: 6, seconds: 120 });
  });

  test("the best weights by validation are kept, NaN and infinity never", async () => {
    const scores: Record<number, number> = { 2: 0.5, 4: Number.NaN, 6: 0.3, 8: Infinity, 10: 0.4 };
    const { result, validated } = await run({
      validateEvery: { steps: 2 },
      validate: async (_, { step }) => scores[step],
    });
    expect(validated).toEqual([2, 4, 6, 8, 10]);
    expect(result.position.best).toEqual({ step: 6, score: 0.3, weights: Float32Array.of(6) });
    expect(result.position.sinceBest).toBe(2);
    const hopeless = await run({ validate: async () => Number.NaN });
    expect(hopeless.result.position.best).toBeUndefined();
  });

  test("patience ends it after so many validations without a better one", async () => {
    const { result } = await run({
      patience: 2,
      validateEvery: { steps: 1 },
      validate: async (_, { step }) => (step === 3 ? 0 : 1),
    });
    expect([result.end, result.position.step]).toEqual(["patience", 5]);
  });

  test("the first weights are validated where they may be the best, once", async () => {
    const first = await run({ validateFirst: true });
    expect(first.validated).toEqual([0, 10]);
    const again = await run({ validateFirst: true, from: first.saved[0], budget: { steps: 12 } });
    expect(again.validated).toEqual([12]);
  });

  test("twenty updates in a row left out end it, nineteen do not", async () => {
    const until = (last: number) => counting((step) => ({ skipped: step <= last }));
    const bad = await run({ trainer: until(20), budget: { steps: 40 } });
    expect([bad.result.end, bad.result.position.step]).toEqual(["nonFinite", 20]);
    const good = await run({ trainer: until(19), budget: { steps: 40 } });
    expect(good.result.end).toBe("budget");
  });

  test("interrupted in a validation, it makes up for it when it goes on", async () => {
    const abort = new AbortController();
    const stopped = await run({
      validateEvery: { steps: 5 },
      signal: abort.signal,
      validate: async () => {
        abort.abort(new Error("Ctrl-C"));
        throw abort.signal.reason;
      },
    });
    expect([stopped.result.end, stopped.result.position.step]).toEqual(["interrupted", 5]);
    const { validated, result } = await run({ validateEvery: { steps: 5 }, from: stopped.saved.at(-1) });
    expect([validated, result.end]).toEqual([[5, 10], "budget"]);
  });

  test("interrupted between updates, it saves and does not validate", async () => {
    const abort = new AbortController();
    const { result, saved, validated } = await run({
      signal: abort.signal,
      onStep: ({ step }) => void (step === 4 && abort.abort()),
    });
    expect([result.end, saved.at(-1)?.position.step, validated]).toEqual(["interrupted", 4, []]);
  });

  test("what fails is told, and what was learnt before is saved", async () => {
    const saved: MetaSnapshot[] = [];
    const failing = run({
      trainer: counting((step) => {
        if (step === 4) throw new Error("device lost");
        return {};
      }),
      save: async (snapshot) => void saved.push(snapshot),
    });
    await expect(failing).rejects.toThrow("device lost");
    expect(saved).toHaveLength(1);
  });

  test.each([
    [{}, "budget is empty"],
    [{ steps: 0 }, "steps is 0"],
    [{ steps: 2.5 }, "steps is 2.5"],
    [{ minutes: Number.NaN }, "minutes is NaN"],
    [{ hours: 3 } as object, "hours"],
  ])("a budget of %j is refused", async (budget, complaint) => {
    await expect(run({ budget })).rejects.toThrow(complaint);
  });
});
