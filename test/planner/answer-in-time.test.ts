import { NEVER, Subject, VirtualTimeScheduler } from "rxjs";
import { describe, expect, it } from "vitest";
import {
  createControlLoop,
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type Navigator,
  type SensorSample,
  type TickReport,
  type WarmStart,
} from "../../src/planner/index.ts";
import { createGlobalPathWorkspace, type GlobalPathWorkspace } from "../../src/route/index.ts";
import { type Goal, getRobot, initialState, type OccupancyGrid } from "../../src/sim/index.ts";
import { fill, room } from "./scenes.ts";

const robot = getRobot("jackal");
const hall = room(12, 4);
/** The hall with an obstacle on the way, that leaves room above. */
const blocked: OccupancyGrid = { ...hall, cells: hall.cells.slice() };
fill(blocked, 2.6, 0, 2.8, 3);

/** A loop by a clock that stands still but for the searches for a path, which take 200 ms each. */
function slowPaths(warmStart: WarmStart = getWarmStart("path")) {
  let now = 0;
  const clock = (): number => now;
  const memory = createGlobalPathWorkspace();
  const paths: GlobalPathWorkspace = {
    ...memory,
    // Every search asks for it once.
    get costTable() {
      now += 200;
      return memory.costTable;
    },
  };
  const planner = createTrajectoryPlanner({ robot, warmStart, maxIterations: 5, clock });
  const navigator = createNavigator({ robot, planner, clock, paths });
  const sensor$ = new Subject<SensorSample>();
  const goal$ = new Subject<Goal | undefined>();
  const map$ = new Subject<OccupancyGrid>();
  const heard: { readonly report: TickReport; readonly at: number }[] = [];
  createControlLoop(
    { sensor$, goal$, map$ },
    {
      navigator,
      deadlineMs: 100,
      silenceMs: Number.POSITIVE_INFINITY,
      scheduler: new VirtualTimeScheduler(),
      clock,
    },
  ).report$.subscribe((report) => heard.push({ report, at: now }));
  map$.next(hall);
  goal$.next({ x: 11, y: 2 });
  const sample = (time: number, grid = hall): void =>
    sensor$.next({ time, x: initialState(robot, { x: 1, y: 2, yaw: 0 }), grid });
  return { sample, heard, clock };
}

describe("a command and the path of the next tick", () => {
  it("the tick that finds its path blocked meets its deadline however long the search takes", () => {
    const { sample, heard, clock } = slowPaths();
    sample(0); // has to plan its path first
    const before = clock();
    sample(0.1, blocked);
    sample(0.2, blocked);
    const [, finds, next] = heard;
    expect(finds.at).toBe(before); // heard before the search
    expect(clock()).toBe(before + 200);
    expect(finds.report).toMatchObject({ missedDeadline: false, totalMs: 0, partsMs: { path: 0 } });
    expect(finds.report.source).not.toBe("stop");
    expect(next.report.missedDeadline).toBe(false);
    expect(next.report.totalMs).toBe(0);
    expect(next.report.partsMs.path).toBe(200); // and told by the next tick
    expect(next.report.globalPath).not.toBe(finds.report.globalPath);
    expect(Math.max(...next.report.globalPath!.filter((_, i) => i % 2 === 1))).toBeGreaterThan(3.2);
  });

  it("the same where the plan is a promise", async () => {
    const slow: WarmStart = {
      ...getWarmStart("path"),
      candidates: async (input) => getWarmStart("path").candidates(input),
    };
    const { sample, heard, clock } = slowPaths(slow);
    for (const [time, grid] of [
      [0, hall],
      [0.1, blocked],
      [0.2, blocked],
    ] as const) {
      sample(time, grid);
      await new Promise((done) => setTimeout(done, 0));
    }
    expect(heard.map(({ report }) => report.partsMs.path)).toEqual([200, 0, 200]);
    expect(heard.map(({ at }) => at)).toEqual([200, 200, 400]);
    expect(clock()).toBe(400);
  });

  it("a tick that nobody renews after begins with it, and is as late as it is", () => {
    const clock = { now: 0 };
    const planner = createTrajectoryPlanner({ robot, warmStart: getWarmStart("path"), maxIterations: 5 });
    const navigator = createNavigator({ robot, planner, clock: () => clock.now++ });
    navigator.setMap(hall);
    navigator.setGoal({ x: 11, y: 2 });
    const x = initialState(robot, { x: 1, y: 2, yaw: 0 });
    const paths = [hall, blocked, blocked].map((grid, tick) => {
      const report = navigator.tick({ time: 0.1 * tick, x, grid }) as TickReport;
      expect(report.totalMs).toBeGreaterThanOrEqual(report.partsMs.path);
      return report.globalPath;
    });
    expect(paths[1]).toBe(paths[0]);
    expect(paths[2]).not.toBe(paths[1]);
  });

  it("the path is renewed once per sample, after its report, also where that is a fallback's", () => {
    const told: string[] = [];
    const report = (source: TickReport["source"]): TickReport => ({
      tick: 0,
      time: 0,
      phase: "driving",
      command: { kind: "stop" },
      source,
      pose: { x: 0, y: 0, yaw: 0 },
      partsMs: { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 },
      totalMs: 0,
      missedDeadline: false,
    });
    let pending = false;
    const navigator: Navigator = {
      setGoal() {},
      setMap() {},
      setPaused() {},
      tick: () => (pending ? new Promise(() => {}) : report("solution")),
      renew: () => void told.push("renew"),
      late: () => report("lastPlan"),
    };
    const sensor$ = new Subject<SensorSample>();
    const scheduler = new VirtualTimeScheduler();
    createControlLoop(
      { sensor$, goal$: NEVER, map$: NEVER },
      { navigator, deadlineMs: 100, silenceMs: Number.POSITIVE_INFINITY, scheduler },
    ).report$.subscribe(({ source }) => told.push(source));
    const sample = { time: 0, x: new Float64Array(5), grid: hall };
    sensor$.next(sample);
    pending = true;
    sensor$.next(sample);
    scheduler.flush();
    sensor$.next(sample); // the plan still hangs
    expect(told).toEqual(["solution", "renew", "lastPlan", "renew", "lastPlan", "renew"]);
  });
});
