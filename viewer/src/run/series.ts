import type { DriveSummary } from "../../../src/drive/index.ts";
import { SOLVE_STATUSES } from "../../../src/ocp/index.ts";
import type { RunMeta, TickRecord } from "../../../src/record/index.ts";
import { AXIS_MOTIONS, PHASES, PLAN_SOURCES, robotKinematics } from "../../../src/sim/index.ts";

/** A number that every tick may have. */
export type Column = {
  /** Shown, chosen and saved by this name. */ readonly name: string;
  readonly unit: string;
  readonly group: string;
  /** NaN where the tick has none. */ readonly of: (tick: TickRecord) => number;
};

/** What is plotted where nobody chose anything. */
export const FIRST_SERIES: readonly string[] = ["speed", "turn rate", "clearance", "solve time"];

/** The columns of a run, in the order they are offered in. */
export function columnsOf(meta: RunMeta): Column[] {
  return [...motionColumns(meta), ...PLACE_COLUMNS, ...SOLVER_COLUMNS, ...TIME_COLUMNS, ...STATE_COLUMNS];
}

/** How long a plan may take; undefined where the log does not say. [ms] */
export function deadlineOf(meta: RunMeta, summary?: DriveSummary): number | undefined {
  const given = meta.config?.deadlineMs;
  return typeof given === "number" && given > 0 ? given : summary?.deadline?.ms;
}

/** The true state where it is known, else the measured one. */
export function stateOf(tick: TickRecord): Float64Array | undefined {
  return tick.truth?.state ?? tick.x;
}

const state = (i: number) => (tick: TickRecord) => stateOf(tick)?.[i] ?? Number.NaN;
const control = (i: number) => (tick: TickRecord) =>
  tick.command.kind === "drive" ? (tick.command.u[i] ?? Number.NaN) : Number.NaN;

/** Speeds and controls, which differ from robot to robot. */
function motionColumns({ robot }: RunMeta): Column[] {
  const { axes, steering, yawRate } = robotKinematics(robot);
  const columns: Column[] = axes.map(({ motion }, i) => {
    const { state: name, unit } = AXIS_MOTIONS[motion];
    const group = motion === "turning" || motion === "steering" ? "turning" : "speed";
    return { name, unit, group, of: state(3 + i) };
  });
  if (steering !== undefined) {
    const rate = (tick: TickRecord): number => yawRate(robot, stateOf(tick) ?? NO_STATE);
    columns.splice(steering - 3, 0, { name: "turn rate", unit: "rad/s", group: "turning", of: rate });
  }
  for (const [i, { motion }] of axes.entries()) {
    const { control: name, controlUnit } = AXIS_MOTIONS[motion];
    const unit = controlUnit.replace("^2", "²");
    columns.push({ name: `${name} command`, unit, group: "command", of: control(i) });
  }
  return columns;
}

/** Gives NaN whatever is computed from it. */
const NO_STATE = new Float64Array(8).fill(Number.NaN);

const PLACE_COLUMNS: readonly Column[] = [
  { name: "x", unit: "m", group: "pose", of: state(0) },
  { name: "y", unit: "m", group: "pose", of: state(1) },
  { name: "heading", unit: "rad", group: "pose", of: state(2) },
  { name: "clearance", unit: "m", group: "place", of: (t) => t.truth?.clearance ?? Number.NaN },
  {
    name: "clearance to movers",
    unit: "m",
    group: "place",
    of: (t) => t.truth?.moverClearance ?? Number.NaN,
  },
  {
    name: "distance to goal",
    unit: "m",
    group: "place",
    of: (t) =>
      t.goal === undefined ? Number.NaN : Math.hypot(t.goal.x - state(0)(t), t.goal.y - state(1)(t)),
  },
  {
    name: "localisation error",
    unit: "m",
    group: "place",
    of: ({ truth, pose }) =>
      truth === undefined || pose === undefined
        ? Number.NaN
        : Math.hypot(pose.x - truth.state[0], pose.y - truth.state[1]),
  },
];

const SOLVER_COLUMNS: readonly Column[] = [
  { name: "iterations", unit: "", group: "solver", of: (t) => t.solve?.iterations ?? Number.NaN },
  {
    name: "QP iterations",
    unit: "",
    group: "solver",
    of: (t) => t.solve?.history.reduce((sum, row) => sum + row.qpIterations, 0) ?? Number.NaN,
  },
  { name: "step length", unit: "", group: "solver", of: (t) => t.solve?.history.at(-1)?.alpha ?? Number.NaN },
  { name: "cost", unit: "", group: "cost", of: (t) => t.solve?.cost ?? Number.NaN },
  { name: "cost of the start", unit: "", group: "cost", of: (t) => t.solve?.history[0]?.cost ?? Number.NaN },
  { name: "merit", unit: "", group: "cost", of: (t) => t.solve?.merit ?? Number.NaN },
  { name: "violation", unit: "", group: "residuals", of: (t) => t.solve?.violation ?? Number.NaN },
  { name: "KKT residual", unit: "", group: "residuals", of: (t) => t.solve?.residuals.kkt ?? Number.NaN },
  {
    name: "primal residual",
    unit: "",
    group: "residuals",
    of: (t) => t.solve?.residuals.primal ?? Number.NaN,
  },
  {
    name: "stationarity",
    unit: "",
    group: "residuals",
    of: (t) => t.solve?.residuals.stationarity ?? Number.NaN,
  },
];

const TIME_COLUMNS: readonly Column[] = [
  { name: "solve time", unit: "ms", group: "time", of: (t) => t.totalMs },
  { name: "time: sensing", unit: "ms", group: "time", of: (t) => t.partsMs.sense },
  { name: "time: prediction", unit: "ms", group: "time", of: (t) => t.partsMs.predict },
  { name: "time: path", unit: "ms", group: "time", of: (t) => t.partsMs.path },
  { name: "time: distance field", unit: "ms", group: "time", of: (t) => t.partsMs.field },
  { name: "time: warm start", unit: "ms", group: "time", of: (t) => t.partsMs.init },
  { name: "time: SQP", unit: "ms", group: "time", of: (t) => t.partsMs.sqp },
  { name: "time: safety check", unit: "ms", group: "time", of: (t) => t.partsMs.check },
];

/** A word as a number: its place in its list. */
const place = (words: readonly string[], word: string | undefined): number => {
  const at = word === undefined ? -1 : words.indexOf(word);
  return at < 0 ? Number.NaN : at;
};

const STATE_COLUMNS: readonly Column[] = [
  { name: "solver status", unit: "", group: "status", of: (t) => place(SOLVE_STATUSES, t.solve?.status) },
  { name: "command source", unit: "", group: "status", of: (t) => place(PLAN_SOURCES, t.source) },
  { name: "phase", unit: "", group: "status", of: (t) => place(PHASES, t.phase) },
];
