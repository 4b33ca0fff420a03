import { MessageChannel } from "node:worker_threads";
import { NEVER, of, Subject, VirtualTimeScheduler } from "rxjs";
import { afterEach, describe, expect, it } from "vitest";
import {
  createControlLoop,
  createNavigator,
  createTrajectoryPlanner,
  createWorkerNavigator,
  getWarmStart,
  type NavigatorAnswer,
  type NavigatorRequest,
  type SensorSample,
  serveNavigator,
  type TickReport,
  type WorkerNavigator,
} from "../../src/planner/index.ts";
import { navigatorReady, startNavigatorThread } from "../../src/planner/node.ts";
import { type Goal, getRobot, type OccupancyGrid } from "../../src/sim/index.ts";
import { room } from "./scenes.ts";

const robot = getRobot("jackal");
const hall = room(10, 4);
const WORKER = new URL("./spinning-worker.mjs", import.meta.url);
const sampleAt = (time: number, x = 2, v = 1): SensorSample => ({
  time,
  x: Float64Array.of(x, 2, 0, v, 0),
  grid: hall,
});

let open: WorkerNavigator[] = [];
afterEach(() => {
  for (const navigator of open) navigator.close();
  open = [];
});

/** A loop around a navigator in a real thread, in real time. */
function threadLoop(data: object) {
  const navigator = createWorkerNavigator({
    robot,
    start: () => startNavigatorThread(WORKER, data),
    hangMs: 150,
  });
  open.push(navigator);
  const sensor$ = new Subject<SensorSample>();
  const goal$ = new Subject<Goal | undefined>();
  const loop = createControlLoop(
    { sensor$, goal$, map$: NEVER },
    { navigator, deadlineMs: 50, silenceMs: Infinity },
  );
  let wake = (_report: TickReport): void => {};
  loop.report$.subscribe((report) => wake(report));
  goal$.next({ x: 8, y: 2 });
  let time = 0;
  /** Sends a sample 0.1 s after the last one, and waits for its answer. */
  const answer = (x = 2, v = 1): Promise<TickReport> =>
    new Promise((done) => {
      wake = done;
      time += 0.1;
      sensor$.next({ time, x: Float64Array.of(x, 2, 0, v, 0), grid: hall });
    });
  /** Sends samples until the thread answers one. */
  const untilAnswered = async (): Promise<{ readonly first: TickReport; readonly late: TickReport[] }> => {
    const late: TickReport[] = [];
    for (let k = 0; k < 400; k++) {
      const report = await answer();
      if (report.source === "solution") return { first: report, late };
      late.push(report);
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error("the thread never answered");
  };
  return { navigator, answer, untilAnswered };
}

describe("a navigator in a thread", () => {
  it("is waited for until it is there, and not where its thread ends before", async () => {
    const told =
      "import('node:worker_threads').then((w) => w.parentPort.postMessage({ kind: 'ready', note: 'hi' }))";
    const thread = (code: string) => startNavigatorThread(new URL(`data:text/javascript,${code}`));
    const ready = thread(`${told}; setTimeout(() => {}, 1e4)`);
    expect(await navigatorReady(ready)).toBe("hi");
    ready.terminate();
    await expect(navigatorReady(thread("process.exit(4)"))).rejects.toThrow(/before it was ready: status 4/);
    await expect(navigatorReady(thread("throw new Error('no such net')"))).rejects.toThrow(/no such net/);
  });

  it("brakes from where the robot will be when the brake acts, by what the thread's commands did until then", () => {
    const [delay, u] = [0.3, Float64Array.of(0, 0)];
    let answer = (_message: NavigatorAnswer): void => {};
    const navigator = createWorkerNavigator({
      robot,
      latency: { delay, lag: 0 },
      start: () => ({
        post(request) {
          if (request.kind !== "tick" || request.sample.time > 0.35) return; // hangs from then on
          const report = { time: request.sample.time, command: { kind: "drive", u } } as TickReport;
          answer({ kind: "report", id: request.id, report });
        },
        listen(heard) {
          answer = heard;
        },
        ended() {},
        terminate() {},
      }),
    });
    open.push(navigator);
    navigator.setGoal({ x: 8, y: 2 });
    return (async () => {
      let x = 2;
      for (let k = 0; k < 4; k++, x += 0.1) await navigator.tick(sampleAt(0.1 * k, x));
      const sample = sampleAt(0.4, x);
      void navigator.tick(sample);
      const { plan, source, command, measured } = navigator.late(sample, "late");
      expect([source, command.kind]).toEqual(["brake", "drive"]);
      expect([...measured!]).toEqual([...sample.x]);
      // It drives on at 1 m/s for the delay: what was sent in answer to the samples since 0.1 s acts until then.
      expect(plan!.time).toBeCloseTo(0.4 + delay, 9);
      expect(plan!.X[0]).toBeCloseTo(x + delay, 6);
      expect(plan!.X[3]).toBeCloseTo(1, 6);
    })();
  });

  it("that spins for ever does not keep the robot moving: it brakes or stops, and the thread is replaced", async () => {
    const { navigator, answer, untilAnswered } = threadLoop({ spinAt: 2.05 });
    const { first } = await untilAnswered();
    expect(first.command).toEqual({ kind: "drive", u: Float64Array.of(2, 0) }); // asked for 9 m/s^2
    const hung = await answer(2.05);
    const { first: after, late } = await untilAnswered();
    for (const { command } of [hung, ...late])
      expect(command.kind === "stop" || command.u[0] < 0, JSON.stringify(command)).toBe(true);
    expect(navigator.replaced).toBe(1);
    expect(late.map(({ note }) => note).join("; ")).toMatch(
      /thread gave no answer for \d+ ms; it was replaced \(1\)/,
    );
    expect(after.command.kind).toBe("drive");
  });

  it("that crashes is replaced, and said so", async () => {
    const { navigator, answer, untilAnswered } = threadLoop({ exitAt: 2.05 });
    await untilAnswered();
    const crashed = await answer(2.05);
    const { late } = await untilAnswered();
    expect(navigator.replaced).toBe(1);
    expect([crashed, ...late].map(({ note }) => note).join("; ")).toMatch(
      /thread ended: status 3; it was replaced/,
    );
  });

  it("that fails, or answers with an absurd plan, stops the robot", async () => {
    const { answer, untilAnswered } = threadLoop({ failAt: 2.05, absurdAt: 2.06 });
    await untilAnswered();
    for (const x of [2.05, 2.06]) expect((await answer(x)).command).toEqual({ kind: "stop" });
    expect((await answer()).source).toBe("solution");
  });

  it("refuses an impossible sample here, without asking the thread", async () => {
    const report = await threadLoop({}).answer(2, 1e9);
    expect(report).toMatchObject({ phase: "fault", command: { kind: "stop" } });
    expect(report.note).toMatch(/v = 1000000000/);
  });
});

describe("a served navigator", () => {
  it("answers as it would in this thread", async () => {
    const make = () => {
      const planner = createTrajectoryPlanner({ robot, warmStart: getWarmStart("shift"), maxIterations: 3 });
      return createNavigator({ robot, planner });
    };
    const { port1, port2 } = new MessageChannel();
    serveNavigator(make(), {
      post: (message: NavigatorAnswer) => port2.postMessage(message),
      listen: (heard) => void port2.on("message", heard),
    });
    const served = createWorkerNavigator({
      robot,
      start: () => ({
        post: (message: NavigatorRequest) => port1.postMessage(message),
        listen: (heard) => void port1.on("message", heard),
        ended() {},
        terminate: () => port1.close(),
      }),
    });
    open.push(served);
    const here = make();
    for (const navigator of [served, here]) {
      navigator.setMap(hall);
      navigator.setGoal({ x: 8, y: 2 } satisfies Goal);
    }
    for (let k = 0; k < 5; k++) {
      const sample = sampleAt(0.1 * k, 2 + 0.1 * k);
      const [a, b] = [await served.tick(sample), await here.tick(sample)];
      expect(a.command).toEqual(b.command);
      expect(a.phase).toBe("driving");
      expect(a.plan).toEqual(b.plan);
    }
  });

  /** Samples every 100 ms for a while, at the loop's own deadline, to threads that only tell whether they end. */
  const withDumbThreads = async (
    seconds: number,
    answers: (thread: number, tick: number) => boolean,
    ends = false,
  ) => {
    let ms = 0;
    let threads = 0;
    const navigator = createWorkerNavigator({
      robot,
      clock: () => ms,
      start: () => {
        const thread = threads++;
        let tell = (_answer: NavigatorAnswer): void => {};
        let ticks = 0;
        return {
          post(request: NavigatorRequest) {
            if (request.kind === "tick" && answers(thread, ticks++))
              tell({ kind: "failed", id: request.id, note: "no" });
          },
          listen(heard) {
            tell = heard;
          },
          ended: (heard) => ends && queueMicrotask(() => heard("no such model")),
          terminate() {},
        };
      },
    });
    const scheduler = new VirtualTimeScheduler();
    const sensor$ = new Subject<SensorSample>();
    const loop = createControlLoop(
      { sensor$, goal$: of({ x: 8, y: 2 }), map$: NEVER },
      { navigator, scheduler, clock: () => ms, silenceMs: Infinity },
    );
    const reports: TickReport[] = [];
    loop.report$.subscribe((report) => reports.push(report));
    for (; ms < 1000 * seconds; ms += 100) {
      scheduler.maxFrames = ms;
      scheduler.flush();
      sensor$.next(sampleAt(ms / 1000, 2, 0));
      for (let k = 0; k < 5; k++) await Promise.resolve();
    }
    return { replaced: navigator.replaced, reports };
  };

  it("that hangs is replaced at the loop's own deadline, though what is asked of it is given up before", async () => {
    expect((await withDumbThreads(3, (thread, tick) => thread > 0 || tick === 0)).replaced).toBe(1);
    expect((await withDumbThreads(9.5, () => false)).replaced).toBe(0); // it may still be loading
    expect((await withDumbThreads(12, () => false)).replaced).toBe(1);
  });

  it("whose threads end before they answer is given a new one each second, not without end, and says why", async () => {
    const { replaced, reports } = await withDumbThreads(10, () => false, true);
    expect(replaced).toBeGreaterThan(5);
    expect(replaced).toBeLessThan(11);
    expect(reports.every(({ command }) => command.kind === "stop" || command.u[0] <= 0)).toBe(true);
    expect(reports.at(-1)!.note).toMatch(/thread ended: no such model/);
  });

  it("is told a map again only where it is another one, as it was when it was given", () => {
    const heard: NavigatorRequest[] = [];
    const post = (request: NavigatorRequest): void => {
      heard.push(request);
    };
    const served = createWorkerNavigator({
      robot,
      start: () => ({ post, listen() {}, ended() {}, terminate() {} }),
    });
    open.push(served);
    const map = { ...hall, cells: hall.cells.slice() };
    expect(served.setMap(map)).toBe(true);
    expect(served.setMap({ ...hall })).toBe(false);
    map.cells[1000] = 100 - map.cells[1000];
    expect(served.setMap(map)).toBe(true);
    expect(heard.map(({ kind }) => kind)).toEqual(["map", "map"]);
  });

  it("is told where the loop has stopped the robot for want of samples", async () => {
    const told: number[] = [];
    let hear = (_request: NavigatorRequest): void => {};
    const inThread = createNavigator({
      robot,
      planner: createTrajectoryPlanner({ robot, warmStart: getWarmStart("path"), maxIterations: 1 }),
    });
    serveNavigator(
      { ...inThread, stopped: (after) => told.push(after) },
      {
        post() {},
        listen: (heard) => {
          hear = heard;
        },
      },
    );
    const served = createWorkerNavigator({
      robot,
      start: () => ({ post: (request) => hear(request), listen() {}, ended() {}, terminate() {} }),
    });
    open.push(served);
    const scheduler = new VirtualTimeScheduler();
    const loop = createControlLoop(
      { sensor$: NEVER, goal$: NEVER, map$: NEVER },
      { navigator: served, scheduler, silenceMs: 300 },
    );
    scheduler.maxFrames = 1000;
    loop.report$.subscribe();
    scheduler.flush();
    expect(told).toEqual([0.3]);
  });

  it("is given no map and no goal that is none", () => {
    const { port1 } = new MessageChannel();
    const silent = { post: () => {}, listen: () => {}, ended() {}, terminate: () => port1.close() };
    const served = createWorkerNavigator({ robot, start: () => silent });
    open.push(served);
    expect(() => served.setGoal({ x: Number.NaN, y: 0 })).toThrow(/the goal is \(NaN, 0\)/);
    expect(() => served.setMap({ ...hall, cells: new Int8Array(2) } as OccupancyGrid)).toThrow(/cells/);
  });
});
