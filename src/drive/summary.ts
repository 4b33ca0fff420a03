import { NO_TIMES, type PartTimes, type TickReport, type WarmStart } from "../planner/index.ts";
import type { Robot, Simulator } from "../sim/index.ts";
import type { WaypointFigures } from "./course.ts";
import type { ZoneFigures } from "./drive-zones.ts";
import { createMotionTally } from "./motion-tally.ts";
import type { ShockKind } from "./shocks.ts";
import { createThinned } from "./thinned.ts";

export const DRIVE_STATUSES = ["reached", "collision", "timeout", "stuck", "failed"] as const;
export type DriveStatus = (typeof DRIVE_STATUSES)[number];

export type Percentiles = {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** How a run went: what became of it, how far it was, and how long its ticks took. */
export type DriveSummary = {
  readonly status: DriveStatus;
  readonly robot: string;
  /** Name of the warm start. */ readonly init: string;
  /** Most SQP iterations per tick. */ readonly iterations: number;
  readonly seed: number;
  /** Simulated. [s] */ readonly time: number;
  /** Of the way that was driven. [m] */ readonly pathLength: number;
  /** Between the true footprint and the nearest occupied cell. [m] */ readonly minClearance: number;
  /** Contacts with obstacles, and those with movers that the robot has caused. */ readonly collisions: number;
  /** Contacts with movers, whoever has caused them. */ readonly contacts: number;
  /** How many of them the robot has caused; how that is judged stands at `FaultJudge`. */
  readonly contactsCaused: number;
  /** Between the true footprint and the nearest mover; only of a run with movers. [m] */
  readonly minMoverClearance?: number;
  readonly ticks: number;
  readonly sqp: {
    readonly iterations: {
      readonly mean: number;
      readonly p50: number;
      readonly p95: number;
      readonly max: number;
    };
    /** How often a solve ended so. */ readonly status: Readonly<Record<string, number>>;
  };
  /** Of the ticks that planned. [ms] */ readonly planMs: Percentiles;
  /** Medians. [ms] */ readonly partsMs: PartTimes;
  readonly deadline: { readonly ms: number; readonly missed: number; readonly fallbacks: number };
  readonly recoveries: number;
  /** How often the robot turned from driving forwards to driving backwards, or back. */ readonly reversals: number;
  /** Of the way, what was driven backwards. [m] */ readonly backwards: number;
  /** The longest time at a stretch in which the robot stood still though it had somewhere to go. [s] */
  readonly standstill: number;
  /** Ticks in which the warm start could not do what it is named after. */ readonly initFallbacks: number;
  /** Why the first of them could not, for people. */ readonly initNote?: string;
  /** What happened on the way; only of a run with shocks. */
  readonly shocks?: Readonly<Record<ShockKind, number>>;
  /** What became of its waypoints; only of a run along a route. */
  readonly waypoints?: readonly WaypointFigures[];
  /** How it kept to its zones; only of a run with zones. */
  readonly zones?: ZoneFigures;
  /** Why a run that did not reach its goal ended, for people. */
  readonly note?: string;
};

/** A summary that answers to the names of `navigate --json`, too, by which drives were read before. */
export type NamedSummary = DriveSummary & {
  /** @deprecated `time` */ readonly time_s: number;
  /** @deprecated `pathLength` */ readonly path_m: number;
  /** @deprecated `minClearance` */ readonly min_clearance_m: number;
};

/** Lets a summary answer to its fields' names in JSON; they are not listed, copied or written. */
export function withJsonNames(summary: DriveSummary): NamedSummary {
  return Object.defineProperties(
    { ...summary },
    {
      time_s: { value: summary.time },
      path_m: { value: summary.pathLength },
      min_clearance_m: { value: summary.minClearance },
    },
  ) as NamedSummary;
}

/** The value below which a share of the sorted numbers lie (nearest rank); 0 where there are none. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Collects a run's ticks into its summary. */
export function createSummary(run: {
  robot: Robot;
  warmStart: WarmStart;
  maxIterations: number;
  seed: number;
  deadlineMs: number;
}) {
  const iterations = createThinned<number>();
  const planned = createThinned<Pick<TickReport, "totalMs" | "partsMs">>();
  const solved = { count: 0, sum: 0, most: 0 };
  let slowest = 0;
  const statuses: Record<string, number> = {};
  let ticks = 0;
  let missed = 0;
  let fallbacks = 0;
  let recoveries = 0;
  const motion = createMotionTally(run.robot);
  let initFallbacks = 0;
  let initNote: string | undefined;
  let recovering = false;
  let minClearance = Number.POSITIVE_INFINITY;

  return {
    add(report: TickReport, simulator: Simulator): void {
      ticks++;
      minClearance = Math.min(minClearance, simulator.minClearance);
      motion.add(simulator, report.phase === "arrived" || report.phase === "paused");
      if (report.missedDeadline || report.totalMs > run.deadlineMs) missed++;
      if (report.phase === "recovering" && !recovering) recoveries++;
      recovering = report.phase === "recovering";
      if (report.scene === undefined) return;
      if (report.source !== "solution") fallbacks++;
      planned.add({ totalMs: report.totalMs, partsMs: report.partsMs });
      slowest = Math.max(slowest, report.totalMs);
      if (report.solve === undefined) return;
      const { startNote, iterations: needed } = report.solve;
      if (startNote !== undefined) initFallbacks++;
      initNote ??= startNote;
      iterations.add(needed);
      solved.count++;
      solved.sum += needed;
      solved.most = Math.max(solved.most, needed);
      statuses[report.solve.status] = (statuses[report.solve.status] ?? 0) + 1;
    },
    finish(status: DriveStatus, simulator: Simulator, latest: TickReport | undefined): DriveSummary {
      const totals = planned.values.map(({ totalMs }) => totalMs);
      const median = (part: keyof PartTimes): number =>
        percentile(
          planned.values.map(({ partsMs }) => partsMs[part]),
          0.5,
        );
      const parts = Object.keys(NO_TIMES) as (keyof PartTimes)[];
      const mean = solved.count === 0 ? 0 : solved.sum / solved.count;
      const why = latest?.note === latest?.solve?.startNote ? undefined : latest?.note;
      return {
        status,
        robot: run.robot.name,
        init: run.warmStart.name,
        iterations: run.maxIterations,
        seed: run.seed,
        time: round(simulator.time, 3),
        pathLength: round(motion.path, 3),
        minClearance: round(Math.min(minClearance, simulator.minClearance), 4),
        collisions: simulator.contacts,
        contacts: simulator.moverTally.contacts,
        contactsCaused: simulator.moverTally.caused,
        ...(simulator.movers.length > 0 && {
          minMoverClearance: round(simulator.moverTally.minClearance, 4),
        }),
        ticks,
        sqp: {
          iterations: {
            mean: round(mean, 3),
            p50: percentile(iterations.values, 0.5),
            p95: percentile(iterations.values, 0.95),
            max: solved.most,
          },
          status: statuses,
        },
        planMs: {
          p50: round(percentile(totals, 0.5), 3),
          p95: round(percentile(totals, 0.95), 3),
          p99: round(percentile(totals, 0.99), 3),
          max: round(slowest, 3),
        },
        partsMs: Object.fromEntries(parts.map((part) => [part, round(median(part), 3)])) as PartTimes,
        deadline: { ms: run.deadlineMs, missed, fallbacks },
        recoveries,
        reversals: motion.reversals,
        backwards: round(motion.backwards, 3),
        standstill: round(motion.standstill, 3),
        initFallbacks,
        ...(initNote === undefined ? {} : { initNote }),
        ...(status === "reached" || why === undefined ? {} : { note: why }),
      };
    },
  };
}
