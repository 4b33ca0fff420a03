import {
  concat,
  defer,
  EMPTY,
  from,
  map,
  NEVER,
  type Observable,
  of,
  race,
  type SchedulerLike,
  take,
  timer,
} from "rxjs";
import type { Navigator } from "./navigator.ts";
import type { TickReport } from "./scene.ts";
import type { SensorSample } from "./sensor-sample.ts";

/** Who answers samples, and by when. */
export type Answering = {
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
export function createAnswer(answering: Answering): (sample: SensorSample) => Observable<TickReport> {
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
export function inTime(
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
