import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { JobOutcome } from "../../src/node/job-outcomes.ts";
import { runPool } from "../../src/node/worker-pool.ts";
import { BUILD_TIME, buildCli } from "../cli/run-cli.ts";

const WORKER = new URL("./crashing-worker.mjs", import.meta.url);
type Job = { act: string; value?: number; once?: string };

const run = (jobs: Job[], options: object = {}): Promise<JobOutcome<number>[]> =>
  runPool<Job, number>(WORKER, jobs, { size: 2, heapMb: 64, ...options });

describe("worker pool", () => {
  beforeAll(buildCli, BUILD_TIME);

  test("results come in the order of the jobs, whatever order they end in", async () => {
    const jobs = [120, 5, 60, 1, 30].map((value) => ({ act: "sleep", value }));
    const seen: number[] = [];
    const ended: number[] = [];
    const outcomes = await run(jobs, {
      onResult: (outcome: JobOutcome<number>) => seen.push(outcome.index),
      onProgress: (count: number) => ended.push(count),
    });
    expect(outcomes.map((outcome) => outcome.status === "done" && outcome.result)).toEqual([
      120, 5, 60, 1, 30,
    ]);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(ended).toEqual([1, 2, 3, 4, 5]);
  });

  test.each(["exit", "uncaught", "memory"])(
    "a worker that crashes (%s) is replaced, its job tried twice, the others untouched",
    async (act) => {
      const square = (value: number): Job => ({ act: "square", value });
      const outcomes = await run([square(2), { act }, square(3), square(4), square(5)]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(["done", "failed", "done", "done", "done"]);
      expect(outcomes[1]).toMatchObject({ reason: "crash", attempts: 2 });
      expect(outcomes[4]).toMatchObject({ result: 25, attempts: 1 });
    },
  );

  test("a job whose worker crashes only once is done the second time", async () => {
    const once = join(mkdtempSync(join(tmpdir(), "mnemosyne-pool-")), "crashed");
    const [outcome] = await run([{ act: "exit", value: 7, once }]);
    expect(outcome).toEqual({ index: 0, status: "done", result: 7, attempts: 2 });
  });

  test("a job that throws, or answers with what cannot be sent, is failed at once with its message", async () => {
    const [thrown, unsendable, fine] = await run([
      { act: "throw" },
      { act: "function" },
      { act: "square", value: 3 },
    ]);
    expect(thrown).toMatchObject({ status: "failed", reason: "error", attempts: 1, code: "internal" });
    expect(thrown).toHaveProperty("message", expect.stringContaining("refused"));
    expect(unsendable).toMatchObject({ status: "failed", reason: "error" });
    expect(fine).toMatchObject({ status: "done", result: 9 });
  });

  test("a job that spins for ever is stopped at its time limit", async () => {
    const outcomes = await run([{ act: "spin" }, { act: "square", value: 2 }], {
      size: 1,
      jobTimeoutMs: 500,
    });
    expect(outcomes[0]).toMatchObject({ status: "failed", reason: "timeout", attempts: 1 });
    expect(outcomes[1]).toMatchObject({ status: "done", result: 4 });
  });

  test("a worker's file that cannot be loaded fails its jobs and does not hang", async () => {
    const outcomes = await runPool(new URL("./no-such-worker.mjs", import.meta.url), [1, 2], { size: 2 });
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["failed", "failed"]);
  });

  test("stopping ends the workers at once and reports what was left", async () => {
    const abort = new AbortController();
    const jobs = [{ act: "square", value: 2 }, { act: "spin" }, { act: "spin" }, { act: "spin" }];
    const outcomes = await run(jobs, {
      signal: abort.signal,
      onResult: () => abort.abort(),
    });
    expect(outcomes[0]).toMatchObject({ status: "done", result: 4 });
    for (const outcome of outcomes.slice(1)) expect(outcome).toMatchObject({ reason: "stopped" });
  });

  test("no jobs are no work", async () => {
    expect(await run([])).toEqual([]);
  });

  test("an error thrown by a callback reaches the caller", async () => {
    const onResult = (): void => {
      throw new Error("no room on the disk");
    };
    await expect(run([{ act: "square", value: 1 }], { onResult })).rejects.toThrow("no room");
  });
});
