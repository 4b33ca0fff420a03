import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { JobRunner, RunContext } from "../../src/node/index.ts";
import { readSteeredWeights, STEERED_SPEC } from "../../src/optim/index.ts";
import type { EvolveJob } from "../../src/train/evolve/evolve-job.ts";
import { runEvolution } from "../../src/train/evolve/evolve-session.ts";
import { BANK_SIZE } from "../../src/train/evolve/open-bank.ts";
import type { ScoreJob } from "../../src/train/evolve/score-job.ts";

const mean = (weights: Float32Array): number => weights.reduce((sum, w) => sum + w / weights.length, 0);

/** Generations are drawn to weights of 1, validations to a mean of 0.15: on the way there they get better, then worse. */
const by = (async (_: unknown, jobs: readonly ScoreJob[]) =>
  jobs.map(({ candidate: { weights }, entries }, index) => {
    const isValidation = entries.length === 1;
    const result = isValidation
      ? Math.abs(mean(weights) - 0.15) * (1 + entries[0])
      : (mean(weights) - 1) ** 2;
    return { status: "done", result, index, attempts: 1 };
  })) as unknown as JobRunner;

const context: RunContext = {
  output: { log: () => {}, progress: () => ({}) as never },
  stderr: { write: () => {} },
  now: () => 0,
  signal: new AbortController().signal,
};

async function evolveInto(
  out: string,
  steps: number,
  changes: Partial<EvolveJob> = {},
  signal = context.signal,
) {
  const spec = { ...STEERED_SPEC, memory: "none" } as const;
  const job = { name: "x", spec, pairs: 8, runs: 2, rate: 1, keep: "last", by, budget: { steps }, seed: 1, out, resume: false, command: "evolve" } as const; // biome-ignore format: one line
  const { position } = await runEvolution({ ...job, ...changes }, { ...context, signal });
  const lines = readFileSync(join(out, "log.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: one line
  const { weights, training } = readSteeredWeights(readFileSync(join(out, "optimizer.mnos")));
  const validations = lines.filter(({ type }) => type === "validation");
  return { position, weights, training: training as { generations: number }, validations };
}

const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-evolve-"));
const validation = { every: 2, starts: 3 };

test("an evolution keeps the best by validation, or the last; both went the same way", async () => {
  const bestOut = folder();
  const best = await evolveInto(bestOut, 20, { validation, keep: "best" });
  const last = await evolveInto(folder(), 20, { validation, keep: "last" });
  const never = await evolveInto(folder(), 20);
  const scores = best.validations.map(({ score }) => score);
  expect(best.validations.map(({ step }) => step)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  expect(scores[0]).toBe(0); // what weights are worth is told against the first ones
  const least = scores.indexOf(Math.min(...scores));
  expect([least > 0, least < 10]).toEqual([true, true]);
  expect(best.training.generations).toBe(2 * least);
  expect(Math.abs(mean(best.weights) - 0.15)).toBeLessThan(Math.abs(mean(last.weights) - 0.15));
  // The median of 23 tasks whose losses differ as 1 to 23 is the twelfth.
  expect(BANK_SIZE).toBe(23);
  expect(scores[least]).toBeCloseTo(12 * (Math.abs(mean(best.weights) - 0.15) - 0.15), 5);
  expect([last.training.generations, last.weights]).toEqual([20, never.weights]);
  expect(never.validations).toEqual([]);
  const card = readFileSync(join(bestOut, "card.md"), "utf8");
  expect(card).toContain(`of generation ${2 * least}, the best by validation`);
  expect(card).toContain(`| ${2 * least} | ${scores[least].toFixed(4)} |`);
});

test("an evolution that goes on has the validations and the best that it would have had", async () => {
  const options = { validation, keep: "best" } as const;
  const [through, parts] = [folder(), folder()];
  const whole = await evolveInto(through, 20, options);
  await evolveInto(parts, 8, options);
  const end = await evolveInto(parts, 20, { ...options, resume: true });
  expect(end.weights).toEqual(whole.weights);
  expect(end.position.best).toEqual(whole.position.best);
  expect(end.validations).toEqual(whole.validations);
  await expect(evolveInto(parts, 22, { keep: "last", resume: true })).rejects.toThrow("made with starts 3");
});

test("an evolution that is interrupted says after how many generations and how to go on, and leaves what that needs", async () => {
  const out = folder();
  const stop = new AbortController();
  const stopping = (async (...args: Parameters<JobRunner>) => {
    if (readFileSync(join(out, "log.jsonl"), "utf8").includes('"step":3')) stop.abort();
    return by(...args);
  }) as JobRunner;
  const run = evolveInto(out, 20, { by: stopping }, stop.signal);
  await expect(run).rejects.toThrow(`interrupted after 3 generations; the checkpoint is in ${out}, the same command with --resume goes on`); // biome-ignore format: one line
  const whole = await evolveInto(folder(), 20);
  expect((await evolveInto(out, 20, { resume: true })).weights).toEqual(whole.weights);
});
