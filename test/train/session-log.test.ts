import { expect, test } from "vitest";
import { createRunProgress } from "../../src/node/run-progress.ts";
import { followRun, linesOf, meanOf } from "../../src/train/session-log.ts";

test("the log gets the mean of every 25 updates, wherever a run began, and the meter a smooth loss", () => {
  const lines: { type: "train" | "other"; step: number; mean: number }[] = [];
  const said: string[] = [];
  let time = 0;
  const meter = createRunProgress({ write: (text: string) => void said.push(text) }, () => time);
  const { onStep, last } = followRun(
    { verb: "train", meter },
    { lines, add: (line) => void lines.push(line) },
    (reports: readonly { loss: number; step: number }[], { step }) => ({
      type: "train" as const,
      step,
      mean: meanOf(reports, ({ loss }) => loss),
    }),
    (_, loss) => [loss],
  );
  expect(last()).toBeUndefined();
  for (let step = 11; step <= 60; step++) {
    time += 1000;
    onStep({ step, loss: step, seconds: step, used: step / 100, perSecond: 1 });
  }
  // The mean of 11..25 is 18, that of 26..50 is 38; updates 51 to 60 wait for their line.
  expect(linesOf(lines, "train")).toEqual([
    { type: "train", step: 25, mean: 18 },
    { type: "train", step: 50, mean: 38 },
  ]);
  expect(linesOf(lines, "other")).toEqual([]);
  expect(last()?.step).toBe(60);
  expect(said[0]).toMatch(/^train: 25 updates {2}loss \d/);
});
