import { describe, expect, test } from "vitest";
import type { JobEnd, JobRunner } from "../../src/node/index.ts";
import { STEERED_SPEC } from "../../src/optim/index.ts";
import { createRunnerScorer, scoreByCrew } from "../../src/train/evolve/candidate-scorer.ts";
import { checkDesign } from "../../src/train/evolve/evolve-session.ts";
import { walkBank } from "../../src/train/evolve/open-bank.ts";
import type { ScoreJob } from "../../src/train/evolve/score-job.ts";

test("a walk through the bank meets every task once in a round, each round in an order of its own", () => {
  const round = (r: number): number[] => Array.from({ length: 9 }, (_, i) => walkBank(9, 4, 9 * r + i));
  const rounds = [0, 1, 2, 3].map(round);
  for (const order of rounds) expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(new Set(rounds.map(String)).size).toBe(4);
  expect(round(2)).toEqual(rounds[2]);
});

test("an evolution goes on with what it was begun with, and names what differs", () => {
  const design = { spec: STEERED_SPEC, pairs: 6, runs: 2, rate: 0.1, seed: 3 };
  expect(() => checkDesign(design, { ...design, spec: { ...STEERED_SPEC } })).not.toThrow();
  expect(() => checkDesign(design, { ...design, pairs: 8 })).toThrow("made with pairs 6, now it is 8");
  expect(() => checkDesign(design, { ...design, spec: { ...STEERED_SPEC, memory: "lstm" } })).toThrow(
    'memory "cam", now it is "lstm"',
  );
  expect(() => checkDesign(design, { ...design, from: "a.mnos" })).toThrow("from not given");
});

describe("candidates scored by a crew", () => {
  const jobs = Array.from({ length: 9 }, (_, i) => ({ seed: i }) as ScoreJob);
  const crewOf = (count: number, ask: (job: ScoreJob) => JobEnd<number>) =>
    Array.from({ length: count }, (_, i) => ({
      // The later ones are quicker, so that answers come out of order.
      ask: async (job: ScoreJob) => {
        await new Promise((done) => setTimeout(done, 3 - i));
        return ask(job);
      },
      async end() {},
    }));

  test("keep their order, each scored once, however many there are to do it", async () => {
    const { signal } = new AbortController();
    for (const count of [1, 3, 12]) {
      const asked: number[] = [];
      const crew = crewOf(count, ({ seed }) => {
        asked.push(seed);
        return { status: "done", result: 10 * seed };
      });
      expect(await scoreByCrew(crew, jobs, signal)).toEqual(jobs.map(({ seed }) => 10 * seed));
      expect(asked.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  test("end with the message of the one that failed, or with what stopped them", async () => {
    const failing = crewOf(2, ({ seed }) =>
      seed === 4 ? { status: "failed", reason: "crash", message: "gone" } : { status: "done", result: 1 },
    );
    await expect(scoreByCrew(failing, jobs, new AbortController().signal)).rejects.toThrow("scored: gone");
    const stop = new AbortController();
    const stopped = crewOf(2, ({ seed }) => {
      if (seed === 3) stop.abort(new Error("enough"));
      return { status: "done", result: 1 };
    });
    await expect(scoreByCrew(stopped, jobs, stop.signal)).rejects.toThrow("enough");
  });
});

describe("candidates scored by whatever does jobs", () => {
  const jobs = [3, 5].map((seed) => ({ seed }) as ScoreJob);
  const runner = (ends: readonly JobEnd<number>[]): JobRunner =>
    (async (kind, asked) => {
      expect([kind.name, asked]).toEqual(["evolve", jobs]);
      return ends.map((end, index) => ({ index, attempts: 1, ...end }));
    }) as JobRunner;

  test("come in the order of the jobs, or with the message of the one that failed", async () => {
    const { signal } = new AbortController();
    const done = (result: number): JobEnd<number> => ({ status: "done", result });
    expect(await createRunnerScorer(runner([done(-1), done(2)])).score(jobs, signal)).toEqual([-1, 2]);
    const lost = runner([done(1), { status: "failed", reason: "error", message: "no images" }]);
    await expect(createRunnerScorer(lost).score(jobs, signal)).rejects.toThrow("scored: no images");
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(createRunnerScorer(lost).score(jobs, stopped)).rejects.toThrow("enough");
  });
});
