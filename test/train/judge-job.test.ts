import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { initParameters } from "../../src/graph/index.ts";
import { createExecutor } from "../../src/graph/node.ts";
import type { JobRunner } from "../../src/node/index.ts";
import { createLearnedModel, createMetaJudge } from "../../src/optim/index.ts";
import { decodeWire, encodeWire } from "../../src/queue/wire.ts";
import { createAdam } from "../../src/rules/index.ts";
import { createRunnerJudge, type JudgeJob, judgeRun } from "../../src/train/meta/judge-job.ts";
import { resolveMetaPlan } from "../../src/train/meta/meta-request.ts";
import { openMetaTasks } from "../../src/train/meta/meta-tasks.ts";
import { optimizeeRef } from "../../src/train/meta/optimizee-list.ts";

const NONE = { common: {}, mnemosyne: {}, memory: {}, lstm: {} };

test("a validation whose runs are jobs finds what one process finds, bit for bit", async () => {
  const plan = await resolveMetaPlan(
    {
      design: "mnemosyne-light",
      changes: NONE,
      options: {},
      budget: { steps: 1 },
      optimizees: [optimizeeRef("quadratic")],
      judgedBy: [optimizeeRef("quadratic"), optimizeeRef("rosenbrock")],
      horizons: [5, 2],
      starts: 2,
    },
    undefined,
  );
  const model = createLearnedModel(plan.spec);
  const weights = initParameters(model.layout, createRng(3));
  const { judged } = await openMetaTasks(plan);
  const judge = await createMetaJudge({
    model,
    tasks: judged,
    horizons: plan.horizons,
    starts: plan.starts,
    seed: 11,
    createExecutor: (bytes, state) => createExecutor(bytes, { device: "cpu", threads: 1, state }),
  });
  let count = 0;
  const elsewhere = (async (_: unknown, jobs: readonly JudgeJob[]) => {
    count += jobs.length;
    const results: number[][] = [];
    // The last first: each is on its own.
    for (const job of [...jobs].reverse())
      results.unshift(await judgeRun(decodeWire(encodeWire(job)) as JudgeJob));
    return results.map((result, index) => ({ status: "done", result, index, attempts: 1 }));
  }) as unknown as JobRunner;
  const remote = createRunnerJudge(elsewhere, plan, 11);
  expect(await remote.judge(weights)).toEqual(await judge.judge(weights));
  const adam = await judge.judgeOther(createAdam({ learningRate: 0.02 }));
  expect(await remote.judgeAdam(0.02)).toEqual(adam);
  expect(count).toBe(8);
  await judge.dispose();
});

test("a run of a validation that could not be made ends it, with the reason", async () => {
  const plan = await resolveMetaPlan({ changes: NONE, options: {}, budget: { steps: 1 } }, undefined);
  const lost = (async () => [{ status: "failed", reason: "error", message: "no images", index: 0, attempts: 1 }]) as unknown as JobRunner; // biome-ignore format: one line
  const { judge } = createRunnerJudge(lost, plan, 1);
  await expect(judge(new Float32Array(3))).rejects.toThrow("could not be made: no images");
});
