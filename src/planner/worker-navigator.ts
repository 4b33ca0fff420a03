import { ConfigError } from "../base/index.ts";
import {
  checkLatency,
  type Goal,
  type Keepout,
  type Latency,
  NO_LATENCY,
  type OccupancyGrid,
  type Robot,
  robotSizes,
  validateGrid,
} from "../sim/index.ts";
import { sameGrid } from "./belief.ts";
import { createZoneGuard } from "./guard.ts";
import { limitCommand, planFault } from "./limit-command.ts";
import { createNavigationProblem } from "./navigation-ocp.ts";
import { type NavigationOptions, resolveNavigationOptions } from "./navigation-options.ts";
import type { Navigator } from "./navigator.ts";
import { goalFault, NEW_NAVIGATOR, sameGoal, zoneFault } from "./navigator-state.ts";
import { sceneField } from "./pose-scene.ts";
import { createPredictor, type Predictor } from "./predict.ts";
import { brakeAlong, createSafetyChecker } from "./safety.ts";
import { sampleLimits } from "./sample-check.ts";
import { type Judgement, judgeSample, NEW_WATCH, trustAgain } from "./sample-watch.ts";
import { NO_TIMES, type Plan, type PlanOutcome, type SensorSample, type TickReport } from "./scene.ts";
import type { NavigatorRequest } from "./serve-navigator.ts";
import { createThreadKeeper, type NavigatorThread } from "./thread-keeper.ts";
import { refusedSample, tickReport } from "./tick-report.ts";

export type WorkerNavigatorOptions = {
  readonly robot: Robot;
  /** Starts a thread that calls `serveNavigator`; also in the place of one that hangs or has crashed. */
  readonly start: () => NavigatorThread;
  /** Zones that it may not enter; its thread is to be told, too. */
  readonly keepout?: Keepout;
  /** When its commands act; by default as the robot says, else at once. As its thread is told. */
  readonly latency?: Latency;
  /** Of the problem that is solved there. */
  readonly navigation?: Partial<NavigationOptions>;
  /** A thread that owes an answer for longer is replaced. [ms] */
  readonly hangMs?: number;
  /** The same for the first answer of a thread: its code has to be loaded and compiled. [ms] */
  readonly startMs?: number;
  /** Monotonic clock. [ms] */
  readonly clock?: () => number;
};

/** A navigator whose decisions are made in another thread. */
export type WorkerNavigator = Navigator & {
  /** How often the thread was replaced. */
  readonly replaced: number;
  /** Ends the thread. */
  close(): void;
};

/** Defaults of {@link WorkerNavigatorOptions}. */
export const WORKER_NAVIGATOR_DEFAULTS = { hangMs: 1000, startMs: 10_000 } as const;

/**
 * A navigator in another thread, watched from this one. Samples are judged here; a sample that is not answered in time
 * is answered here, by braking along the last plan where that is free in the sample's grid, else by a stop. A thread
 * that hangs or ends is replaced and told map, goal and pause again; what it had seen beyond the map is lost.
 */
export function createWorkerNavigator(options: WorkerNavigatorOptions): WorkerNavigator {
  const { robot, start, clock = () => performance.now() } = options;
  const { hangMs, startMs } = { ...WORKER_NAVIGATOR_DEFAULTS, ...options };
  const judge = createJudge(robot);
  const post = (request: NavigatorRequest): void => keeper.post(request);
  const { told, again, ...orders } = createOrders(options.keepout, post, judge.trust);
  const keeper = createThreadKeeper({ start, hangMs, startMs, clock, again });
  const rescue = createRescue(robot, options);
  const predictor = predictorOf(options);
  let lastPlan: Plan | undefined;

  const report = (sample: SensorSample, end: Parameters<typeof tickReport>[0]["end"]): TickReport =>
    tickReport({ robot, state: { ...NEW_NAVIGATOR, goal: told.goal }, sample, end, elapsedMs: 0 });
  const fault = (sample: SensorSample, note: string) => report(sample, { phase: "fault", note });
  const answered = async (used: SensorSample): Promise<TickReport> => {
    const answer = await keeper.ask(used);
    if (answer === undefined) return fault(used, keeper.news ?? "another sample was asked for meanwhile");
    if (answer.kind === "failed") return fault(used, `the navigator failed: ${answer.note}`);
    const { plan } = answer.report;
    const wrong = plan && planFault(robot, plan);
    if (wrong !== undefined) return fault(used, wrong);
    lastPlan = plan;
    predictor?.sent(used, answer.report.command);
    return answer.report;
  };

  return {
    robot,
    get replaced() {
      return keeper.replaced;
    },
    close: () => keeper.close(),
    ...orders,
    renew() {},
    stopped(after) {
      predictor?.stopped(after);
      keeper.post({ kind: "stopped", after });
    },
    tick(sample) {
      const { used, wrong } = judge.anew(sample);
      if (wrong === undefined) predictor?.ahead(used);
      return wrong === undefined ? answered(used) : fault(used, wrong);
    },
    late(sample, note) {
      const { used, wrong } = judge.once(sample);
      keeper.look();
      if (wrong !== undefined) return fault(used, wrong);
      const said = [keeper.news, note].filter((text) => text !== undefined).join("; ");
      if (told.paused || told.goal === undefined) return fault(used, said);
      const outcome = rescue(predictor?.ahead(used) ?? used, lastPlan, said);
      const late = report(used, { phase: "driving", outcome, note: said, missedDeadline: true });
      return predictor === undefined ? late : ledReport(robot, predictor, used, late);
    },
  };
}

/** What a thread is told of goal, map and pause, and another in its place again; `trust`: whoever sets anything may do so anew. */
function createOrders(
  keepout: Keepout | undefined,
  post: (request: NavigatorRequest) => void,
  trust: () => void,
) {
  const told: { goal?: Goal; map?: OccupancyGrid; paused: boolean } = { paused: false };
  const orders: Pick<WorkerNavigator, "setGoal" | "setMap" | "setPaused"> = {
    setGoal(goal) {
      const wrong = goalFault(goal) ?? zoneFault(keepout, goal);
      const next = wrong === undefined ? goal && { ...goal } : undefined;
      const changed = !sameGoal(told.goal, next);
      told.goal = next;
      if (changed) trust();
      if (changed) post({ kind: "goal", goal: next });
      if (wrong !== undefined) throw new ConfigError(wrong);
      return changed;
    },
    setMap(map) {
      validateGrid(map);
      if (told.map !== undefined && sameGrid(told.map, map)) return false;
      told.map = { ...map, origin: { ...map.origin }, cells: map.cells.slice() };
      post({ kind: "map", map });
      return true;
    },
    setPaused(paused) {
      const changed = told.paused !== paused;
      told.paused = paused;
      if (changed) trust();
      post({ kind: "paused", paused });
      return changed;
    },
  };
  const again = (): NavigatorRequest[] => [
    ...(told.map === undefined ? [] : [{ kind: "map", map: told.map } as const]),
    { kind: "goal", goal: told.goal },
    { kind: "paused", paused: told.paused },
  ];
  return { told, again, ...orders };
}

/** Judges samples on this side: what is to be used, or what stands for it in its report and why it is not. */
function createJudge(robot: Robot) {
  const limits = sampleLimits(robot);
  const { nx } = robotSizes(robot);
  let watch = NEW_WATCH;
  let last: (Judgement & { readonly of: SensorSample; readonly stamp: number }) | undefined;
  const once = (of: SensorSample): { readonly used: SensorSample; readonly wrong?: string } => {
    if (last === undefined || last.of !== of || last.stamp !== of.time)
      last = { ...judgeSample(watch, of, limits), of, stamp: of?.time };
    watch = last.watch;
    const { sample, fault } = last;
    return sample === undefined ? { used: refusedSample(watch, nx, of), wrong: fault } : { used: sample };
  };
  return {
    once,
    anew(sample: SensorSample) {
      last = undefined;
      return once(sample);
    },
    trust() {
      watch = trustAgain(watch);
      last = undefined;
    },
  };
}

/** A late report whose command leads by what the robot's actuators lag, and is remembered as sent. */
function ledReport(robot: Robot, predictor: Predictor, sample: SensorSample, late: TickReport): TickReport {
  const command = limitCommand(robot, predictor.send(sample, late.command, true));
  return { ...late, command, measured: sample.x };
}

/** Where the robot will be when a command acts that answers on this side; none where that is at once. */
function predictorOf({ robot, latency, navigation }: WorkerNavigatorOptions): Predictor | undefined {
  const { delay, lag } = checkLatency("latency", latency ?? robot.latency ?? NO_LATENCY);
  return delay + lag > 0
    ? createPredictor(robot, { delay, lag }, resolveNavigationOptions(robot, navigation).dt)
    : undefined;
}

/** What to do for want of an answer: brake along the last plan, where that touches nothing that the sample sees. */
function createRescue(
  robot: Robot,
  { navigation, keepout }: Pick<WorkerNavigatorOptions, "navigation" | "keepout">,
) {
  const guard = keepout && createZoneGuard(robot, keepout);
  const problem = createNavigationProblem(robot, navigation);
  const checker = createSafetyChecker(robot);
  return (sample: SensorSample, last: Plan | undefined, note: string): PlanOutcome => {
    const { time, x, grid } = guard?.sample(sample) ?? sample;
    const plan = brakeAlong(problem, last, x, time);
    const { safe } = checker.check(plan.X, sceneField(grid), grid);
    return safe
      ? { source: "brake", plan, note, partsMs: NO_TIMES }
      : { source: "stop", note, partsMs: NO_TIMES };
  };
}
