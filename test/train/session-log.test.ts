import { expect, test } from "vitest";
import { createRunProgress } from "../../src/node/run-progress.ts";
import { followRun, linesOf, meanOf } from "../../src/train/session-log.ts";

test("a run that was interrupted between two lines goes on with the line that it would have had", () => {
  type Line = { type: "train"; step: number; mean: number };
  const meter = createRunProgress({ write: () => {} }, () => 0);
  const follow = (lines: Line[], untold?: readonly { loss: number }[]) =>
    followRun(
      { verb: "train", meter },
      { lines, add: (line: Line) => void lines.push(line) },
      (reports: readonly Report[], { step }) => ({
        type: "train" as const,
        step,
        mean: meanOf(reports, ({ loss }) => loss),
      }),
      () => [],
      untold as Report[] | undefined,
    );
  type Report = { loss: number; step: number; seconds: number; used: number; perSecond: number };
  const report = (step: number): Report => ({
    step,
    loss: Math.sin(step),
    seconds: step,
    used: 0,
    perSecond: 1,
  });
  const [whole, parts]: [Line[], Line[]] = [[], []];
  const one = follow(whole);
  for (let step = 1; step <= 100; step++) one.onStep(report(step));
  const first = follow(parts);
  for (let step = 1; step <= 61; step++) first.onStep(report(step));
  expect(first.untold()).toHaveLength(11);
  const second = follow(parts, structuredClone(first.untold()));
  for (let step = 62; step <= 100; step++) second.onStep(report(step));
  expect(parts).toEqual(whole);
  expect(second.untold()).toEqual([]);
});

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
