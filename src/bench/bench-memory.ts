import { constants, PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { createRng, hashSeed } from "../base/index.ts";
import { createSensing, driveNavigation } from "../drive/index.ts";
import { createNavigator, createTrajectoryPlanner, type WarmStart } from "../planner/index.ts";
import { sceneExtent } from "../route/index.ts";
import type { SceneRun } from "../scenes/index.ts";
import { createSimulator, type Robot } from "../sim/index.ts";

/** What is left to the garbage collector in a tick. [bytes] */
export type AllocatedBytes = { readonly p50: number; readonly mean: number };

/** What control ticks with one warm start allocate, lidar scans marked in a local grid. */
export type MemoryRow = {
  readonly init: string;
  /** Ticks measured, after others that warm up. */
  readonly n: number;
  /** Of judging a sample, planning and renewing the path: the robot's own. */
  readonly tick: AllocatedBytes;
  /** With the simulated robot and its lidar. */
  readonly all: AllocatedBytes;
  /** Collections of the young generation meanwhile. */
  readonly scavenges: number;
};

export type MemoryOptions = {
  readonly run: SceneRun;
  readonly robot: Robot;
  readonly warmStart: WarmStart;
  /** To and fro between the ends of the run; the first `warmUp` do not count. */
  readonly ticks: number;
  readonly warmUp: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
};

/** Between ticks. [s] */
const PERIOD = 0.1;

/**
 * Measures what ticks allocate: how much larger the heap is behind each than before it. Ticks in which the heap was collected
 * are left out.
 */
export async function measureMemory(options: MemoryOptions): Promise<MemoryRow> {
  const { run, robot, warmStart, ticks, warmUp, seed, signal } = options;
  const { grid, start, goal } = run;
  const navigation = driveNavigation(robot, 1 / PERIOD);
  const maxIterations = warmStart.iterations ?? 10;
  const planner = createTrajectoryPlanner({ robot, navigation, warmStart, maxIterations });
  const navigator = createNavigator({ robot, planner });
  const simulator = createSimulator({ robot, grid, start, rng: createRng(hashSeed(seed, 1)) });
  const side = sceneExtent(navigation.lookahead).gridSide;
  const sensing = createSensing("lidar", side, grid, createRng(hashSeed(seed, 2)), robot.lidar, grid);
  navigator.setMap(grid);
  navigator.setGoal(goal);
  let scavenges = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if ((entry as { detail?: { kind?: number } }).detail?.kind === constants.NODE_PERFORMANCE_GC_MINOR)
        scavenges++;
  });
  const [own, all]: [number[], number[]] = [[], []];
  const ends = [start, goal];
  let legs = 0;
  for (let n = -warmUp; n < ticks; n++) {
    if (n === 0) {
      await setImmediate();
      observer.observe({ entryTypes: ["gc"] });
    }
    const before = heapUsed();
    const { time, pose } = simulator;
    const sample = { time, x: simulator.measure(), ...sensing.sense(grid, pose) };
    const sensed = heapUsed();
    const report = await navigator.tick(sample);
    navigator.renew();
    const done = heapUsed();
    if (report.phase === "arrived" || report.phase === "stuck") navigator.setGoal(ends[legs++ % 2]);
    simulator.step(report.command, PERIOD);
    if (n >= 0) {
      own.push(done - sensed);
      all.push(heapUsed() - before);
    }
    if (n % 10 === 9) await setImmediate();
    signal?.throwIfAborted();
  }
  await setImmediate();
  observer.disconnect();
  return { init: warmStart.name, n: ticks, tick: bytesOf(own), all: bytesOf(all), scavenges };
}

function heapUsed(): number {
  return getHeapStatistics().used_heap_size;
}

/** Median and mean of what was allocated; where the heap was collected meanwhile, it is smaller than before. */
function bytesOf(changes: readonly number[]): AllocatedBytes {
  const grown = changes.filter((bytes) => bytes >= 0).sort((a, b) => a - b);
  const mean = grown.reduce((a, b) => a + b, 0) / grown.length;
  return { p50: grown[grown.length >> 1], mean: Math.round(mean) };
}
