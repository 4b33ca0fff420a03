import type { NetInference } from "../init-net/index.ts";
import { findNet } from "../node/index.ts";
import {
  createBestStart,
  createNetStart,
  getWarmStart,
  resolveNavigationOptions,
  straightStart,
  type WarmStart,
} from "../planner/index.ts";
import type { Robot } from "../sim/index.ts";

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

/** A network to compare; without a name it stands for the robot's own. */
export type ModelRef = { readonly name?: string; readonly file: string };

/** What is compared, and the files of the networks by name. */
export type OpenedStarts = {
  readonly starts: readonly WarmStart[];
  readonly models: Readonly<Record<string, string>>;
  /** Why there is no network where there should be one; for people. */
  readonly note?: string;
};

/** Names of starts that a compared network cannot take. */
export const RESERVED_STARTS = [
  ...BENCH_STARTS.map((start) => start.name),
  "net",
  "net-merit",
  "best-no-net",
];

/**
 * The starts to compare: without a network {@link BENCH_STARTS}. With one also `net` (its first hypothesis),
 * `net-merit` (the one of least merit) and `best` with it, beside which the old `best` is `best-no-net`. Each
 * further network adds a row of its name and one with `best-` before it.
 *
 * @throws as `findNet` does for a named file
 */
export async function openBenchStarts(refs: readonly ModelRef[], robot: Robot): Promise<OpenedStarts> {
  const { N, dt, lookahead } = resolveNavigationOptions(robot);
  const sizes = { N, dt, lookahead };
  const starts = [...BENCH_STARTS];
  const models: Record<string, string> = {};
  const own = await findNet(refs.find(({ name }) => name === undefined)?.file, robot, sizes);
  let note: string | undefined;
  if (own.net !== undefined) {
    const at = starts.findIndex(({ name }) => name === "best");
    starts.splice(at, 1, renamed(starts[at], "best-no-net"), ...startsOf(own.net, "net", "best"));
    models.net = own.model;
  } else note = own.note;
  for (const { name, file } of refs) {
    if (name === undefined) continue;
    const found = await findNet(file, robot, sizes);
    if (found.net === undefined) continue;
    starts.push(...startsOf(found.net, name, `best-${name}`));
    models[name] = file;
  }
  return { starts, models, note };
}

function startsOf(net: NetInference, name: string, best: string): WarmStart[] {
  return [
    renamed(createNetStart(net), name),
    renamed(createNetStart(net, { choice: "merit" }), `${name}-merit`),
    renamed(createBestStart(net), best),
  ];
}

function renamed(start: WarmStart, name: string): WarmStart {
  return { ...start, name };
}
