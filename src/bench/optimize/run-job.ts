import { type DataRequest, type OpenedTask, openTask } from "../../node/index.ts";
import { type OptimizeRecord, openWorkbench, runOptimizee, type Workbench } from "../../optim/node.ts";
import { type OptimizerChoice, openChoice } from "./optimizer-list.ts";

/** What runs of one kind share; plain data. */
export type OptimizeTask = {
  readonly optimizee: string;
  /** None for optimizees without data. */
  readonly data?: DataRequest;
  readonly batch: number;
  readonly steps: number;
  readonly checkpoints: readonly number[];
};

/** One run; plain data. */
export type RunJob = {
  readonly task: OptimizeTask;
  readonly optimizer: OptimizerChoice;
  readonly seed: number;
};

/** The clock of a run, its end, and who hears of its steps. */
export type OptimizeContext = {
  readonly signal?: AbortSignal;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
  readonly onStep?: (done: number) => void;
};

/** Runs jobs one after the other; data and graphs stay open from one to the next where they are the same. */
export function createRunner() {
  let bench: { readonly key: string; readonly opened: Workbench } | undefined;
  const tasks = new Map<string, OpenedTask>(); // at most two: judged on test and on validation data

  const openOnce = async ({ optimizee, data }: OptimizeTask): Promise<OpenedTask> => {
    const key = JSON.stringify([optimizee, data]);
    const opened = tasks.get(key) ?? (await openTask(optimizee, data));
    tasks.set(key, opened);
    return opened;
  };
  const open = async (one: OptimizeTask): Promise<Workbench> => {
    const { optimizee, data, batch } = one;
    const key = JSON.stringify([optimizee, data, batch]);
    if (bench?.key === key) return bench.opened;
    await bench?.opened.dispose();
    bench = undefined;
    const { create, heldOut } = await openOnce(one);
    const opened = await openWorkbench(create, data && batch, heldOut);
    bench = { key, opened };
    return opened;
  };
  return {
    open,
    openTask: openOnce,
    async run({ task: one, optimizer, seed }: RunJob, context: OptimizeContext): Promise<OptimizeRecord> {
      const { steps, checkpoints } = one;
      const bench = await open(one);
      return runOptimizee(bench, await openChoice(optimizer, bench.optimizee.layout), {
        steps,
        checkpoints,
        seed,
        ...context,
      });
    },
    async dispose(): Promise<void> {
      await bench?.opened.dispose();
      bench = undefined;
      tasks.clear();
    },
  };
}
/** The runner of {@link createRunner}. */
export type Runner = ReturnType<typeof createRunner>;
