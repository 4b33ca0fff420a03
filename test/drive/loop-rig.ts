import { Subject, VirtualTimeScheduler } from "rxjs";
import { createRng } from "../../src/base/index.ts";
import { createSensing } from "../../src/drive/index.ts";
import {
  createControlLoop,
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type SensorSample,
  type TickReport,
} from "../../src/planner/index.ts";
import { createSimulator, type Goal, getRobot, type OccupancyGrid, type Pose } from "../../src/sim/index.ts";
import { fill, room } from "../planner/scenes.ts";

/** The streams of a loop, to be written to. */
export type RigInputs = {
  readonly sensor$: Subject<SensorSample>;
  readonly goal$: Subject<Goal | undefined>;
  readonly map$: Subject<OccupancyGrid>;
  readonly pause$: Subject<boolean>;
};

export type RigOptions = {
  readonly robot?: string;
  readonly world: OccupancyGrid;
  /** What the robot is told; by default the world. */
  readonly map?: OccupancyGrid;
  readonly start: Pose;
  readonly goal: Goal;
  readonly seconds: number;
  /** The stamp of a sample that is taken at a time. [s] */
  readonly stamp?: (time: number) => number;
  readonly sample?: (sample: SensorSample, tick: number) => SensorSample;
  readonly each?: (tick: number, inputs: RigInputs) => void;
  /** The wheels are blocked: nothing moves, whatever is commanded. */
  readonly frozen?: boolean;
};

/** Drives a simulated robot by the control loop with its real navigator, in virtual time at 10 Hz; faults come in by hooks. */
export async function runRig(options: RigOptions) {
  const { world, map = world, start, goal, seconds, frozen = false } = options;
  const { stamp = (t) => t, sample = (s) => s, each = () => {} } = options;
  const robot = getRobot(options.robot ?? "jackal");
  const planner = createTrajectoryPlanner({ robot, warmStart: getWarmStart("shift"), maxIterations: 1 });
  const recovery = { patience: 0.7, escapeTime: 0.5, attempts: 2 };
  const navigator = createNavigator({ robot, planner, ...(frozen && { recovery }) });
  const simulator = createSimulator({ robot, grid: world, start, rng: createRng(1) });
  const sensing = createSensing("lidar", 8, world, createRng(2));
  const inputs: RigInputs = {
    sensor$: new Subject(),
    goal$: new Subject(),
    map$: new Subject(),
    pause$: new Subject(),
  };
  const loop = createControlLoop(inputs, {
    navigator,
    silenceMs: Number.POSITIVE_INFINITY,
    scheduler: new VirtualTimeScheduler(),
    clock: () => 0,
  });
  const reports: TickReport[] = [];
  let answers = 0;
  let wake = (): void => {};
  const subscription = loop.report$.subscribe((report) => {
    reports.push(report);
    answers++;
    wake();
  });
  inputs.map$.next(map);
  inputs.goal$.next(goal);
  let time = 0;
  let metres = 0;
  for (let tick = 0; tick < 10 * seconds && !simulator.contact; tick++) {
    each(tick, inputs);
    const before = answers;
    const x = simulator.measure();
    const grid = sensing.look(simulator.grid, simulator.pose);
    inputs.sensor$.next(sample({ time: stamp(time), x, grid }, tick));
    if (answers === before) await new Promise<void>((done) => (wake = done));
    const last = reports[reports.length - 1];
    if (last.phase === "stuck" || (last.phase === "arrived" && Math.abs(simulator.state[3]) < 0.05)) break;
    const { x: x0, y: y0 } = simulator.pose;
    if (frozen) time += 0.1;
    else {
      simulator.step(last.command, 0.1);
      time = simulator.time;
    }
    metres += Math.hypot(simulator.pose.x - x0, simulator.pose.y - y0);
  }
  subscription.unsubscribe();
  const last = reports[reports.length - 1];
  return {
    reports,
    last,
    metres,
    time,
    simulator,
    driven: reports.filter((r) => r.command.kind === "drive").length,
  };
}

/** A copy of a grid with a rectangle set. [m] */
export function withBox(
  grid: OccupancyGrid,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  value = 100,
): OccupancyGrid {
  const copy = { ...grid, cells: grid.cells.slice() };
  fill(copy, x0, y0, x1, y1, value);
  return copy;
}

/** A hall with a wall across it that has two gaps, the nearer of which is blocked where the map does not say so. */
export function twoGaps(): { readonly map: OccupancyGrid; readonly world: OccupancyGrid } {
  const hall = withBox(room(8, 10), 3.9, 0.1, 4.1, 9.9);
  const map = withBox(withBox(hall, 3.8, 1.5, 4.2, 3, 0), 3.8, 7, 4.2, 8.5, 0);
  return { map, world: withBox(map, 3.7, 1.4, 4.3, 3.1) };
}
