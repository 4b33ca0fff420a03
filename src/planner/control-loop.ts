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
  map,
  merge,
  mergeMap,
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
import { isFiniteVec } from "../ocp/index.ts";
import type { Command, Goal, OccupancyGrid } from "../sim/index.ts";
import { limitCommand } from "./limit-command.ts";
import type { Navigator } from "./navigator.ts";
import { newlySaid } from "./said-again.ts";
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

/** A plan that is not there after so many deadlines is waited for no more. */
const GIVEN_UP = 10;

/**
 * Answers samples one at a time: with the navigator's report, or with a fallback's where that is late, no longer wanted,
 * or still busy with the sample before; with a stop where the navigator throws. The path is renewed when the report has
 * been heard.
 */
function createAnswer(answering: Answering): (sample: SensorSample) => Observable<TickReport> {
  const { navigator, deadlineMs, scheduler, clock, changed$ } = answering;
  let underWay: { readonly plan: Promise<unknown>; readonly since: number } | undefined;

  const reportOf = (sample: SensorSample): Observable<TickReport> => {
    if (underWay !== undefined) {
      const ms = clock() - underWay.since;
      if (!(ms > GIVEN_UP * deadlineMs))
        return of(navigator.late(sample, "the last plan is still under way"));
      underWay = undefined;
      return of(stopReport(sample?.time, `no plan for ${ms.toFixed(0)} ms: it is waited for no more`));
    }
    const t0 = clock();
    const result = navigator.tick(sample);
    if (!(result instanceof Promise)) return of(inTime(answering, sample, result, clock() - t0));
    const mine = result.finally(() => {
      if (underWay?.plan === mine) underWay = undefined;
    });
    underWay = { plan: mine, since: t0 };
    const late$ = (isTimer(deadlineMs) ? timer(deadlineMs, scheduler) : NEVER).pipe(
      map(() => navigator.late(sample, `no plan within the deadline of ${deadlineMs} ms`)),
    );
    const cancelled$ = changed$.pipe(map(() => navigator.late(sample, "goal, map or pause changed")));
    const made$ = from(mine).pipe(map((report) => inTime(answering, sample, report, clock() - t0)));
    return race(made$, late$, cancelled$).pipe(take(1));
  };
  const renewed$ = defer(() => {
    renewFor(asked);
    return EMPTY;
  });
  let asked = 0;
  /** Goes on until there is nothing more to do, or another sample to answer. */
  const renewFor = (sample: number): void => {
    if (sample === asked && navigator.renew() === true) scheduler.schedule(() => renewFor(sample));
  };
  return (sample) =>
    concat(
      defer(() => {
        asked++;
        return reportOf(sample);
      }).pipe(map((report) => soundReport(navigator, report))),
      renewed$,
    ).pipe(
      catchError((error: unknown) =>
        of(stopReport(sample?.time, `the navigator failed: ${messageOf(error)}`)),
      ),
    );
}

/** Whether a time can be waited for: longer ones, and an infinite one, are never over. [ms] */
function isTimer(ms: number): boolean {
  return ms < 2 ** 31;
}

/** A report whose command can be done, whoever made it: within the robot's limits, or a stop. */
function soundReport({ robot }: Navigator, report: TickReport): TickReport {
  const { command, time } = report;
  const { kind } = command;
  if (kind === "stop") return report;
  if (kind !== "drive" || !(command.u instanceof Float64Array) || !isFiniteVec(command.u))
    return stopReport(time, "the navigator's command is none: not a stop, and no finite control");
  return robot === undefined ? report : { ...report, command: limitCommand(robot, command) };
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
  readonly deadlineMs?: number;
  /**
   * Milliseconds without a sample after which the robot is stopped, and told so again after as many more; Infinity:
   * never. By default it is told ten times.
   */
  readonly silenceMs?: number;
  /** Time of deadlines and silence: real by default, virtual in tests and in the simulator. */
  readonly scheduler?: SchedulerLike;
  /** Monotonic clock [ms] by which a plan made without a pause is judged late; default: the machine's. */
  readonly clock?: () => number;
  /**
   * Makes the robot do a report's command. It is called with every report, and with a stop however the loop ends, also
   * where nobody listens any more.
   */
  readonly act?: (report: TickReport) => void;
};

/** How often a silence is told that nobody asked for. */
const SAID_BY_DEFAULT = 10;

/** What is on unless it is turned off with Infinity: a robot at 10 Hz that loses two samples in a row is stopped. */
export const DEFAULT_LOOP_OPTIONS = { deadlineMs: 100, silenceMs: 300 } as const;

export type ControlLoop = {
  /** Every tick, and every stop for another reason. Hot: subscribe to run the loop, unsubscribe to end it. */
  readonly report$: Observable<TickReport>;
  /** What the motors are to do; each report's command. */
  readonly command$: Observable<Command>;
  /** Trajectories that are being followed. */
  readonly plan$: Observable<Plan>;
  /** Ends the loop with a stop, which everybody who listens hears. */
  end(note?: string): void;
};

/**
 * The control loop: sensor, goal and map streams in; command, plan and diagnostics streams out.
 *
 * - Deadline: a plan that is not there `deadlineMs` after its sample is replaced by a fallback (last safe
 *   plan, brake, stop) and thrown away when it comes.
 * - Path: it is renewed after the report of a tick, before the next sample is heard.
 * - Backpressure: samples that arrive while a plan is under way are passed over; so are those that come twice at once.
 * - A new goal, map or pause cancels the plan under way; the robot does the fallback meanwhile. The same again does not.
 * - A goal or a map that is none, and whatever the navigator throws, stops the robot until the next sample; the loop
 *   goes on.
 * - Silence stops the robot; an error of any stream or the end of the sensor stream stops it and ends the loop.
 * - The last report is a stop, but for those who unsubscribe: `act` and `end` are for them.
 *
 * Operators only route; every decision is the navigator's. docs/safety.md has all that is checked.
 */
export function createControlLoop(inputs: ControlLoopInputs, options: ControlLoopOptions): ControlLoop {
  const { navigator, act = () => {} } = options;
  const { deadlineMs, silenceMs } = checkTimes(options);
  const scheduler = options.scheduler ?? asyncScheduler;
  const clock = options.clock ?? (() => performance.now());
  // Nobody asked for it: time that is virtual must be able to run out.
  const saidAgain = options.silenceMs === undefined ? SAID_BY_DEFAULT : Number.POSITIVE_INFINITY;
  const changed$ = new Subject<void>();
  const end$ = new Subject<string>();
  const answer = createAnswer({ navigator, deadlineMs, scheduler, clock, changed$ });
  let lastTime = 0;
  let told: TickReport | undefined;
  const stopped = (note: string): TickReport => stopReport(lastTime, note);

  const apply = <T>(
    name: string,
    source: Observable<T>,
    set: (value: T) => unknown,
  ): Observable<TickReport> => applied(name, source, set, () => changed$.next(), stopped);
  const tell = (report: TickReport): TickReport => {
    told = report;
    try {
      act(report);
      return report;
    } catch (error) {
      return stopReport(report.time, `the robot could not be told its command: ${messageOf(error)}`);
    }
  };

  // Goal and map are heard before the first sample, whatever the streams give at once.
  const report$ = defer(() => {
    const heard$ = new Subject<void>();
    const ended$ = new Subject<void>();
    const silence$ = !isTimer(silenceMs)
      ? EMPTY
      : heard$.pipe(
          startWith(undefined),
          switchMap(() => timer(silenceMs, silenceMs, scheduler).pipe(take(saidAgain))),
          tap((said) => said === 0 && navigator.stopped?.(silenceMs / 1000)),
          map(() => stopped(`no sensor data for ${silenceMs} ms`)),
        );
    const ticks$ = inputs.sensor$.pipe(
      filter(newlySaid(() => scheduler.now())),
      tap(() => heard$.next()),
      exhaustMap((sample) => answer(sample)),
      tap((report) => {
        lastTime = report.time;
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
    const called$ = end$.pipe(switchMap((note) => throwError(() => note)));
    return merge(others$.pipe(takeUntil(ended$)), ticks$, called$.pipe(takeUntil(ended$))).pipe(
      catchError((note: unknown) => of(stopped(messageOf(note)))),
      map(tell),
      finalize(() => {
        if (told?.command.kind !== "stop") tell(stopped("nobody listens any more"));
      }),
    );
  }).pipe(share());
  return {
    report$,
    command$: report$.pipe(map((r) => r.command)),
    plan$: report$.pipe(
      map((r) => r.plan),
      filter((p): p is Plan => p !== undefined),
    ),
    end: (note = "the loop was ended") => end$.next(note),
  };
}

/** Tells the navigator what a stream says. @returns a stop for each value that it refuses */
function applied<T>(
  name: string,
  source: Observable<T>,
  set: (value: T) => unknown,
  changed: () => void,
  stopped: (note: string) => TickReport,
): Observable<TickReport> {
  return source.pipe(
    mergeMap((value) => {
      let refusal: string | undefined;
      try {
        if (set(value) === false) return EMPTY;
      } catch (error) {
        refusal = `the ${name} is refused: ${messageOf(error)}`;
      }
      changed();
      return refusal === undefined ? EMPTY : of(stopped(refusal));
    }),
    catchError((error: unknown) => throwError(() => `the ${name} stream failed: ${messageOf(error)}`)),
  );
}

/** @throws ConfigError for what is no time */
function checkTimes(options: ControlLoopOptions): Record<"deadlineMs" | "silenceMs", number> {
  const { deadlineMs = DEFAULT_LOOP_OPTIONS.deadlineMs, silenceMs = DEFAULT_LOOP_OPTIONS.silenceMs } =
    options;
  for (const [name, value] of Object.entries({ deadlineMs, silenceMs }))
    if (!(value > 0)) throw new ConfigError(`${name} is ${value}, expected milliseconds > 0`);
  return { deadlineMs, silenceMs };
}

/** The report of a robot that is stopped because a stream went silent, failed or ended, or something was refused. */
function stopReport(time: number | undefined, note: string): TickReport {
  return {
    tick: -1,
    time: Number.isFinite(time) ? time! : 0,
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
