import { Subject, VirtualTimeScheduler } from "rxjs";
import { createRng, hashSeed, type Rng } from "../base/index.ts";
import {
  checkRoute,
  checkScene,
  createControlLoop,
  createNavigationProblem,
  createNavigator,
  createTrajectoryPlanner,
  DEFAULT_NAVIGATION_OPTIONS,
  getWarmStart,
  type NavigationOptions,
  type Navigator,
  resolveNavigationOptions,
  type SensorSample,
  type TickReport,
  usualHorizon,
  type WarmStart,
  warmUp,
} from "../planner/index.ts";
import { createGlobalPathWorkspace, sceneExtent } from "../route/index.ts";
import {
  createGrid,
  createSimulator,
  type Goal,
  isStopped,
  type Latency,
  NO_LATENCY,
  type OccupancyGrid,
  type Pose,
  type Robot,
  SIMULATOR_DEFAULTS,
  type Simulator,
  UNKNOWN,
} from "../sim/index.ts";
import { createCourse } from "./course.ts";
import { checkDriveOptions, createSensing, type DriveOptions, type Sensing } from "./drive-options.ts";
import { createZoneTally, type DriveZones, openZones, zonesInSamples } from "./drive-zones.ts";
import { createSummary, type DriveStatus, type NamedSummary, withJsonNames } from "./summary.ts";

/** Outcome of a run: its summary, and the simulator as the run left it. */
export type DriveResult = { readonly summary: NamedSummary; readonly simulator: Simulator };

/**
 * One closed-loop run in the simulator: the control loop of {@link createControlLoop}, fed by a simulated
 * sensor and obeyed by a simulated robot, in virtual time. Same options and seed, same run, but for
 * measured times.
 *
 * @throws SceneError for a start or goal that cannot be driven at all; ConfigError for an illegal option
 */
export async function drive(options: DriveOptions): Promise<DriveResult> {
  const { grid, robot, start, shocks: shockOptions, signal, timeout_s = 100 } = options;
  checkDriveOptions(options);
  const setup = setUp(options);
  const course = createCourse(options);
  const { goal } = course;
  if (options.route !== undefined) checkRoute(grid, options.route, setup.zones.keepout);
  checkScene(robot, grid, start, goal, setup.zones.keepout);
  const { period, seed, navigation, map } = setup;
  const simulator = simulated(options, period, createRng(hashSeed(seed, 1)));
  const problem = shockOptions && createNavigationProblem(robot, navigation);
  // Loaded where it is asked for: most runs have none, in a browser least of all.
  const shocks =
    problem &&
    (await import("./shocks.ts")).createShocks({
      problem,
      simulator,
      goal,
      seed: hashSeed(seed, 4),
      options: shockOptions,
    });
  const zonesKept = createZoneTally(robot, setup.zones);
  const withZones = zonesInSamples(robot, setup.zones);
  const summary = createSummary({ ...setup, robot, deadlineMs: options.deadlineMs ?? 1000 * period });
  if (options.clock !== undefined) await practise(setup, grid, goal, simulator);
  const loop = startLoop(setup, options, simulator);
  try {
    loop.map$.next(map);
    loop.goal$.next(goal);
    loop.prepare();
    let status: DriveStatus | undefined;
    let latest: TickReport | undefined;
    let faults = 0;
    while (status === undefined) {
      const redirected = shocks?.strike(latest);
      if (redirected !== undefined) loop.goal$.next(redirected);
      const { report, sample } = await loop.tick();
      const byHand = options.byHand?.(withZones(sample));
      latest = byHand === undefined ? report : { ...report, command: byHand, plan: undefined, note: BY_HAND };
      loop.pause$.next(byHand !== undefined);
      summary.add(latest, simulator);
      zonesKept?.add(simulator);
      let sentOn = byHand !== undefined;
      const goTo = (next: Goal): void => {
        sentOn = true;
        loop.goal$.next(next);
      };
      const next = course.after(latest);
      if (next !== undefined) goTo(next);
      const wish = (wished: Goal): void => {
        course.leave();
        goTo(wished);
      };
      const wait = options.onTick?.(latest, simulator, wish, course.goesOn);
      if (wait instanceof Promise) await wait;
      faults = latest.phase === "fault" ? faults + 1 : 0;
      const goesOn = { faults, timeout_s, signal, away: shocks?.away === true || course.goesOn, sentOn };
      status = statusOf(latest, simulator, goesOn);
      if (status === undefined) simulator.step(latest.command, period);
      if (latest.tick % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const finished = summary.finish(status, simulator, latest);
    const told = {
      ...finished,
      ...(shocks && { shocks: shocks.counts }),
      ...(course.figures && { waypoints: course.figures }),
      ...(zonesKept && { zones: zonesKept.figures }),
    };
    return { summary: withJsonNames(told), simulator };
  } finally {
    loop.end();
  }
}

/** The options of a drive in full, and what can be made of them before anything moves. */
type DriveSetup = {
  /** Duration of a tick. [s] */
  readonly period: number;
  readonly seed: number;
  readonly clock: () => number;
  readonly warmStart: WarmStart;
  readonly maxIterations: number;
  readonly navigation: NavigationOptions;
  readonly zones: DriveZones;
  /** What the global planner knows beforehand. */
  readonly map: OccupancyGrid;
  /** @param deadline of a solve [ms] */
  createBrain(deadline?: number): Navigator;
  /** @param stream number of the seed's stream that the sensor's noise is drawn from */
  createLook(stream: number): Sensing;
};

function setUp(options: DriveOptions): DriveSetup {
  const { robot, grid, rateHz = 10, seed = 0, init = "shift", keepIterates } = options;
  const warmStart = typeof init === "object" ? init : getWarmStart(init);
  const maxIterations = options.iterations ?? warmStart.iterations ?? 10;
  const navigation = driveNavigation(robot, rateHz, options.navigation);
  const { clock, tolerance, sensor = "truth" } = options;
  const paths = createGlobalPathWorkspace();
  const zones = openZones(options);
  const solver = { robot, warmStart, maxIterations, navigation, clock, keepIterates, ...zones };
  return {
    period: 1 / rateHz,
    seed,
    clock: clock ?? (() => 0),
    warmStart,
    maxIterations,
    navigation,
    zones,
    map:
      options.prior === "none"
        ? createGrid(grid.width, grid.height, grid.resolution, grid.origin, UNKNOWN)
        : grid,
    createBrain(deadline) {
      const planner = createTrajectoryPlanner({ ...solver, deadline });
      const latency = believedLatency(options);
      return createNavigator({ robot, planner, tolerance, clock, paths, latency, keepout: zones.keepout });
    },
    createLook: (stream) =>
      createSensing(
        sensor,
        sceneExtent(navigation.lookahead).gridSide,
        grid,
        createRng(hashSeed(seed, stream)),
        { ...robot.lidar, ...options.lidar },
        options.prior === "none" ? undefined : grid,
      ),
  };
}

/** What a drive's navigator believes of delay and lag: where nobody says anything of either, that there is none. */
export function believedLatency({
  latency,
  robot,
  simulator = {},
}: Pick<DriveOptions, "latency" | "robot" | "simulator">): Latency {
  if (latency !== undefined || robot.latency !== undefined)
    return { ...NO_LATENCY, ...(latency ?? robot.latency) };
  if (simulator.delay_s === undefined && simulator.lag_s === undefined) return NO_LATENCY;
  const { delay_s: delay, lag_s: lag } = { ...SIMULATOR_DEFAULTS, ...simulator };
  return { delay, lag };
}

/** Starts a control loop that is fed one sample of the simulated robot per tick. */
function startLoop(setup: DriveSetup, options: DriveOptions, simulator: Simulator) {
  const { clock, createBrain, createLook } = setup;
  const sensing = createLook(2);
  const sensor$ = new Subject<SensorSample>();
  const goal$ = new Subject<Goal | undefined>();
  const map$ = new Subject<OccupancyGrid>();
  const pause$ = new Subject<boolean>();
  const navigator = createBrain(options.deadlineMs);
  const loop = createControlLoop(
    { sensor$, goal$, map$, pause$ },
    {
      navigator,
      deadlineMs: options.deadlineMs ?? Number.POSITIVE_INFINITY,
      silenceMs: Number.POSITIVE_INFINITY,
      scheduler: new VirtualTimeScheduler(),
      clock,
    },
  );
  let heard = (_report: TickReport): void => {};
  const subscription = loop.report$.subscribe((report) => heard(report));
  return {
    goal$,
    map$,
    pause$,
    /** Lets the robot stand and look around until the run begins, and finds the first way while no time passes. */
    prepare: () => {
      while (simulator.time < -1e-9) {
        sensing.sense(simulator.grid, simulator.pose, simulator.movers, simulator.time);
        simulator.step({ kind: "stop" }, setup.period);
      }
      const { time, grid, pose, state, movers } = simulator;
      navigator.prepare?.({ time, x: state, ...createLook(3).sense(grid, pose, movers) });
    },
    tick: (): Promise<{ readonly report: TickReport; readonly sample: SensorSample }> => {
      const t0 = clock();
      const seen = sensing.sense(simulator.grid, simulator.pose, simulator.movers, simulator.time);
      const sample = { time: simulator.time, x: simulator.measure(), ...seen, senseMs: clock() - t0 };
      return new Promise((resolve) => {
        heard = (report) => resolve({ report, sample });
        sensor$.next(sample);
      });
    },
    end: () => subscription.unsubscribe(),
  };
}

/** The simulated robot of a drive. */
function simulated(
  { robot, grid, start, movers = [], simulator }: DriveOptions,
  period: number,
  rng: Rng,
): Simulator {
  const time = movers.length > 0 ? -period * Math.ceil(WATCHED / period) : 0;
  return createSimulator({ robot, grid, start, rng, movers, time, options: simulator });
}

/** A robot among movers has stood there so long with its sensor on, as it would have before it is told its goal. [s] */
const WATCHED = 1;

/** The navigation problem of a drive: stages of a control period, but of no less than usual, over the usual horizon. */
export function driveNavigation(
  robot: Robot,
  rateHz: number,
  given: Partial<NavigationOptions> = {},
): NavigationOptions {
  const horizon = usualHorizon(robot);
  const dt = given.dt ?? Math.max(horizon / DEFAULT_NAVIGATION_OPTIONS.N, 1 / rateHz);
  return resolveNavigationOptions(robot, { N: Math.max(2, Math.round(horizon / dt)), ...given, dt });
}

/** A run ends as failed after so many faulty ticks in a row. */
const MAX_FAULTS = 10;
/** Warms up in the world that is to be driven in. */
async function practise(
  { createBrain, createLook, map }: DriveSetup,
  grid: OccupancyGrid,
  goal: Goal,
  { robot, pose: start, movers }: Simulator,
): Promise<void> {
  const sensing = createLook(3);
  const look = (pose: Pose, time: number) => sensing.sense(grid, pose, movers, time);
  await warmUp(robot, createBrain, { map, start, goal, look });
}

/** A robot at its goal stands once it is no faster than this, whichever way; it may still turn. [m/s] */
const STANDSTILL = 0.05;

/** The note of a tick whose command is somebody's own. */
export const BY_HAND = "driven by hand";

/** Whether a tick's robot is within its goal's tolerance, and truly stands there. */
export function standsAtGoal({ phase }: TickReport, { robot, state }: Simulator): boolean {
  return phase === "arrived" && isStopped(robot, state, STANDSTILL, Number.POSITIVE_INFINITY);
}

/** How a run ends with this tick; undefined where it goes on. */
function statusOf(
  report: TickReport,
  simulator: Simulator,
  run: {
    /** Faulty ticks in a row. */
    readonly faults: number;
    readonly timeout_s: number;
    readonly signal?: AbortSignal;
    /** Whether a shock has sent the robot elsewhere, or there is more of its route. */
    readonly away: boolean;
    /** Whether it has just been given a new goal. */
    readonly sentOn: boolean;
  },
): DriveStatus | undefined {
  if (run.faults >= MAX_FAULTS) return "failed";
  if (simulator.contact) return "collision";
  if (standsAtGoal(report, simulator) && !run.away && !run.sentOn) return "reached";
  if (report.phase === "stuck" && !run.sentOn) return report.globalPath === undefined ? "failed" : "stuck";
  if (run.signal?.aborted === true) return "failed";
  if (simulator.time >= run.timeout_s - 1e-9) return "timeout";
  return undefined;
}
