import { BehaviorSubject, from, NEVER, of, Subject, VirtualTimeScheduler } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, it } from "vitest";
import {
  type ControlLoopInputs,
  createControlLoop,
  type Navigator,
  type PlanSource,
  type SensorSample,
  type TickReport,
} from "../../src/planner/index.ts";
import type { Goal, OccupancyGrid } from "../../src/sim/index.ts";
import { room } from "./scenes.ts";

const map = room(10, 3);
const NEVER_MS = Number.POSITIVE_INFINITY;

/** A sample at rest, named by its time. */
const sampleAt = (time: number, x = 1.5): SensorSample => ({
  time,
  x: Float64Array.of(x, 1.5, 0, 0, 0),
  grid: map,
});

/** What a report was, in a word: the source of its plan, or why there is none. */
const word = (r: TickReport): string => `${r.phase}/${r.source}@${r.time}`;

/** A navigator that answers at once or, for the times listed, never; and writes down what it is told. */
function scripted(
  options: { pending?: readonly number[]; throwsAt?: number } = {},
): Navigator & { readonly told: string[] } {
  const told: string[] = [];
  const report = (sample: SensorSample, source: PlanSource, note?: string): TickReport => ({
    tick: 0,
    time: sample.time,
    phase: "driving",
    command: source === "stop" ? { kind: "stop" } : { kind: "drive", u: Float64Array.of(1, 0) },
    source,
    pose: { x: 0, y: 0, yaw: 0 },
    note,
    partsMs: { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 },
    totalMs: 0,
    missedDeadline: false,
  });
  return {
    told,
    setGoal: (goal) => void told.push(`goal ${goal?.x}`),
    setMap: (grid) => void told.push(`map ${grid.width}`),
    setPaused: (paused) => void told.push(`pause ${paused}`),
    renew() {},
    tick(sample) {
      told.push(`tick ${sample.time}`);
      if (sample.time === options.throwsAt) throw new Error("out of paper");
      return options.pending?.includes(sample.time) ? new Promise(() => {}) : report(sample, "solution");
    },
    late(sample, note) {
      told.push(`late ${sample.time}`);
      return report(sample, "lastPlan", note);
    },
  };
}

/** Runs marbles: a letter of `sensor` is a sample whose time is its place in the alphabet. */
function marbles(
  navigator: Navigator,
  sensor: string,
  expected: string,
  words: Record<string, string>,
  options: { goal?: string; pause?: string; silenceMs?: number; deadlineMs?: number; error?: unknown } = {},
): void {
  const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
  scheduler.run(({ hot, expectObservable }) => {
    const letters = "abcdefghij";
    const samples = Object.fromEntries([...letters].map((l, i) => [l, sampleAt(i)]));
    const loop = createControlLoop(
      {
        sensor$: hot(sensor, samples, options.error),
        goal$: hot(options.goal ?? "-", { g: { x: 5, y: 1 }, h: { x: 6, y: 1 } }),
        map$: NEVER,
        pause$: hot(options.pause ?? "-", { p: true, r: false }),
      },
      { navigator, deadlineMs: options.deadlineMs ?? 3, silenceMs: options.silenceMs ?? NEVER_MS, scheduler },
    );
    const seen$ = new Subject<string>();
    loop.report$.subscribe({ next: (r) => seen$.next(word(r)), complete: () => seen$.complete() });
    expectObservable(seen$).toBe(expected, words);
  });
}

describe("the control loop in virtual time", () => {
  it("answers each sample", () => {
    marbles(scripted(), "a--b--c", "a--b--c", {
      a: "driving/solution@0",
      b: "driving/solution@1",
      c: "driving/solution@2",
    });
  });

  it("replaces a plan that is not there at its deadline by a fallback", () => {
    marbles(scripted({ pending: [0] }), "a----", "---x", { x: "driving/lastPlan@0" });
  });

  it("passes over samples while a plan is under way and never queues them", () => {
    const navigator = scripted({ pending: [0] });
    // b and c come while a's plan is under way; d comes after its deadline, while the promise still hangs
    marbles(navigator, "abc----d---", "---x---y", { x: "driving/lastPlan@0", y: "driving/lastPlan@3" });
    expect(navigator.told).toEqual(["tick 0", "late 0", "late 3"]);
  });

  it("passes over a sample that comes again at once, or that was overtaken, and answers what comes again a period later", () => {
    const navigator = scripted();
    // b again and a come right after b; c again takes as long as a new sample would.
    marbles(navigator, "a----bba--c----c----d", "a----b----c----c----d", {
      a: "driving/solution@0",
      b: "driving/solution@1",
      c: "driving/solution@2",
      d: "driving/solution@3",
    });
    expect(navigator.told).toEqual(["tick 0", "tick 1", "tick 2", "tick 2", "tick 3"]);
  });

  it("does not take a flood of the same sample for a sensor that lives", () => {
    // It is answered, by a navigator that refuses it, half a period after the first.
    marbles(scripted(), "a-----b-----cccccccc", "a-----b-----c--ccccc", {
      a: "driving/solution@0",
      b: "driving/solution@1",
      c: "driving/solution@2",
    });
  });

  it("gives up a plan under way where the goal changes", () => {
    const navigator = scripted({ pending: [0] });
    marbles(navigator, "a----", "-x", { x: "driving/lastPlan@0" }, { goal: "-g" });
    expect(navigator.told).toEqual(["tick 0", "goal 5", "late 0"]);
  });

  it("hears every change between two samples", () => {
    const navigator = scripted();
    marbles(
      navigator,
      "a---b",
      "a---b",
      { a: "driving/solution@0", b: "driving/solution@1" },
      { goal: "-gh", pause: "-p-r" },
    );
    expect(navigator.told).toEqual(["tick 0", "goal 5", "pause true", "goal 6", "pause false", "tick 1"]);
  });

  it("passes pause and resume on, and gives up the plan under way", () => {
    const navigator = scripted({ pending: [0] });
    marbles(navigator, "a----", "-x", { x: "driving/lastPlan@0" }, { pause: "-p-r" });
    expect(navigator.told).toEqual(["tick 0", "pause true", "late 0", "pause false"]);
  });

  it("tells the navigator of the first stop of a silence, which it has not sent itself", () => {
    const navigator = scripted();
    const stops: number[] = [];
    const stop = "fault/stop@0";
    marbles(
      { ...navigator, stopped: (after) => void stops.push(after) },
      "a----------------b|",
      "a----s----s----s-b(t|)",
      { a: "driving/solution@0", s: stop, b: "driving/solution@1", t: "fault/stop@1" },
      { silenceMs: 5 },
    );
    expect(stops).toEqual([0.005]);
  });

  it("stops the robot after a silence, again and again, until a sample comes", () => {
    marbles(
      scripted(),
      "a----------b------------|",
      "a----s----sb----t----t--(t|)",
      { a: "driving/solution@0", s: "fault/stop@0", b: "driving/solution@1", t: "fault/stop@1" },
      { silenceMs: 5 },
    );
  });

  it("stops a robot whose sensor never speaks", () => {
    const scheduler = new VirtualTimeScheduler();
    const reports: TickReport[] = [];
    const inputs: ControlLoopInputs = { sensor$: NEVER, goal$: NEVER, map$: NEVER };
    const loop = createControlLoop(inputs, {
      navigator: scripted(),
      deadlineMs: 100,
      silenceMs: 250,
      scheduler,
    });
    const subscription = loop.report$.subscribe((r) => {
      reports.push(r);
      if (reports.length === 3) subscription.unsubscribe();
    });
    scheduler.flush();
    expect(reports.map((r) => r.command.kind)).toEqual(["stop", "stop", "stop"]);
    expect(reports[0].note).toBe("no sensor data for 250 ms");
    expect(scheduler.frame).toBe(750);
  });

  it("ends with a stop where the sensor stream ends", () => {
    marbles(scripted(), "a--|", "a--(s|)", { a: "driving/solution@0", s: "fault/stop@0" }, { silenceMs: 50 });
  });

  it("ends with a stop where the sensor stream fails, while a plan is under way, too", () => {
    marbles(scripted(), "a--#", "a--(s|)", { a: "driving/solution@0", s: "fault/stop@0" }, { silenceMs: 50 });
    marbles(scripted({ pending: [0] }), "a-#", "--(s|)", { s: "fault/stop@0" });
  });

  it("ends with a stop where the goal stream fails", () => {
    marbles(scripted(), "a--b", "a-(s|)", { a: "driving/solution@0", s: "fault/stop@0" }, { goal: "--#" });
  });

  it("stops where the navigator throws, and goes on with the next sample", () => {
    marbles(scripted({ throwsAt: 1 }), "a--b--c", "a--s--c", {
      a: "driving/solution@0",
      s: "fault/stop@1",
      c: "driving/solution@2",
    });
  });

  it("goes on after the goal, map and pause streams end", () => {
    marbles(
      scripted(),
      "a--b",
      "a--b",
      { a: "driving/solution@0", b: "driving/solution@1" },
      { goal: "g|", pause: "|" },
    );
  });

  it("says in its note which stream failed", () => {
    const notes: (string | undefined)[] = [];
    const failing = new Subject<OccupancyGrid>();
    const inputs: ControlLoopInputs = { sensor$: NEVER, goal$: NEVER, map$: failing };
    createControlLoop(inputs, {
      navigator: scripted(),
      deadlineMs: 10,
      silenceMs: NEVER_MS,
    }).report$.subscribe((r) => notes.push(r.note));
    failing.error(new Error("disk full"));
    expect(notes).toEqual(["the map stream failed: disk full"]);
  });

  it("drops a plan that comes after its deadline, for good", async () => {
    const scheduler = new VirtualTimeScheduler();
    let resolve: (r: TickReport) => void = () => {};
    const base = scripted();
    const navigator: Navigator = {
      ...base,
      tick: (sample) => (sample.time === 0 ? new Promise((done) => (resolve = done)) : base.tick(sample)),
    };
    const sensor$ = new Subject<SensorSample>();
    const seen: string[] = [];
    createControlLoop(
      { sensor$, goal$: NEVER, map$: NEVER },
      { navigator, deadlineMs: 100, silenceMs: NEVER_MS, scheduler },
    ).report$.subscribe((r) => seen.push(word(r)));
    sensor$.next(sampleAt(0));
    scheduler.flush();
    expect(seen).toEqual(["driving/lastPlan@0"]);
    sensor$.next(sampleAt(1)); // the promise still hangs
    expect(seen).toEqual(["driving/lastPlan@0", "driving/lastPlan@1"]);
    resolve(base.tick(sampleAt(0)) as TickReport);
    await new Promise((done) => setTimeout(done, 0));
    expect(seen.length).toBe(2);
    sensor$.next(sampleAt(2)); // and now the planner is free again
    expect(seen[2]).toBe("driving/solution@2");
  });

  it("replaces a plan made without a pause by a fallback where the clock says it took too long", () => {
    let now = 0;
    const base = scripted();
    const navigator: Navigator = {
      ...base,
      tick(sample) {
        now += sample.time === 1 ? 120 : 80;
        return { ...(base.tick(sample) as TickReport), totalMs: 80 };
      },
    };
    const sensor$ = new Subject<SensorSample>();
    const seen: TickReport[] = [];
    createControlLoop(
      { sensor$, goal$: NEVER, map$: NEVER },
      { navigator, deadlineMs: 100, silenceMs: NEVER_MS, clock: () => now },
    ).report$.subscribe((r) => seen.push(r));
    for (const time of [0, 1, 2]) sensor$.next(sampleAt(time));
    expect(seen.map((r) => r.source)).toEqual(["solution", "lastPlan", "solution"]);
    expect(seen.map((r) => r.missedDeadline)).toEqual([false, true, false]);
    expect(seen[1].note).toMatch(/took 120\.0 ms, the deadline is 100 ms/);
  });

  it("cancels its timers and its subscriptions when nobody listens any more", () => {
    const scheduler = new VirtualTimeScheduler();
    const sensor$ = new Subject<SensorSample>();
    const goal$ = new Subject<Goal | undefined>();
    const navigator = scripted({ pending: [0] });
    const loop = createControlLoop(
      { sensor$, goal$, map$: NEVER },
      { navigator, deadlineMs: 100, silenceMs: 100, scheduler },
    );
    const subscription = loop.report$.subscribe();
    sensor$.next(sampleAt(0));
    expect(sensor$.observed && goal$.observed).toBe(true);
    subscription.unsubscribe();
    expect(sensor$.observed || goal$.observed).toBe(false);
    scheduler.flush();
    expect(navigator.told).toEqual(["tick 0"]); // no late report was ever asked for
  });

  it("runs once however many listen, and gives commands and plans of the same reports", () => {
    const navigator = scripted();
    const sensor$ = new Subject<SensorSample>();
    const loop = createControlLoop(
      { sensor$, goal$: NEVER, map$: NEVER },
      { navigator, deadlineMs: 100, silenceMs: NEVER_MS },
    );
    const commands: unknown[] = [];
    const reports: TickReport[] = [];
    loop.report$.subscribe((r) => reports.push(r));
    loop.command$.subscribe((c) => commands.push(c));
    loop.plan$.subscribe(() => expect.unreachable("the scripted navigator has no plans"));
    sensor$.next(sampleAt(0));
    expect(navigator.told).toEqual(["tick 0"]);
    expect(commands).toEqual([reports[0].command]);
  });

  it("hears a goal and a map that are there at once before the first of samples that are there at once", () => {
    const navigator = scripted();
    const seen: string[] = [];
    createControlLoop(
      {
        sensor$: from([sampleAt(0), sampleAt(1)]),
        goal$: new BehaviorSubject<Goal | undefined>({ x: 5, y: 1 }),
        map$: of(map),
      },
      { navigator, deadlineMs: 100, silenceMs: 1000, scheduler: new VirtualTimeScheduler() },
    ).report$.subscribe((r) => seen.push(word(r)));
    expect(navigator.told).toEqual(["map 200", "goal 5", "tick 0", "tick 1"]);
    expect(seen).toEqual(["driving/solution@0", "driving/solution@1", "fault/stop@1"]);
  });

  it("refuses a deadline or a silence that is no time", () => {
    const inputs: ControlLoopInputs = { sensor$: NEVER, goal$: NEVER, map$: NEVER };
    const navigator = scripted();
    expect(() => createControlLoop(inputs, { navigator, deadlineMs: 0 })).toThrow(
      /deadlineMs is 0, expected milliseconds > 0/,
    );
    expect(() => createControlLoop(inputs, { navigator, deadlineMs: Number.NaN })).toThrow(
      /deadlineMs is NaN/,
    );
    expect(() => createControlLoop(inputs, { navigator, deadlineMs: 1, silenceMs: -1 })).toThrow(
      /silenceMs is -1/,
    );
  });
});
