import { Subject, VirtualTimeScheduler } from "rxjs";
import { createRng, hashSeed } from "../base/index.ts";
import {
  checkScene,
  createControlLoop,
  createNavigationProblem,
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type NavigationOptions,
  type Navigator,
  resolveNavigationOptions,
  type SensorSample,
  type TickReport,
} from "../planner/index.ts";
import { sceneExtent } from "../route/index.ts";
import {
  createGrid,
  createSimulator,
  type Goal,
  type OccupancyGrid,
  type Robot,
  type Simulator,
  UNKNOWN,
} from "../sim/index.ts";
import { checkDriveOptions, type DriveOptions } from "./drive-options.ts";
import { createSensing, type Sensing } from "./sensing.ts";
import { createShocks } from "./shocks.ts";
import { createSummary, type DriveStatus, type DriveSummary } from "./summary.ts";

/** Outcome of a run: its summary, and the simulator as the run left it. */
export type DriveResult = { readonly summary: DriveSummary; readonly simulator: Simulator };

/**
 * One closed-loop run in the simulator: the control loop of {@link createControlLoop}, fed by a simulated
 * sensor and obeyed by a simulated robot, in virtual time. Same options and seed, same run, but for
 * measured times.
 *
 * @throws SceneError for a start or goal that cannot be driven at all; ConfigError for an illegal option
 */
export async function drive(options: DriveOptions): Promise<DriveResult> {
  const { grid, robot, start, goal } = options;
  const rateHz = options.rateHz ?? 10;
  checkDriveOptions(options);
  checkScene(robot, grid, start, goal);
  const period = 1 / rateHz;
  const clock = options.clock ?? (() => 0);
  const seed = options.seed ?? 0;
  const warmStart = typeof options.init === "object" ? options.init : getWarmStart(options.init ?? "shift");
  const maxIterations = options.iterations ?? warmStart.iterations ?? 10;
  const deadlineMs = options.deadlineMs ?? Number.POSITIVE_INFINITY;
  const navigation = driveNavigation(robot, rateHz, options.navigation);
  const createBrain = (deadline: number | undefined): Navigator =>
    createNavigator({
      robot,
      planner: createTrajectoryPlanner({
        robot,
        warmStart,
        maxIterations,
        navigation,
        clock: options.clock,
        deadline,
        keepIterates: options.keepIterates,
      }),
      tolerance: options.tolerance,
      clock: options.clock,
    });
  const navigator = createBrain(options.deadlineMs);
  const simulator = createSimulator({
    robot,
    grid,
    start,
    rng: createRng(hashSeed(seed, 1)),
    options: options.simulator,
  });
  /** Warm-up and run draw their sensor noise from streams of their own. */
  const createLook = (stream: number): Sensing =>
    createSensing(
      options.sensor ?? "truth",
      sceneExtent(navigation.lookahead).gridSide,
      grid,
      createRng(hashSeed(seed, stream)),
    );
  const sensing = createLook(2);
  const shocks =
    options.shocks &&
    createShocks({
      problem: createNavigationProblem(robot, navigation),
      simulator,
      goal,
      seed: hashSeed(seed, 4),
      options: options.shocks,
    });
  const inputs = {
    sensor$: new Subject<SensorSample>(),
    goal$: new Subject<Goal | undefined>(),
    map$: new Subject<OccupancyGrid>(),
  };
  const loop = createControlLoop(inputs, {
    navigator,
    deadlineMs,
    scheduler: new VirtualTimeScheduler(),
    clock: options.clock,
  });
  const summary = createSummary({
    robot,
    warmStart,
    maxIterations,
    seed,
    deadlineMs: options.deadlineMs ?? 1000 * period,
  });
  let latest: TickReport | undefined;
  let wake = (): void => {};
  const subscription = loop.report$.subscribe((report) => {
    latest = report;
    wake();
  });
  const tick = async (): Promise<TickReport> => {
    const t0 = clock();
    const pose = simulator.pose;
    const local = sensing.look(simulator.grid, pose);
    latest = undefined;
    const arrival = new Promise<void>((resolve) => {
      wake = resolve;
    });
    inputs.sensor$.next({ time: simulator.time, x: simulator.measure(), grid: local, senseMs: clock() - t0 });
    if (latest === undefined) await arrival;
    return latest!;
  };
  const map =
    options.prior === "none"
      ? createGrid(grid.width, grid.height, grid.resolution, grid.origin, UNKNOWN)
      : grid;
  try {
    if (options.clock !== undefined) {
      const look = createLook(3);
      const x = simulator.state;
      const sample = (): SensorSample => ({ time: 0, x, grid: look.look(grid, simulator.pose) });
      await warmUp(() => createBrain(undefined), map, goal, sample);
    }
    inputs.map$.next(map);
    inputs.goal$.next(goal);
    const timeout = options.timeout_s ?? 100;
    let status: DriveStatus | undefined;
    let faults = 0;
    while (status === undefined) {
      const redirected = shocks?.strike(latest);
      if (redirected !== undefined) inputs.goal$.next(redirected);
      const report = await tick();
      summary.add(report, simulator);
      let sentOn = false;
      const wait = options.onTick?.(report, simulator, (next) => {
        sentOn = true;
        inputs.goal$.next(next);
      });
      if (wait instanceof Promise) await wait;
      faults = report.phase === "fault" ? faults + 1 : 0;
      status =
        faults >= MAX_FAULTS
          ? "failed"
          : statusOf(report, simulator, timeout, options.signal, { away: shocks?.away === true, sentOn });
      if (status === undefined) simulator.step(report.command, period);
      if (report.tick % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const finished = summary.finish(status, simulator, latest);
    return { summary: shocks === undefined ? finished : { ...finished, shocks: shocks.counts }, simulator };
  } finally {
    subscription.unsubscribe();
  }
}

/** The navigation problem of a drive: stages of a control period, but of at least 0.1 s, over 3 s. */
export function driveNavigation(
  robot: Robot,
  rateHz: number,
  given: Partial<NavigationOptions> = {},
): NavigationOptions {
  const dt = given.dt ?? Math.max(0.1, 1 / rateHz);
  return resolveNavigationOptions(robot, { N: Math.max(2, Math.round(3 / dt)), ...given, dt });
}

/** A run ends as failed after so many faulty ticks in a row. */
const MAX_FAULTS = 10;
/** What a fresh process needs before its code is compiled; a real robot does it before it starts. */
const WARM_UP = { runs: 6, ticks: 10 };

/** Lets navigators that are then thrown away do the first ticks, which are slow in a fresh process. */
async function warmUp(
  create: () => Navigator,
  map: OccupancyGrid,
  goal: Goal,
  sample: () => SensorSample,
): Promise<void> {
  for (let run = 0; run < WARM_UP.runs; run++) {
    const navigator = create();
    navigator.setMap(map);
    navigator.setGoal(goal);
    for (let i = 0; i < WARM_UP.ticks; i++) await navigator.tick({ ...sample(), time: 0.1 * i });
  }
}

function statusOf(
  report: TickReport,
  simulator: Simulator,
  timeout: number,
  signal: AbortSignal | undefined,
  { away, sentOn }: { readonly away: boolean; readonly sentOn: boolean },
): DriveStatus | undefined {
  if (simulator.contact) return "collision";
  const arrived = report.phase === "arrived" && Math.abs(simulator.state[3]) < 0.05;
  if (arrived && !away && !sentOn) return "reached";
  if (report.phase === "stuck" && !sentOn) return report.globalPath === undefined ? "failed" : "stuck";
  if (signal?.aborted === true) return "failed";
  if (simulator.time >= timeout - 1e-9) return "timeout";
  return undefined;
}
