import {
  asyncScheduler,
  catchError,
  concatWith,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  from,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  race,
  type SchedulerLike,
  Subject,
  share,
  startWith,
  switchMap,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
} from "rxjs";
import { ConfigError, messageOf } from "../base/index.ts";
import type { Command, Goal, OccupancyGrid } from "../sim/index.ts";
import type { Navigator, SensorSample } from "./navigator.ts";
import { NO_TIMES, type Plan, type TickReport } from "./scene.ts";

/** The streams a robot provides. Goal, map and pause may change at any moment. */
export type ControlLoopInputs = {
  /** One tick per sample; while a plan is under way samples are passed over, never queued. */
  readonly sensor$: Observable<SensorSample>;
  readonly goal$: Observable<Goal | undefined>;
  readonly map$: Observable<OccupancyGrid>;
  readonly pause$?: Observable<boolean>;
};

export type ControlLoopOptions = {
  readonly navigator: Navigator;
  /** Milliseconds from a sample to its command; a plan that takes longer is dropped for a fallback. */
  readonly deadlineMs: number;
  /** Milliseconds without a sample after which the robot is stopped; default: never. */
  readonly silenceMs?: number;
  /** Time of deadlines and silence: real by default, virtual in tests and in the simulator. */
  readonly scheduler?: SchedulerLike;
  /** Monotonic clock [ms] by which a plan made without a pause is judged late. */
  readonly clock?: () => number;
};

export type ControlLoop = {
  /** Every tick, and every stop for another reason. Hot: subscribe to run the loop, unsubscribe to end it. */
  readonly report$: Observable<TickReport>;
  /** What the motors are to do; each report's command. */
  readonly command$: Observable<Command>;
  /** Trajectories that are being followed. */
  readonly plan$: Observable<Plan>;
};

/**
 * The control loop: sensor, goal and map streams in; command, plan and diagnostics streams out.
 *
 * - Deadline: a plan that is not there `deadlineMs` after its sample is replaced by a fallback (last safe
 *   plan, brake, stop) and thrown away when it comes.
 * - Backpressure: samples that arrive while a plan is under way are passed over.
 * - A new goal, map or pause cancels the plan under way; the robot does the fallback meanwhile.
 * - Silence stops the robot; an error of any stream or the end of the sensor stream stops it and ends the loop.
 *
 * Operators only route; every decision is the navigator's.
 */
export function createControlLoop(inputs: ControlLoopInputs, options: ControlLoopOptions): ControlLoop {
  const { navigator, deadlineMs, silenceMs } = options;
  if (!(deadlineMs > 0)) throw new ConfigError(`deadlineMs is ${deadlineMs}, expected milliseconds > 0`);
  if (silenceMs !== undefined && !(silenceMs > 0))
    throw new ConfigError(`silenceMs is ${silenceMs}, expected milliseconds > 0`);
  const scheduler = options.scheduler ?? asyncScheduler;
  const clock = options.clock ?? (() => 0);
  const changed$ = new Subject<void>();
  let underWay: Promise<unknown> | undefined;
  let lastTime = 0;

  const tick = (sample: SensorSample): Observable<TickReport> =>
    defer(() => {
      lastTime = sample.time;
      if (underWay !== undefined) return of(navigator.late(sample, "the last plan is still under way"));
      const t0 = clock();
      const result = navigator.tick(sample);
      if (!(result instanceof Promise)) return of(inTime(sample, result, clock() - t0));
      const mine = result.finally(() => {
        if (underWay === mine) underWay = undefined;
      });
      underWay = mine;
      const late$ = (Number.isFinite(deadlineMs) ? timer(deadlineMs, scheduler) : NEVER).pipe(
        map(() => navigator.late(sample, `no plan within the deadline of ${deadlineMs} ms`)),
      );
      const cancelled$ = changed$.pipe(map(() => navigator.late(sample, "goal, map or pause changed")));
      return race(from(mine).pipe(map((r) => inTime(sample, r, clock() - t0))), late$, cancelled$).pipe(
        take(1),
      );
    });

  const inTime = (sample: SensorSample, report: TickReport, ms: number): TickReport =>
    ms <= deadlineMs || report.source === "stop"
      ? report
      : {
          ...navigator.late(sample, `the plan took ${ms.toFixed(1)} ms, the deadline is ${deadlineMs} ms`),
          tick: report.tick,
          totalMs: report.totalMs,
          partsMs: report.partsMs,
          missedDeadline: true,
        };

  const apply = <T>(name: string, source: Observable<T>, set: (value: T) => void): Observable<never> =>
    source.pipe(
      tap((value) => {
        set(value);
        changed$.next();
      }),
      ignoreElements(),
      catchError((error: unknown) => throwError(() => `the ${name} stream failed: ${messageOf(error)}`)),
    );

  const stopped = (note: string): TickReport => ({
    tick: -1,
    time: lastTime,
    phase: "fault",
    command: { kind: "stop" },
    source: "stop",
    pose: { x: Number.NaN, y: Number.NaN, yaw: Number.NaN },
    note,
    partsMs: NO_TIMES,
    totalMs: 0,
    missedDeadline: false,
  });

  // Goal and map are heard before the first sample, whatever the streams give at once.
  const report$ = defer(() => {
    const heard$ = new Subject<void>();
    const ended$ = new Subject<void>();
    const silence$ =
      silenceMs === undefined
        ? EMPTY
        : heard$.pipe(
            startWith(undefined),
            switchMap(() => timer(silenceMs, silenceMs, scheduler)),
            map(() => stopped(`no sensor data for ${silenceMs} ms`)),
          );
    const ticks$ = inputs.sensor$.pipe(
      tap(() => heard$.next()),
      exhaustMap(tick),
      catchError((error: unknown) => throwError(() => `the sensor stream failed: ${messageOf(error)}`)),
      concatWith(defer(() => of(stopped("the sensor stream ended")))),
      finalize(() => ended$.next()),
    );
    const others$ = merge(
      apply("map", inputs.map$, (m) => navigator.setMap(m)),
      apply("goal", inputs.goal$, (g) => navigator.setGoal(g)),
      apply("pause", inputs.pause$ ?? NEVER, (p) => navigator.setPaused(p)),
      silence$,
    );
    return merge(others$.pipe(takeUntil(ended$)), ticks$).pipe(
      catchError((note: unknown) => of(stopped(messageOf(note)))),
    );
  }).pipe(share());
  return {
    report$,
    command$: report$.pipe(map((r) => r.command)),
    plan$: report$.pipe(
      map((r) => r.plan),
      filter((p): p is Plan => p !== undefined),
    ),
  };
}
