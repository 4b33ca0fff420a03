import { describe, expect, it } from "vitest";
import { compareFairly, type FairRun, type OptimizerChoice, openChoice } from "../../src/bench/index.ts";
import { gateRow } from "../../src/bench/optimize/fair/bank-gate.ts";

const adam: OptimizerChoice = { kind: "classic", label: "adam", name: "adam" };
const fixed: OptimizerChoice = { kind: "classic", label: "sgd:0.1", name: "sgd", learningRate: 0.1 };
const feedback: OptimizerChoice = { kind: "classic", label: "feedback", name: "feedback" };

/** A made-up loss: least at a rate of 0.03 with a warm-up, twice as much on what is reported. */
function lossOf({ choice, judged, seed }: FairRun): number {
  if (choice.kind !== "classic" || choice.name !== "adam") return 2;
  const { learningRate = 1, schedule, betas } = choice;
  if (learningRate > 1) return Number.NaN;
  const away = Math.log2(learningRate / 0.03);
  const kind = (schedule === "warm-up, cosine" ? 0 : 1) + (betas?.[0] === 0.9 ? 0 : 1);
  return (judged === "test" ? 2 : 1) * (1 + away * away + kind) * (1 + 0.01 * seed);
}

async function compare(firstRate: number) {
  const made: FairRun[] = [];
  const rows = await compareFairly({
    optimizers: [adam, fixed, feedback],
    horizons: [50, 200],
    tuneSeeds: [11, 12],
    reportSeeds: [1, 2, 3],
    firstRate,
    run: async (runs) => {
      made.push(...runs);
      return runs.map(lossOf);
    },
  });
  return { rows, made };
}

describe("a comparison with equal rights", () => {
  it.each([1e-3, 0.02, 16])(
    "finds the best rate, schedule and shares for each horizon from a rate of %f",
    async (first) => {
      const { rows } = await compare(first);
      const own = rows.filter(({ optimizer }) => optimizer === "adam");
      expect(own.map(({ horizon }) => horizon)).toEqual([50, 200]);
      for (const { setting, tried } of own) {
        expect(setting).toMatchObject({ schedule: "warm-up, cosine", betas: [0.9, 0.999] });
        // The nearest power of two from the first rate.
        expect(Math.abs(Math.log2(setting!.rate / 0.03))).toBeLessThan(0.51);
        // Three schedules, two pairs of shares, at least three rates, two seeds.
        expect(tried).toBeGreaterThanOrEqual(3 * 2 * 3 * 2);
      }
    },
  );

  it("chooses on validation data and seeds that no reported run has, and gives all the same starts", async () => {
    const { rows, made } = await compare(0.02);
    const report = made.filter(({ judged }) => judged === "test");
    const search = made.filter(({ judged }) => judged === "validation");
    expect(new Set(search.map(({ seed }) => seed))).toEqual(new Set([11, 12]));
    for (const horizon of [50, 200])
      for (const name of ["adam", "sgd", "feedback"])
        expect(
          report
            .filter((run) => run.horizon === horizon && run.choice.label.startsWith(name))
            .map(({ seed }) => seed),
        ).toEqual([1, 2, 3]);
    expect(search.every(({ choice }) => choice.label.startsWith("adam"))).toBe(true);
    expect(rows.filter(({ tried }) => tried === 0).map(({ optimizer }) => optimizer)).toEqual([
      ...["sgd:0.1", "feedback", "sgd:0.1", "feedback"],
    ]);
    expect(report.filter(({ choice }) => choice.label.startsWith("feedback")).map(({ choice }) => choice.horizon)).toEqual([50, 50, 50, 200, 200, 200]); // biome-ignore format: one line
  });

  it("reports ratios of runs from the same start", async () => {
    const { rows } = await compare(0.03);
    const [own, , other] = rows;
    expect(own.ratio).toEqual({ mean: 1, min: 1, max: 1 });
    const over = [1, 2, 3].map((seed) => 2 / (2 * (1 + 0.01 * seed)));
    expect(other.ratio.mean).toBeCloseTo((over[0] * over[1] * over[2]) ** (1 / 3), 12);
    expect([other.ratio.min, other.ratio.max]).toEqual([over[2], over[0]]);
  });
});

it("a schedule rises over the first tenth and falls by half a cosine over the horizon", async () => {
  const optimizer = await openChoice({
    ...{ kind: "classic", label: "sgd", name: "sgd", learningRate: 2 },
    ...{ schedule: "warm-up, cosine", horizon: 100 },
  } as OptimizerChoice);
  const params = new Float32Array(1);
  let state = optimizer.init(params);
  const rates: number[] = [];
  for (let t = 0; t < 100; t++) {
    const step = optimizer.update(Float32Array.of(-1), state, params);
    rates.push(step.updates[0]);
    state = step.state;
  }
  expect(rates[0]).toBeCloseTo(0.2, 5);
  expect(rates[50]).toBeCloseTo(1, 5);
  expect(rates[99]).toBeCloseTo(1 + Math.cos(0.99 * Math.PI), 5);
  expect(Math.max(...rates)).toBe(rates[9]);
});

it("a rate whose neighbours are as good is not left", async () => {
  const [row] = await compareFairly({
    optimizers: [adam],
    horizons: [50],
    tuneSeeds: [1],
    reportSeeds: [2],
    firstRate: 0.25,
    run: async (runs) => runs.map(() => 1),
  });
  expect(row.setting?.rate).toBe(0.25);
  expect(row.tried).toBe(3 * 2 * 3);
});

it("a search in shorter runs is followed by whole runs of its best four", async () => {
  const made: FairRun[] = [];
  const [row] = await compareFairly({
    optimizers: [adam],
    horizons: [200],
    tuneSeeds: [11, 12],
    reportSeeds: [1],
    firstRate: 0.02,
    searchSteps: 50,
    // In whole runs the second best of the short ones is the best.
    run: async (runs) => {
      made.push(...runs);
      return runs.map((run) => lossOf(run) * (run.horizon === 200 && isSecond(run) ? 0.01 : 1));
    },
  });
  const whole = made.filter(({ horizon, judged }) => horizon === 200 && judged === "validation");
  expect(whole).toHaveLength(4 * 2);
  expect(made.filter(({ judged }) => judged === "test").every(({ horizon }) => horizon === 200)).toBe(true);
  expect(row.tried).toBe(made.length - 1);
  expect(row.setting).toMatchObject({ rate: 0.02, betas: [0.9, 0.999], schedule: "warm-up, cosine" });
});

/** At 0.02, which is nearer than 0.04 to the best rate by less than the kinds differ. */
function isSecond({ choice }: FairRun): boolean {
  return choice.kind === "classic" && choice.learningRate === 0.02 && choice.schedule === "warm-up, cosine" && choice.betas?.[0] === 0.9; // biome-ignore format: one line
}

it("the row of a gate says where an optimizer's loss was not finite", () => {
  const row = (task: string, mean: number | null) => {
    return { task, optimizer: "a", horizon: 9, tried: 0, losses: [], ratio: { mean, min: mean, max: mean } };
  };
  expect(gateRow("a", [row("one", null), row("two", 2)])).toEqual({
    ...{ optimizer: "a", mean_log: null, error: null },
    worst: { task: "one", log: null },
  });
  const whole = gateRow("a", [row("one", 1), row("two", Math.E)]);
  expect(whole.mean_log).toBeCloseTo(0.5, 12);
  expect(whole.error).toBeCloseTo(0.5, 12);
  expect(whole.worst).toEqual({ task: "two", log: 1 });
});
