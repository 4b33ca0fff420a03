import { from, type Observable, Subject, VirtualTimeScheduler } from "rxjs";
import { describe, expect, it } from "vitest";
import {
  createControlLoop,
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type SensorSample,
  type TickReport,
  type TrajectoryPlanner,
  type WarmStart,
} from "../../src/planner/index.ts";
import { type Goal, getRobot, type OccupancyGrid } from "../../src/sim/index.ts";
import { fill, room } from "./scenes.ts";

const jackal = getRobot("jackal");
const map = room(10, 3);

/** A sample at rest, named by its time. */
const sampleAt = (time: number, x = 1.5): SensorSample => ({
  time,
  x: Float64Array.of(x, 1.5, 0, 0, 0),
  grid: map,
});

/** A loop around the real navigator, driven by hand. */
function realLoop(
  options: {
    warmStart?: WarmStart;
    planner?: Partial<TrajectoryPlanner>;
    scheduler?: VirtualTimeScheduler;
  } = {},
) {
  const own = createTrajectoryPlanner({
    robot: jackal,
    warmStart: options.warmStart ?? getWarmStart("shift"),
    maxIterations: 5,
  });
  const navigator = createNavigator({ robot: jackal, planner: { ...own, ...options.planner } });
  const sensor$ = new Subject<SensorSample>();
  const goal$ = new Subject<Goal | undefined>();
  const map$ = new Subject<OccupancyGrid>();
  const pause$ = new Subject<boolean>();
  const reports: TickReport[] = [];
  const scheduler = options.scheduler ?? new VirtualTimeScheduler();
  const subscription = createControlLoop(
    { sensor$, goal$, map$, pause$ },
    { navigator, deadlineMs: 100, silenceMs: Number.POSITIVE_INFINITY, scheduler, clock: () => 0 },
  ).report$.subscribe((r) => reports.push(r));
  const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0));
  return {
    sensor$: sensor$ as Subject<SensorSample>,
    goal$,
    map$,
    pause$,
    reports,
    scheduler,
    subscription,
    settle,
    last: () => reports.at(-1)!,
  };
}

describe("the control loop around the navigator", () => {
  const goal: Goal = { x: 8, y: 1.5 };
  const started = (options: Parameters<typeof realLoop>[0] = {}) => {
    const loop = realLoop(options);
    loop.map$.next(map);
    loop.goal$.next(goal);
    return loop;
  };

  it("stands by without a map, without a goal, and after the goal is taken back", () => {
    const loop = realLoop();
    loop.sensor$.next(sampleAt(0));
    expect([loop.last().phase, loop.last().note, loop.last().command.kind]).toEqual([
      "idle",
      "no goal yet",
      "stop",
    ]);
    loop.goal$.next(goal);
    loop.sensor$.next(sampleAt(0.1));
    expect([loop.last().phase, loop.last().note]).toEqual(["idle", "no map yet"]);
    loop.map$.next(map);
    loop.sensor$.next(sampleAt(0.2));
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["driving", "drive"]);
    loop.goal$.next(undefined);
    loop.sensor$.next(sampleAt(0.3));
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["idle", "stop"]);
  });

  it("stops while paused and drives on after", () => {
    const loop = started();
    for (const [time, paused] of [
      [0, undefined],
      [0.1, true],
      [0.2, undefined],
      [0.3, false],
    ] as const) {
      if (paused !== undefined) loop.pause$.next(paused);
      loop.sensor$.next(sampleAt(time));
    }
    expect(loop.reports.map((r) => r.phase)).toEqual(["driving", "paused", "paused", "driving"]);
    expect(loop.reports.map((r) => r.command.kind)).toEqual(["drive", "stop", "stop", "drive"]);
  });

  it("stops for NaN in the measured state and for one of the wrong length, and drives on after", () => {
    const loop = started();
    loop.sensor$.next(sampleAt(0));
    loop.sensor$.next({ ...sampleAt(0.1), x: Float64Array.of(1, 1, Number.NaN, 0, 0) });
    loop.sensor$.next({ ...sampleAt(0.2), x: new Float64Array(6) });
    loop.sensor$.next(sampleAt(0.3));
    expect(loop.reports.map((r) => r.phase)).toEqual(["driving", "fault", "fault", "driving"]);
    expect(loop.reports.map((r) => r.command.kind)).toEqual(["drive", "stop", "stop", "drive"]);
    expect(loop.reports[1].note).toMatch(/NaN/);
    expect(loop.reports[2].note).toMatch(/6 numbers, expected 5/);
  });

  it("reports a fault with a stop where the planner throws, and goes on", () => {
    let broken = true;
    const own = createTrajectoryPlanner({
      robot: jackal,
      warmStart: getWarmStart("shift"),
      maxIterations: 5,
    });
    const loop = started({
      planner: {
        ...own,
        plan(scene) {
          if (broken) throw new Error("out of paper");
          return own.plan(scene);
        },
      },
    });
    loop.sensor$.next(sampleAt(0));
    expect([loop.last().phase, loop.last().note, loop.last().command.kind]).toEqual([
      "fault",
      "the planner failed: out of paper",
      "stop",
    ]);
    broken = false;
    loop.sensor$.next(sampleAt(0.1));
    expect(loop.last().phase).toBe("driving");
  });

  it("reports a fault where a warm start throws, rejects or proposes the wrong size", async () => {
    const faulty: [string, WarmStart["candidates"]][] = [
      [
        "no model",
        () => {
          throw new Error("no model");
        },
      ],
      ["no device", () => Promise.reject(new Error("no device"))],
      ["U has length 3", () => [{ name: "short", guess: { U: new Float64Array(3) } }]],
    ];
    for (const [message, candidates] of faulty) {
      const loop = started({ warmStart: { name: "faulty", choice: "merit", candidates } });
      loop.sensor$.next(sampleAt(0));
      await loop.settle();
      expect([loop.last().phase, loop.last().command.kind]).toEqual(["fault", "stop"]);
      expect(loop.last().note).toContain(message);
    }
  });

  it("takes a warm start that returns a promise", async () => {
    const slow: WarmStart = {
      name: "slow",
      choice: "merit",
      candidates: async (input) => {
        await Promise.resolve();
        return getWarmStart("path").candidates(input);
      },
    };
    const loop = started({ warmStart: slow });
    loop.sensor$.next(sampleAt(0));
    expect(loop.reports.length).toBe(0);
    await loop.settle();
    expect([loop.last().phase, loop.last().source, loop.last().solve?.start]).toEqual([
      "driving",
      "solution",
      "path",
    ]);
  });

  it("follows its last safe plan while a slow one is awaited, but not when paused, without a goal, or with NaN", async () => {
    let hang = false;
    const sometimes: WarmStart = {
      name: "sometimes",
      choice: "merit",
      candidates: (input) => (hang ? new Promise(() => {}) : getWarmStart("path").candidates(input)),
    };
    const loop = started({ warmStart: sometimes });
    loop.sensor$.next(sampleAt(0));
    hang = true;
    loop.sensor$.next(sampleAt(0.1));
    loop.scheduler.flush();
    expect([loop.last().source, loop.last().missedDeadline, loop.last().command.kind]).toEqual([
      "lastPlan",
      true,
      "drive",
    ]);
    loop.sensor$.next({ ...sampleAt(0.2), x: new Float64Array(5).fill(Number.NaN) });
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["fault", "stop"]);
    loop.pause$.next(true);
    loop.sensor$.next(sampleAt(0.3));
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["paused", "stop"]);
    loop.pause$.next(false);
    loop.goal$.next(undefined);
    loop.sensor$.next(sampleAt(0.4));
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["idle", "stop"]);
  });

  it("stops at once where the pause comes while a plan is under way", () => {
    const loop = started({
      warmStart: { name: "never", choice: "merit", candidates: () => new Promise(() => {}) },
    });
    loop.sensor$.next(sampleAt(0));
    expect(loop.reports.length).toBe(0);
    loop.pause$.next(true);
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["paused", "stop"]);
  });

  it("has no plan to follow but brakes or stops where the last one has become unsafe", () => {
    const loop = started();
    loop.sensor$.next(sampleAt(0));
    const blocked = room(10, 3);
    fill(blocked, 1.9, 0, 2.1, 3);
    const moving = { time: 0.1, x: Float64Array.of(1.5, 1.5, 0, 0.4, 0), grid: blocked };
    loop.sensor$.next(moving);
    const { source, command } = loop.last();
    expect(["solution", "brake", "stop"]).toContain(source);
    if (command.kind === "drive") expect(command.u[0]).toBeLessThan(0);
  });

  it("is stuck, with a note, where no way leads to the goal", () => {
    const walled = room(10, 3);
    fill(walled, 5, 0, 5.1, 3);
    const loop = realLoop();
    loop.map$.next(walled);
    loop.goal$.next(goal);
    loop.sensor$.next({ ...sampleAt(0), grid: walled });
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["stuck", "stop"]);
    expect(loop.last().note).toMatch(/no path/);
  });

  it("arrives: commands a stop within the tolerance, and drives again for a new goal", () => {
    const loop = started();
    loop.sensor$.next(sampleAt(0, 7.9));
    expect([loop.last().phase, loop.last().command.kind]).toEqual(["arrived", "stop"]);
    loop.goal$.next({ x: 2, y: 1.5 });
    loop.sensor$.next(sampleAt(0.1, 7.9));
    expect(loop.last().phase).toBe("driving");
  });

  it("uses a new map from the next sample on", () => {
    const loop = started();
    loop.sensor$.next(sampleAt(0));
    const before = loop.last().globalPath!;
    const other = room(10, 3);
    fill(other, 4, 0, 4.2, 2);
    loop.map$.next(other);
    loop.sensor$.next({ ...sampleAt(0.1), grid: other });
    const after = loop.last().globalPath!;
    const highest = (path: Float64Array): number =>
      path.reduce((m, v, i) => (i % 2 === 1 ? Math.max(m, v) : m), 0);
    expect(highest(before)).toBeLessThan(2);
    expect(highest(after)).toBeGreaterThan(2.2);
  });

  it("gives the same reports for the same samples", () => {
    const run = (): string => {
      const loop = started();
      const samples$: Observable<SensorSample> = from([0, 0.1, 0.2].map((t) => sampleAt(t, 1.5 + t)));
      samples$.subscribe(loop.sensor$);
      return JSON.stringify(
        loop.reports.map((r) => [r.phase, r.command.kind === "drive" ? [...r.command.u] : 0, r.solve?.cost]),
      );
    };
    expect(run()).toBe(run());
  });
});
