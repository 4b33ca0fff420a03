import { describe, expect, test } from "vitest";
import { type BudgetedRun, type RunPosition, runBudgeted } from "../../src/base/index.ts";

type Report = { readonly skipped: boolean; readonly loss: number };

/**
 * A run whose clock stands still but for what is charged to it, and whose weights are a sum that tells orders of
 * updates apart.
 */
function world(given: Partial<BudgetedRun<Report>> = {}) {
  const charge = { update: 1, validate: 0, save: 0 };
  const seen = {
    time: 0,
    sum: 0,
    validated: [] as number[],
    saved: [] as (RunPosition & { sum: number })[],
    told: [] as { step: number; seconds: number; used: number; perSecond: number }[],
  };
  const plan: BudgetedRun<Report> = {
    budget: { steps: 10 },
    patience: 0,
    clock: () => seen.time,
    validateEvery: {},
    saveEvery: {},
    weights: () => Float32Array.of(seen.sum),
    onStep: ({ step, seconds, used, perSecond }) => seen.told.push({ step, seconds, used, perSecond }),
    ...given,
    async update(step, used) {
      const report =
        given.update === undefined ? { skipped: false, loss: 0 } : await given.update(step, used);
      seen.time += charge.update;
      seen.sum = 3 * (seen.sum % 1000) + step + used;
      return report;
    },
    async validate(weights, position) {
      seen.validated.push(position.step);
      seen.time += charge.validate;
      return given.validate === undefined ? 1 : given.validate(weights, position);
    },
    async save(position) {
      await given.save?.(position);
      seen.time += charge.save;
      seen.saved.push({ ...position, sum: seen.sum });
    },
  };
  return { seen, charge, run: () => runBudgeted(plan) };
}

describe("a run under a budget", () => {
  test("of updates does that many, then validates and saves once", async () => {
    const { run, seen } = world();
    const { end, position } = await run();
    expect(end).toBe("budget");
    expect(position).toMatchObject({ step: 10, seconds: 10, sinceBest: 0, validated: 10 });
    expect([seen.validated, seen.saved.map(({ step }) => step)]).toEqual([[10], [10]]);
    expect(seen.told.map(({ used }) => used)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  });

  test("of minutes ends after them, earlier runs, validations and saves included", async () => {
    const { run, charge } = world({
      budget: { minutes: 1, steps: 1000 },
      from: { step: 7, seconds: 30, sinceBest: 0, validated: 7 },
      validateEvery: { steps: 10 },
    });
    charge.validate = 10;
    // 30 s are left: 3 for updates 8 to 10, 10 for a validation, 10 for updates to 20, 7 of the next validation.
    expect((await run()).position).toMatchObject({ step: 20, seconds: 63, validated: 20 });
  });

  test("of both ends with the first that is used up", async () => {
    const { run } = world({ budget: { minutes: 1, steps: 5 } });
    expect((await run()).position.step).toBe(5);
  });

  test("tells updates per second without the time of validations and saves", async () => {
    const { run, charge, seen } = world({ validateEvery: { steps: 2 }, saveEvery: { steps: 3 } });
    Object.assign(charge, { update: 0.25, validate: 7, save: 5 });
    await run();
    for (const { perSecond } of seen.told) expect(perSecond).toBe(4);
  });

  test("validates and saves at multiples of steps, wherever it began, and after seconds", async () => {
    const steps = world({
      from: { step: 3, seconds: 3, sinceBest: 0, validated: -1 },
      validateEvery: { steps: 4 },
      saveEvery: { steps: 5 },
    });
    await steps.run();
    expect([steps.seen.validated, steps.seen.saved.map(({ step }) => step)]).toEqual([
      [4, 8, 10],
      [5, 10, 10],
    ]);
    const seconds = world({ validateEvery: { seconds: 3 }, saveEvery: { seconds: 8 } });
    seconds.charge.validate = 2;
    await seconds.run();
    // Validations of 2 s begin 3 s after the one before ended; after the second one 8 s are over.
    expect([seconds.seen.validated, seconds.seen.saved.map(({ step }) => step)]).toEqual([[3, 6, 9, 10], [6, 10]]); // biome-ignore format: one line
  });

  test("keeps the weights of the best finite score; patience counts the validations since", async () => {
    const scores = [3, Number.NaN, 2, Infinity, 2];
    const { run } = world({
      patience: 2,
      validateEvery: { steps: 1 },
      validate: async (_, { step }) => scores[step - 1],
    });
    const { end, position } = await run();
    expect([end, position.step, position.sinceBest]).toEqual(["patience", 5, 2]);
    expect(position.best).toMatchObject({ step: 3, score: 2 });
  });

  test("a validation that cannot judge costs no patience", async () => {
    const { run } = world({ patience: 1, validateEvery: { steps: 1 }, validate: async () => undefined });
    expect(await run()).toMatchObject({ end: "budget", position: { sinceBest: 0, best: undefined } });
  });

  test("ends after twenty updates in a row that were left out", async () => {
    const leftOut = (last: number) =>
      world({ budget: { steps: 40 }, update: async (step) => ({ skipped: step < last, loss: 0 }) });
    expect(await leftOut(20).run()).toMatchObject({ end: "nonFinite", position: { step: 20 } });
    expect(await leftOut(19).run()).toMatchObject({ end: "budget" });
  });

  test("that goes on from a saved position ends where one in a piece ends", async () => {
    const cadence = { validateEvery: { steps: 3 }, saveEvery: { steps: 4 } };
    const score = async (weights: Float32Array): Promise<number> => weights[0] % 7;
    const whole = world({ ...cadence, validate: score });
    const expected = await whole.run();
    const [saved] = whole.seen.saved;
    expect(saved.step).toBe(4);
    const rest = world({ ...cadence, validate: score, from: saved });
    rest.seen.sum = saved.sum;
    const { position } = await rest.run();
    expect(position).toEqual(expected.position);
    expect(rest.seen.sum).toBe(whole.seen.sum);
    expect([3, ...rest.seen.validated]).toEqual(whole.seen.validated);
  });

  test.each([
    [{ budget: {} }, "budget is empty"],
    [{ budget: { steps: 0 } }, "steps is 0"],
    [{ budget: { steps: 2.5 } }, "steps is 2.5"],
    [{ budget: { minutes: Number.NaN } }, "minutes is NaN"],
    [{ budget: { hours: 3 } as object }, "hours"],
    [{ patience: -1 }, "patience is -1"],
  ])("%j is refused", async (given, complaint) => {
    await expect(world(given).run()).rejects.toThrow(complaint);
  });
});

describe("a run that is interrupted", () => {
  test("between updates saves and does not validate", async () => {
    const abort = new AbortController();
    const { run, seen } = world({
      signal: abort.signal,
      onStep: ({ step }) => void (step === 4 && abort.abort()),
    });
    expect(await run()).toMatchObject({ end: "interrupted", position: { step: 4 } });
    expect([seen.validated, seen.saved.map(({ step }) => step)]).toEqual([[], [4]]);
  });

  test("in a validation is interrupted, not failed, and makes up for it when it goes on", async () => {
    const abort = new AbortController();
    const first = world({
      validateEvery: { steps: 5 },
      signal: abort.signal,
      validate: async () => {
        abort.abort(new Error("Ctrl-C"));
        throw abort.signal.reason;
      },
    });
    expect(await first.run()).toMatchObject({ end: "interrupted", position: { step: 5, validated: -1 } });
    const rest = world({ validateEvery: { steps: 5 }, from: first.seen.saved.at(-1) });
    expect(await rest.run()).toMatchObject({ end: "budget" });
    expect(rest.seen.validated).toEqual([5, 10]);
  });

  test("in a save saves once more", async () => {
    const abort = new AbortController();
    const { run, seen } = world({
      saveEvery: { steps: 3 },
      signal: abort.signal,
      save: async () => {
        if (abort.signal.aborted) return;
        abort.abort();
        throw new Error("half written");
      },
    });
    expect(await run()).toMatchObject({ end: "interrupted", position: { step: 3 } });
    expect(seen.saved.map(({ step }) => step)).toEqual([3]);
  });

  test("whose last save fails says so, since it could not go on", async () => {
    const abort = new AbortController();
    abort.abort();
    const { run } = world({ signal: abort.signal, save: () => Promise.reject(new Error("disk full")) });
    await expect(run()).rejects.toThrow("disk full");
  });
});

describe("a run that fails", () => {
  const fails = (at: number) => async (step: number) => {
    if (step === at) throw new Error("device lost");
    return { skipped: false, loss: 0 };
  };

  test("in an update saves what was done before it and tells the error", async () => {
    const { run, seen } = world({ update: fails(4) });
    await expect(run()).rejects.toThrow("device lost");
    expect(seen.saved.map(({ step }) => step)).toEqual([4]);
  });

  test("in an update and then in the save tells the update's error", async () => {
    const { run } = world({ update: fails(4), save: () => Promise.reject(new Error("disk full")) });
    await expect(run()).rejects.toThrow("device lost");
  });

  test("in the last validation has its updates saved", async () => {
    const { run, seen } = world({ validate: () => Promise.reject(new Error("no such scene")) });
    await expect(run()).rejects.toThrow("no such scene");
    expect(seen.saved).toMatchObject([{ step: 10, validated: -1 }]);
  });
});
