import {
  asyncScheduler,
  catchError,
  concat,
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
import type { Navigator } from "./navigator.ts";
import { NO_TIMES, type Plan, type SensorSample, type TickReport } from "./scene.ts";

/** Who answers samples, and by when. */
type Answering = {
  readonly navigator: Navigator;
  /** [ms] */
  readonly deadlineMs: number;
  /** Real time, or virtual. */
  readonly scheduler: SchedulerLike;
  /** Monotonic clock. [ms] */
  readonly clock: () => number;
  /** Emits where the plan under way is worth nothing any more. */
  readonly changed$: Observable<unknown>;
};

/**
 * Answers samples one at a time: with the navigator's report, or with a fallback's where that is late, no longer wanted,
 * or still busy with the sample before. The path is renewed when the report has been heard.
 */
function createAnswer(answering: Answering): (sample: SensorSample) => Observable<TickReport> {
  const { navigator, deadlineMs, scheduler, clock, changed$ } = answering;
  let underWay: Promise<unknown> | undefined;

  const reportOf = (sample: SensorSample): Observable<TickReport> => {
    if (underWay !== undefined) return of(navigator.late(sample, "the last plan is still under way"));
    const t0 = clock();
    const result = navigator.tick(sample);
    if (!(result instanceof Promise)) return of(inTime(answering, sample, result, clock() - t0));
    const mine = result.finally(() => {
      if (underWay === mine) underWay = undefined;
    });
    underWay = mine;
    const late$ = (Number.isFinite(deadlineMs) ? timer(deadlineMs, scheduler) : NEVER).pipe(
      map(() => navigator.late(sample, `no plan within the deadline of ${deadlineMs} ms`)),
    );
    const cancelled$ = changed$.pipe(map(() => navigator.late(sample, "goal, map or pause changed")));
    const made$ = from(mine).pipe(map((report) => inTime(answering, sample, report, clock() - t0)));
    return race(made$, late$, cancelled$).pipe(take(1));
  };
  const renewed$ = defer(() => {
    navigator.renew();
    return EMPTY;
  });
  return (sample) =>
    concat(
      defer(() => reportOf(sample)),
      renewed$,
    );
}

/** The report of a tick, or a fallback's in its place where it took longer than the deadline. */
function inTime(
  { navigator, deadlineMs }: Pick<Answering, "navigator" | "deadlineMs">,
  sample: SensorSample,
  report: TickReport,
  ms: number,
): TickReport {
  if (ms <= deadlineMs || report.source === "stop") return report;
  const { tick, totalMs, partsMs } = report;
  const note = `the plan took ${ms.toFixed(1)} ms, the deadline is ${deadlineMs} ms`;
  return { ...navigator.late(sample, note), tick, totalMs, partsMs, missedDeadline: true };
}

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
 * - Path: it is renewed after the report of a tick, before the next sample is heard.
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
  const changed$ = new Subject<void>();
  const answer = createAnswer({
    navigator,
    deadlineMs,
    scheduler,
    clock: options.clock ?? (() => 0),
    changed$,
  });
  let lastTime = 0;

  const apply = <T>(name: string, source: Observable<T>, set: (value: T) => void): Observable<never> =>
    source.pipe(
      tap((value) => {
        set(value);
        changed$.next();
      }),
      ignoreElements(),
      catchError((error: unknown) => throwError(() => `the ${name} stream failed: ${messageOf(error)}`)),
    );

  const stopped = (note: string): TickReport => stopReport(lastTime, note);

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
      exhaustMap((sample) => {
        lastTime = sample.time;
        return answer(sample);
      }),
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

/** The report of a robot that is stopped because a stream went silent, failed or ended. */
function stopReport(time: number, note: string): TickReport {
  return {
    tick: -1,
    time,
    phase: "fault",
    command: { kind: "stop" },
    source: "stop",
    pose: { x: Number.NaN, y: Number.NaN, yaw: Number.NaN },
    note,
    partsMs: NO_TIMES,
    totalMs: 0,
    missedDeadline: false,
  };
}
