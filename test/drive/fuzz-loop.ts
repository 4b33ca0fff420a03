import { Subject, VirtualTimeScheduler } from "rxjs";
import { createRng, type Rng } from "../../src/base/index.ts";
import { createSensing } from "../../src/drive/index.ts";
import {
  createControlLoop,
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type PlanOutcome,
  type SensorSample,
  type TickReport,
  type TrajectoryPlanner,
} from "../../src/planner/index.ts";
import {
  createGrid,
  createSimulator,
  type Goal,
  getRobot,
  type OccupancyGrid,
  robotBounds,
} from "../../src/sim/index.ts";
import { fill, room } from "../planner/scenes.ts";

/** Some value from a list. */
const one = <T>(rng: Rng, list: readonly T[]): T => list[rng.int(list.length)];
const odd = (rng: Rng): number =>
  one(rng, [Number.NaN, Infinity, -Infinity, 1e300, -1e300, 1e9, -1e6, 1e-300, -0, 1e4 * rng.gauss()]);

/** What may be wrong with a sample. */
const SAMPLE_FAULTS: readonly ((s: SensorSample, rng: Rng) => unknown)[] = [
  (s, rng) => ({ ...s, x: s.x.map((v, i, x) => (i === rng.int(x.length) ? odd(rng) : v)) }),
  (s, rng) => ({ ...s, x: s.x.map((v, i) => (i < 3 ? v + 20 * rng.gauss() : v)) }),
  (s, rng) => ({ ...s, x: s.x.map((v, i) => (i < 3 ? v : v + 3 * rng.gauss())) }),
  (s, rng) => ({ ...s, x: new Float64Array(rng.int(12)) }),
  (s) => ({ ...s, x: [...s.x] }),
  (s, rng) => ({ ...s, x: one(rng, [undefined, null, "x", 5]) }),
  (s, rng) => ({
    ...s,
    time: s.time + one(rng, [-1, -100, -0.2, 0.01, 3, 1e6, Number.NaN, Infinity, -1e300]),
  }),
  (s, rng) => ({ ...s, time: one(rng, [0, undefined, null, "1", {}]) }),
  (s, rng) => ({ ...s, age: odd(rng) }),
  (_, rng) => one(rng, [undefined, null, {}, 7, "sample", []]),
  (s, rng) => ({ ...s, grid: one(rng, [undefined, null, {}, "grid"]) }),
  (s, rng) => ({ ...s, grid: { ...s.grid, [one(rng, ["width", "height", "resolution"])]: odd(rng) } }),
  (s, rng) => ({
    ...s,
    grid: { ...s.grid, origin: one(rng, [undefined, null, { x: odd(rng), y: 0, yaw: 0 }]) },
  }),
  (s, rng) => ({ ...s, grid: { ...s.grid, cells: new Int8Array(rng.int(100)) } }),
  (s, rng) => ({
    ...s,
    grid: { ...s.grid, origin: { ...s.grid.origin, x: s.grid.origin.x + 50 * rng.gauss() } },
  }),
];
const MAP_FAULTS: readonly ((map: OccupancyGrid, rng: Rng) => unknown)[] = [
  (_, rng) => one(rng, [undefined, null, {}, 3, "map"]),
  (m, rng) => ({ ...m, [one(rng, ["width", "height", "resolution"])]: odd(rng) }),
  (m, rng) => ({ ...m, cells: new Int8Array(rng.int(100)) }),
  (m, rng) => ({ ...m, origin: one(rng, [undefined, { x: odd(rng), y: odd(rng), yaw: odd(rng) }]) }),
  (m) => ({ ...m, cells: m.cells.map(() => 100) }),
  (m) => ({ ...m, cells: m.cells.map(() => -1) }),
  (m, rng) => ({ ...m, origin: { x: 30 * rng.gauss(), y: 0, yaw: rng.gauss() } }),
  (_, rng) => createGrid(1 + rng.int(40), 1 + rng.int(40), 0.1, { x: rng.gauss(), y: rng.gauss(), yaw: 0 }),
];
const GOAL_FAULTS: readonly ((rng: Rng) => unknown)[] = [
  (rng) => ({ x: odd(rng), y: 1 }),
  (rng) => ({ x: 2, y: 2, yaw: odd(rng) }),
  (rng) => one(rng, [undefined, null, {}, 4, "home"]),
  (rng) => ({ x: 20 * rng.gauss(), y: 20 * rng.gauss() }),
];
/** What a planner may do wrong; `now` moves the clock. [ms] */
const PLANNER_FAULTS: readonly ((made: PlanOutcome, rng: Rng, wait: (ms: number) => void) => unknown)[] = [
  () => {
    throw new Error("out of paper");
  },
  () => undefined,
  () => new Promise(() => {}),
  () => Promise.reject(new Error("no model")),
  (made) => Promise.resolve(made),
  (made, _, wait) => {
    wait(250);
    return made;
  },
  (made, rng) => ({ ...made, plan: made.plan && { ...made.plan, U: made.plan.U.map(() => odd(rng)) } }),
  (made, rng) => ({
    ...made,
    plan: made.plan && { ...made.plan, U: made.plan.U.map((u) => u + 1e3 * rng.gauss()) },
  }),
  (made, rng) => ({ ...made, plan: made.plan && { ...made.plan, X: made.plan.X.map((v) => v * odd(rng)) } }),
  (made, rng) => ({ ...made, plan: made.plan && { ...made.plan, U: new Float64Array(rng.int(9)) } }),
  (made, rng) => ({ ...made, plan: made.plan && { ...made.plan, dt: odd(rng) } }),
  (made) => ({ ...made, plan: {} }),
];
const KINDS = ["sample", "map", "goal", "pause", "planner"] as const;

/** What a fuzz came to. */
export type FuzzResult = {
  readonly faults: number;
  readonly ticks: number;
  readonly stops: number;
  readonly driven: number;
};

/**
 * Drives a robot in a small room by the control loop and its real navigator, in virtual time, and lets one fault after
 * the other befall it. Throws where a report is missing, a command is not finite or beyond the limits, the robot
 * touches something, or does not drive again once all is well.
 */
export async function fuzzLoop(robotName: string, count: number, seed: number): Promise<FuzzResult> {
  const robot = getRobot(robotName);
  const rng = createRng(seed);
  const world = room(6, 4, 0.1);
  fill(world, 2.9, 0, 3.1, 1.2);
  const goals: readonly Goal[] = [
    { x: 5, y: 2.6 },
    { x: 1, y: 2.6 },
  ];
  const simulator = createSimulator({
    robot,
    grid: world,
    start: { x: 1, y: 2.6, yaw: 0 },
    rng: createRng(seed + 1),
  });
  const sensing = createSensing("truth", 5, world, createRng(seed + 2));
  let spoil: ((made: PlanOutcome) => unknown) | undefined;
  const own = createTrajectoryPlanner({
    robot,
    warmStart: getWarmStart("shift"),
    maxIterations: 1,
    navigation: { N: 12, lookahead: 1 },
  });
  const planner: TrajectoryPlanner = {
    ...own,
    plan(scene, field) {
      const made = own.plan(scene, field) as PlanOutcome;
      return (spoil === undefined ? made : spoil(made)) as PlanOutcome;
    },
  };
  const sensor$ = new Subject<SensorSample>();
  const goal$ = new Subject<Goal | undefined>();
  const map$ = new Subject<OccupancyGrid>();
  const pause$ = new Subject<boolean>();
  const scheduler = new VirtualTimeScheduler();
  const pass = (ms: number): void => {
    scheduler.frame += ms;
  };
  const loop = createControlLoop(
    { sensor$, goal$, map$, pause$ },
    {
      navigator: createNavigator({ robot, planner }),
      silenceMs: Infinity,
      scheduler,
      clock: () => scheduler.now(),
    },
  );
  const { uLower, uUpper, boxIndex, xLower, xUpper } = robotBounds(robot);
  const heard: TickReport[] = [];
  let ended = false;
  loop.report$.subscribe({
    next: (r) => heard.push(r),
    complete: () => (ended = true),
    error: () => (ended = true),
  });
  const tell: string[] = [];
  const check = (ok: boolean, what: string): void => {
    if (!ok)
      throw new Error(
        `${robotName}, seed ${seed}, after ${tell.slice(-3).join(", ")}: ${what}: ${JSON.stringify(heard.at(-1)?.command)} ${heard.at(-1)?.note}`,
      );
  };
  let [ticks, stops, driven] = [0, 0, 0];

  /** One period: a sample, its answer, what the robot makes of it. */
  const tick = async (change?: (s: SensorSample) => unknown): Promise<TickReport> => {
    const before = heard.length;
    const grid = sensing.look(simulator.grid, simulator.pose);
    const sample = { time: simulator.time, x: simulator.measure(), grid };
    sensor$.next((change === undefined ? sample : change(sample)) as SensorSample);
    for (let k = 0; k < 5 && heard.length === before; k++) await Promise.resolve();
    if (heard.length === before) scheduler.flush();
    check(!ended && heard.length > before, "the loop does not answer");
    const { command } = heard[heard.length - 1];
    if (command.kind === "drive") {
      check(
        command.u.length === uUpper.length && command.u.every((u, i) => u >= uLower[i] && u <= uUpper[i]),
        "beyond the limits",
      );
      driven++;
    } else stops++;
    simulator.step(command, 0.1);
    pass(100);
    ticks++;
    check(!simulator.contact && simulator.rejectedCommands === 0, "contact");
    const x = simulator.state;
    check(
      boxIndex.every((j, i) => x[j] >= xLower[i] - 1e-9 && x[j] <= xUpper[i] + 1e-9),
      "too fast",
    );
    return heard[heard.length - 1];
  };

  /** All is well again: the robot must drive on. */
  const recover = async (to: number): Promise<void> => {
    spoil = undefined;
    map$.next(world);
    pause$.next(false);
    goal$.next(goals[to % 2]);
    for (let k = 0; k < 60; k++) {
      const { phase, source } = await tick();
      if ((phase === "driving" && source === "solution") || phase === "arrived") return;
      if (k === 30) goal$.next(goals[(to + 1) % 2]);
    }
    check(false, "does not drive again");
  };

  await recover(0);
  for (let fault = 0; fault < count; fault++) {
    const kind = one(rng, KINDS);
    const seedOf = rng.int(2 ** 31);
    tell.push(`${kind} ${seedOf}`);
    const own = createRng(seedOf);
    let change: ((s: SensorSample) => unknown) | undefined;
    if (kind === "sample") change = (s) => one(own, SAMPLE_FAULTS)(s, own);
    if (kind === "map") map$.next(one(own, MAP_FAULTS)(world, own) as OccupancyGrid);
    if (kind === "goal") goal$.next(one(own, GOAL_FAULTS)(own) as Goal);
    if (kind === "pause") pause$.next(one(own, [true, "yes", undefined, 1]) as boolean);
    if (kind === "planner") {
      const made = one(own, PLANNER_FAULTS);
      spoil = (outcome) => made(outcome, own, pass);
    }
    for (let k = own.int(3); k >= 0; k--) await tick(change);
    spoil = undefined;
    if (kind !== "sample" && kind !== "planner") await recover(Math.floor(fault / 8));
    else await tick();
    if (fault % 20 === 19) await recover(Math.floor(fault / 8));
    heard.splice(0, heard.length - 1);
  }
  loop.end();
  check(ended && heard.at(-1)!.command.kind === "stop", "the last word is no stop");
  return { faults: count, ticks, stops, driven };
}
