import type { Optimizer, TensorPlaces } from "../rules/index.ts";
import { GRADIENT_SOURCES, type GradientSource, type GradientSourceName } from "./gradient-sources.ts";
import { type BenchRun, type MeasuredSpread, measuredSpread } from "./measures.ts";
import { createArrayStepper, createGraphStepper, type Stepper } from "./optimizer-steps.ts";

/** One optimizer in one form. */
export type OptimizerCost = {
  readonly optimizer: string;
  /** "arrays": TypeScript; "graph": ONNX Runtime. */
  readonly form: "arrays" | "graph";
  /** Steps measured. */
  readonly n: number;
  /** One step. [ms] */
  readonly ms: MeasuredSpread<"p50" | "p99">;
  /** Median of the processor's time for one step: not longer because others wanted it, too. [ms] */
  readonly cpu_ms: number;
  /** Processor times over Adam's in the first form, and over the gradient's. */
  readonly over_adam: number;
  readonly over_gradient: number;
  /** What is remembered between steps. [MB] */
  readonly state_mb: number;
};

/** All optimizers on one problem. */
export type OptimizerCosts = {
  readonly problem: string;
  readonly coordinates: number;
  readonly batch: number;
  /** The gradient's own time. [ms] */
  readonly gradient_ms: MeasuredSpread<"p50" | "p99">;
  readonly gradient_cpu_ms: number;
  readonly rows: readonly OptimizerCost[];
};

/** What `bench optimizers` measures. */
export type BenchOptimizersOptions = BenchRun & {
  readonly problems: readonly GradientSourceName[];
  /** What makes each for a problem's tensors, by the names that are shown; one of them "adam". */
  readonly optimizers: ReadonlyMap<string, (layout: TensorPlaces) => Optimizer | Promise<Optimizer>>;
  readonly forms: readonly OptimizerCost["form"][];
  /** Steps measured of each. */
  readonly rounds: number;
  readonly seed: number;
  /** Processor time of this process so far. [ms] */
  readonly cpu: () => number;
};

/** Rounds before anything is measured. */
const WARM_UP = 3;

/** Rounds in all, warm-up included, for a progress meter. */
export function optimizerRounds({
  problems,
  rounds,
}: Pick<BenchOptimizersOptions, "problems" | "rounds">): number {
  return problems.length * (rounds + WARM_UP);
}

/**
 * Times single steps of optimizers on real gradients. Each round takes one gradient, where Adam is, and gives it to
 * every optimizer in turn.
 */
export async function benchOptimizers(options: BenchOptimizersOptions): Promise<OptimizerCosts[]> {
  const costs: OptimizerCosts[] = [];
  for (const problem of options.problems) {
    const source = await GRADIENT_SOURCES[problem](options.seed);
    try {
      costs.push(await benchSource(source, options, costs.length * (options.rounds + WARM_UP)));
    } finally {
      await source.dispose();
    }
  }
  return costs;
}

type Lane = { readonly optimizer: string; readonly form: OptimizerCost["form"]; readonly stepper: Stepper };

async function benchSource(
  source: GradientSource,
  { optimizers, forms, rounds, clock, cpu, signal, onProgress }: BenchOptimizersOptions,
  before: number,
): Promise<OptimizerCosts> {
  const lanes: Lane[] = [];
  try {
    for (const [name, create] of optimizers) {
      const optimizer = await create(source.layout);
      for (const form of forms) {
        if (form === "graph" && optimizer.graph === undefined) continue;
        const stepperOf = form === "arrays" ? createArrayStepper : createGraphStepper;
        lanes.push({ optimizer: name, form, stepper: await stepperOf(optimizer, source.start) });
      }
    }
    const leader = lanes.find(({ optimizer }) => optimizer === "adam")!.stepper;
    const gradient = createStopwatch(clock, cpu);
    const watches = lanes.map(() => createStopwatch(clock, cpu));
    for (let round = -WARM_UP; round < rounds; round++) {
      signal?.throwIfAborted();
      const params = await leader.params();
      const counts = round >= 0;
      const grads = await gradient.time(counts, () => source.gradient(params));
      for (const [i, { stepper }] of lanes.entries())
        await watches[i].time(counts, () => stepper.step(grads));
      onProgress?.(before + round + WARM_UP + 1);
    }
    const adam = lanes.findIndex(({ optimizer, form }) => optimizer === "adam" && form === forms[0]);
    return {
      problem: source.name,
      coordinates: source.start.length,
      batch: source.batch,
      gradient_ms: gradient.ms(),
      gradient_cpu_ms: gradient.cpuMs(),
      rows: lanes.map(({ optimizer, form, stepper }, i) => ({
        optimizer,
        form,
        n: rounds,
        ms: watches[i].ms(),
        cpu_ms: watches[i].cpuMs(),
        over_adam: ratio(watches[i].cpuMs(), watches[adam].cpuMs()),
        over_gradient: ratio(watches[i].cpuMs(), gradient.cpuMs()),
        state_mb: Number((stepper.stateBytes / 1e6).toFixed(2)),
      })),
    };
  } finally {
    for (const { stepper } of lanes) await stepper.dispose();
  }
}

/** Wall and processor times of what is done again and again. */
function createStopwatch(clock: () => number, cpu: () => number) {
  const walls: number[] = [];
  const cpus: number[] = [];
  return {
    async time<T>(counts: boolean, work: () => Promise<T>): Promise<T> {
      const [wall, used] = [clock(), cpu()];
      const result = await work();
      if (counts) {
        walls.push(clock() - wall);
        cpus.push(cpu() - used);
      }
      return result;
    },
    ms: (): MeasuredSpread<"p50" | "p99"> => measuredSpread(walls, ["p50", "p99"]),
    cpuMs: (): number => measuredSpread(cpus, ["p50"]).p50,
  };
}

function ratio(ms: number, base: number): number {
  return base > 0 ? Number((ms / base).toPrecision(3)) : 0;
}
