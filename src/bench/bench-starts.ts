import { getWarmStart, straightStart, type WarmStart } from "../planner/index.ts";

/** A baseline: no motion. (The planner's own `zero` takes a straight drive where that has the lower merit.) */
const COLD: WarmStart = {
  name: "zero",
  choice: "merit",
  candidates: () => [{ name: "zero", guess: {} }],
};

/** A baseline: drive straight at the local goal, whatever is in between. */
const STRAIGHT: WarmStart = {
  name: "straight",
  choice: "merit",
  candidates: ({ scene, problem }) => [{ name: "straight", guess: straightStart(problem, scene) }],
};

/** What is compared without a network: two baselines, and the warm starts of the house. */
export const BENCH_STARTS: readonly WarmStart[] = [
  COLD,
  STRAIGHT,
  ...["path", "shift", "shift-or-path", "best"].map((name) => getWarmStart(name)),
];
