import { FormatError } from "../base/index.ts";
import { SOLVE_STATUSES } from "../ocp/index.ts";
import { type Command, type Goal, PHASES, PLAN_SOURCES, type PlanSource } from "../sim/index.ts";
import {
  boxed,
  type Codec,
  flag,
  integer,
  type JsonSchema,
  listOf,
  maybe,
  named,
  numbers,
  real,
  record,
  text,
  word,
} from "./json-codec.ts";
import type { Hypothesis, PlanRecord, SolveRecord, TickRecord } from "./tick-record.ts";

const goal = (description: string): Codec<Goal> =>
  record<Goal>(
    { x: real("[m]"), y: real("[m]"), yaw: maybe(real("[rad], where it matters")) },
    true,
    description,
  );

const drive = record<{ kind: string; u?: Float64Array }>(
  {
    kind: text("drive, stop"),
    u: maybe(numbers("(nu) control: [m/s^2, rad/s^2], bicycle [m/s^2, rad/s], omni [m/s^2, m/s^2, rad/s^2]")),
  },
  true,
);

const command: Codec<Command> = {
  schema: drive.schema,
  encode: (value) => (value.kind === "drive" ? drive.encode(value) : { kind: "stop" }),
  decode(json, name) {
    const { kind, u } = drive.decode(json, name);
    if (kind === "stop") return { kind };
    if (kind === "drive" && u !== undefined) return { kind, u };
    throw new FormatError(`${name} is ${JSON.stringify(json)}, expected a "drive" with its u, or a "stop"`);
  },
};

const history = record<SolveRecord["history"][number]>(
  {
    iteration: integer("QPs solved so far"),
    cost: real("J"),
    merit: real("J plus penalties"),
    violation: real("largest violation of a constraint"),
    kkt: real("relative KKT residual"),
    alpha: real("step length that led here"),
    qpIterations: integer("iterations of the QP that led here"),
    gains: text("gains used by the step that led here"),
    penalty: real("largest penalty of the merit function"),
  },
  false,
);

const solve = record<SolveRecord>(
  {
    start: text("name of the warm start"),
    startNote: maybe(text("why that is not the warm start that was asked for")),
    status: text(SOLVE_STATUSES.join(", ")),
    iterations: integer("QPs solved"),
    cost: real("J of the solution"),
    merit: real("J plus penalties"),
    violation: real("largest violation of a constraint"),
    slackInUse: flag("whether a soft constraint is violated"),
    residuals: record<SolveRecord["residuals"]>(
      {
        primal: real("violation of hard constraints"),
        stationarity: real("gradient of the Lagrangian"),
        complementarity: real("of the inactive constraints"),
        kkt: real("relative KKT residual"),
      },
      false,
    ),
    history: listOf(history, "row 0 is the guess, the last row the result"),
  },
  false,
);

const plan = record<PlanRecord>(
  {
    time: real("start of the trajectory [s]"),
    dt: real("duration of a stage [s]"),
    X: numbers("(N + 1, nx) states"),
    U: numbers("(N, nu) controls"),
  },
  false,
);

const hypothesis = record<Hypothesis>(
  {
    name: text("where the start comes from"),
    chosen: flag("whether the solution grew from this one"),
    X: numbers("(N + 1, nx) states of the start"),
    iterates: maybe(listOf(boxed("X", numbers("(N + 1, nx) states")), "after each SQP iteration"), []),
  },
  false,
);

/** Older logs do not tell the time spent on the path. */
const path = real("[ms]; with what was spent on it since the command of the tick before");
const pathMs: Codec<number> = {
  ...path,
  optional: true,
  decode: (json, name) => (json === undefined ? 0 : path.decode(json, name)),
};

/** The row of a log, `mnemosyne.Tick`, of which one is written per control tick: every field, once. */
export const TICK: Codec<TickRecord> = record<TickRecord>(
  {
    tick: integer("number of the tick, from 0; -1 for a stop outside of a tick"),
    time: real("simulated seconds since the start"),
    phase: word(PHASES),
    source: word(PLAN_SOURCES, `where the command comes from: ${PLAN_SOURCES.join(", ")}`),
    note: maybe(text("why a fallback was taken, or what is wrong")),
    command,
    pose: maybe(record({ x: real("[m]"), y: real("[m]"), yaw: real("[rad]") }, false, "measured, map frame")),
    x: maybe(numbers("(nx) measured state: x, y, yaw, then speeds")),
    truth: maybe(
      record<NonNullable<TickRecord["truth"]>>(
        {
          state: named("x", numbers("(nx) true state")),
          clearance: maybe(real("true footprint to nearest occupied cell [m]")),
          contact: flag("whether the true footprint touches an obstacle"),
          contacts: maybe(integer("how often contact began")),
        },
        false,
      ),
    ),
    goal: maybe(goal("where the robot is to end up")),
    localGoal: maybe(goal("where this tick's plan leads")),
    final: maybe(flag("whether the local goal is the end of the path")),
    localPath: maybe(numbers("(n, 2) the path from beside the robot to beyond the local goal [m]")),
    plan: maybe(plan),
    solve: maybe(solve),
    hypotheses: maybe(listOf(hypothesis, "starts and what became of them"), []),
    partsMs: record(
      {
        sense: real("[ms]"),
        path: pathMs,
        field: real("[ms]"),
        init: real("[ms]"),
        sqp: real("[ms]"),
        check: real("[ms]"),
      },
      false,
    ),
    totalMs: real("[ms]"),
    missedDeadline: flag("whether the plan came too late"),
  },
  true,
);

/** Schema of `/diagnostics`, one message per control tick. Numbers that are not finite are null. */
export const TICK_SCHEMA: JsonSchema = {
  title: "mnemosyne.Tick",
  description:
    "What one control tick of mnemosyne-mpc saw, solved and commanded. SI units; arrays are flat, row-major.",
  ...TICK.schema,
};

/**
 * A tick from the JSON value of `mnemosyne.Tick`; null numbers come back as NaN.
 *
 * @throws FormatError naming the field that is not as it should be
 */
export function decodeTick(json: unknown): TickRecord {
  return TICK.decode(json, "");
}

/** What the robot was told, and how fast it goes: small, for plots. */
export const COMMAND: Codec<{
  readonly time: number;
  readonly kind: Command["kind"];
  readonly source: PlanSource;
  readonly u: Float64Array;
  readonly speeds: Float64Array;
  readonly clearance?: number;
}> = record(
  {
    time: real("simulated seconds since the start"),
    kind: text("drive, stop"),
    source: word(PLAN_SOURCES),
    u: numbers("(nu) control; empty for a stop"),
    speeds: numbers(
      "(nx - 3) true speeds: v, w; bicycle v, steering angle; omni vx, vy, w [m/s, rad/s, rad]",
    ),
    clearance: maybe(real("[m]")),
  },
  true,
);

/** Schema of `/command`. */
export const COMMAND_SCHEMA: JsonSchema = {
  title: "mnemosyne.Command",
  description: "What the robot was told, and how fast it goes.",
  ...COMMAND.schema,
};
