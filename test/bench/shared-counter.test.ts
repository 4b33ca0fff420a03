import { expect, test } from "vitest";
import {
  createSharedCounter,
  takeSteps,
  tellToStop,
  watchCounter,
} from "../../src/bench/optimize/shared-counter.ts";

test("steps of all workers are counted once", () => {
  const counter = createSharedCounter();
  const [a, b] = [watchCounter(counter), watchCounter(counter)];
  a.step();
  b.step();
  a.step();
  expect(takeSteps(counter)).toBe(3);
  expect(takeSteps(counter)).toBe(0);
  b.step();
  expect(takeSteps(counter)).toBe(1);
});

test("the word to stop reaches every worker at its next step or look, and those that come later", () => {
  const counter = createSharedCounter();
  const [a, b] = [watchCounter(counter), watchCounter(counter)];
  a.step();
  expect(a.signal.aborted).toBe(false);
  tellToStop(counter);
  expect(a.signal.aborted).toBe(false);
  a.step();
  b.look();
  const late = watchCounter(counter);
  late.look();
  expect([a, b, late].map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
});
