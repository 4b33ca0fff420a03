import { setImmediate } from "node:timers/promises";
import { drive, percentile, SENSORS, type SensorKind } from "../drive/index.ts";
import { type PartTimes, WARM_STARTS, type WarmStart } from "../planner/index.ts";
import type { BenchScene, SceneRun } from "../scenes/index.ts";
import type { Robot } from "../sim/index.ts";
import { type CarRow, timeCar } from "./bench-car.ts";
import { type FieldRow, timeField } from "./bench-field.ts";
import { type IterationTimes, timeIterations } from "./bench-iteration.ts";
import { type MemoryRow, measureMemory } from "./bench-memory.ts";
import { type BenchRun, type MeasuredSpread, measuredSpread } from "./measures.ts";

/** Parts of a control tick; `other` is the rest: route, replanning, decisions, the streams. */
export const TICK_PARTS = ["sense", "field", "init", "sqp", "check", "other", "total"] as const;
export type TickPart = (typeof TICK_PARTS)[number];

/** The control tick with one warm start and one sensor. */
export type TickRow = {
  readonly init: string;
  readonly sensor: SensorKind;
  /** Ticks that planned. */
  readonly n: number;
  /** QPs along the way that was kept. */
  readonly iterations: { readonly mean: number; readonly p95: number };
  readonly ms: Readonly<Record<TickPart, MeasuredSpread>>;
};

/** What `bench loop` has measured. */
export type BenchLoopResult = {
  readonly ticks: readonly TickRow[];
  readonly iteration: IterationTimes;
  readonly car: readonly CarRow[];
  readonly field: readonly FieldRow[];
  /** A row per warm start. */
  readonly memory: readonly MemoryRow[];
};

/** What `bench loop` drives and solves. */
export type BenchLoopOptions = BenchRun & {
  readonly runs: readonly SceneRun[];
  /** Scenes whose SQP iterations are taken apart. */
  readonly scenes: readonly BenchScene[];
  readonly robot: Robot;
  /** Default: those of the house. */
  readonly starts?: readonly WarmStart[];
  readonly seed: number;
};

/** Simulated time each variant drives before anything counts. [s] */
const WARM_UP = 4;

/** Code that is compiled late allocates numbers; so many ticks, and it no longer does. */
const MEMORY_TICKS = { warmUp: 600, ticks: 600 };

/** Number of steps that the progress of {@link benchLoop} is told in. */
export function loopSteps(runs: number, starts = WARM_STARTS.size): number {
  return (runs + 1) * starts * SENSORS.length + 3 + (runs > 0 ? starts : 0);
}

/**
 * Takes the control loop apart: whole ticks of closed-loop drives, every warm start with every sensor in turn on
 * the same drives; the SQP iteration of the navigation problem; the 4-state car; the distance field; what a tick allocates.
 */
export async function benchLoop(options: BenchLoopOptions): Promise<BenchLoopResult> {
  const { runs, scenes, robot, seed, clock, signal, onProgress } = options;
  let done = 0;
  const step = async (): Promise<void> => {
    onProgress?.(++done);
    await setImmediate(); // so that Ctrl-C is heard
    signal?.throwIfAborted();
  };
  const starts = options.starts ?? [...WARM_STARTS.values()];
  const variants = starts.flatMap((init) => SENSORS.map((sensor) => ({ init, sensor, ticks: [] as Tick[] })));
  for (const { init, sensor } of variants) {
    if (runs.length === 0) break;
    await drive({ ...runs[0], robot, init, sensor, seed, clock, timeout_s: WARM_UP });
    await step();
  }
  for (const run of runs) {
    for (const { init, sensor, ticks } of variants) {
      await drive({
        ...run,
        robot,
        init,
        sensor,
        seed,
        clock,
        signal,
        onTick({ solve, partsMs, totalMs }) {
          if (solve !== undefined) ticks.push({ iterations: solve.iterations, partsMs, totalMs });
        },
      });
      await step();
    }
  }
  const iteration = timeIterations({ scenes, robot, clock });
  await step();
  const car = timeCar(clock);
  await step();
  const field = timeField(clock, seed);
  await step();
  const memory: MemoryRow[] = [];
  for (const warmStart of runs.length === 0 ? [] : starts) {
    memory.push(await measureMemory({ run: runs[0], robot, warmStart, seed, signal, ...MEMORY_TICKS }));
    await step();
  }
  return { ticks: variants.map(summarize), iteration, car, field, memory };
}

type Tick = { readonly iterations: number; readonly partsMs: PartTimes; readonly totalMs: number };

function summarize(variant: { init: WarmStart; sensor: SensorKind; ticks: readonly Tick[] }): TickRow {
  const { init, sensor, ticks } = variant;
  const iterations = ticks.map((tick) => tick.iterations);
  const spread = (part: TickPart): MeasuredSpread =>
    measuredSpread(
      ticks.map((tick) => timeOf(tick, part)),
      ["p50", "p99", "max"],
    );
  const mean = iterations.reduce((a, b) => a + b, 0) / Math.max(1, iterations.length);
  const ms = Object.fromEntries(TICK_PARTS.map((part) => [part, spread(part)]));
  return {
    init: init.name,
    sensor,
    n: ticks.length,
    iterations: { mean: Number(mean.toFixed(4)), p95: percentile(iterations, 0.95) },
    ms: ms as Record<TickPart, MeasuredSpread>,
  };
}

function timeOf({ partsMs, totalMs }: Tick, part: TickPart): number {
  if (part === "total") return totalMs;
  if (part !== "other") return partsMs[part];
  const { sense, field, init, sqp, check } = partsMs;
  return Math.max(0, totalMs - sense - field - init - sqp - check);
}
