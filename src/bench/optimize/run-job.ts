import { type DataRequest, type OpenedData, openData } from "../../node/index.ts";
import { getOptimizee, OPTIMIZEES } from "../../optim/index.ts";
import { type OptimizeRecord, openWorkbench, runOptimizee, type Workbench } from "../../optim/node.ts";
import { type OptimizerChoice, openChoice } from "./optimizer-list.ts";

/** What runs of one kind share; plain data. */
export type OptimizeTask = {
  readonly optimizee: string;
  /** None for optimizees without images. */
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
  let data: { readonly key: string; readonly opened: OpenedData } | undefined;

  const openDataOnce = async (request: DataRequest): Promise<OpenedData> => {
    const key = JSON.stringify(request);
    if (data?.key !== key) data = { key, opened: await openData(request) };
    return data.opened;
  };
  const open = async ({ optimizee, data: request, batch }: OptimizeTask): Promise<Workbench> => {
    const key = JSON.stringify([optimizee, request, batch]);
    if (bench?.key === key) return bench.opened;
    await bench?.opened.dispose();
    bench = undefined;
    const digits = request && (await openDataOnce(request));
    const opened = await openWorkbench(
      (size) => getOptimizee(optimizee, digits?.train, { batch: size }),
      OPTIMIZEES[optimizee]?.needsDigits ? batch : undefined,
      digits?.heldOut,
    );
    bench = { key, opened };
    return opened;
  };
  return {
    open,
    openData: openDataOnce,
    async run({ task, optimizer, seed }: RunJob, context: OptimizeContext): Promise<OptimizeRecord> {
      const { steps, checkpoints } = task;
      const bench = await open(task);
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
      data = undefined;
    },
  };
}
/** The runner of {@link createRunner}. */
export type Runner = ReturnType<typeof createRunner>;
