import { FormatError } from "../base/index.ts";
import { type Command, PHASES, PLAN_SOURCES } from "../sim/index.ts";
import { array, type Json, list, number, numbersOf, object, oneOf, optional } from "./json-values.ts";
import type { Hypothesis, TickRecord } from "./tick-record.ts";

/**
 * A tick from the JSON value of `mnemosyne.Tick`; null numbers come back as NaN.
 *
 * @throws FormatError naming the field that is not as it should be
 */
export function decodeTick(value: unknown): TickRecord {
  const tick = object(value, "the message");
  return {
    tick: number(tick.tick, "tick"),
    time: number(tick.time, "time"),
    phase: oneOf(tick.phase, PHASES, "phase"),
    source: oneOf(tick.source, PLAN_SOURCES, "source"),
    command: decodeCommand(object(tick.command, "command")),
    pose: optional(tick.pose, (v) => {
      const { x, y, yaw } = object(v, "pose");
      return { x: number(x, "pose.x"), y: number(y, "pose.y"), yaw: number(yaw, "pose.yaw") };
    }),
    x: optional(tick.x, (v) => array(v, "x")),
    truth: optional(tick.truth, (v) => {
      const truth = object(v, "truth");
      return {
        state: array(truth.x, "truth.x"),
        clearance: optional(truth.clearance, (c) => number(c, "truth.clearance")),
        contact: truth.contact === true,
        contacts: optional(truth.contacts, (c) => number(c, "truth.contacts")),
      };
    }),
    goal: optional(tick.goal, (v) => decodeGoal(v, "goal")),
    localGoal: optional(tick.localGoal, (v) => decodeGoal(v, "localGoal")),
    final: optional(tick.final, (v) => v === true),
    plan: optional(tick.plan, (v) => {
      const plan = object(v, "plan");
      return {
        time: number(plan.time, "plan.time"),
        dt: number(plan.dt, "plan.dt"),
        X: array(plan.X, "plan.X"),
        U: array(plan.U, "plan.U"),
      };
    }),
    solve: optional(tick.solve, decodeSolve),
    hypotheses: list(tick.hypotheses ?? [], "hypotheses").map(decodeHypothesis),
    note: optional(tick.note, String),
    partsMs: numbersOf(tick.partsMs, ["sense", "field", "init", "sqp", "check"], "partsMs"),
    totalMs: number(tick.totalMs, "totalMs"),
    missedDeadline: tick.missedDeadline === true,
  };
}

function decodeCommand(command: Json): Command {
  if (command.kind === "stop") return { kind: "stop" };
  if (command.kind === "drive") return { kind: "drive", u: array(command.u, "command.u") };
  throw new FormatError(`command.kind is ${JSON.stringify(command.kind)}, expected "drive" or "stop"`);
}

function decodeGoal(value: unknown, name: string): NonNullable<TickRecord["goal"]> {
  const goal = object(value, name);
  const place = { x: number(goal.x, `${name}.x`), y: number(goal.y, `${name}.y`) };
  return goal.yaw === undefined ? place : { ...place, yaw: number(goal.yaw, `${name}.yaw`) };
}

function decodeSolve(value: unknown): NonNullable<TickRecord["solve"]> {
  const solve = object(value, "solve");
  type Solve = NonNullable<TickRecord["solve"]>;
  return {
    start: String(solve.start),
    ...(solve.startNote === undefined ? {} : { startNote: String(solve.startNote) }),
    status: String(solve.status) as Solve["status"],
    ...numbersOf(solve, ["iterations", "cost", "merit", "violation"], "solve"),
    slackInUse: solve.slackInUse === true,
    residuals: numbersOf(
      solve.residuals,
      ["primal", "stationarity", "complementarity", "kkt"],
      "solve.residuals",
    ),
    history: list(solve.history, "solve.history").map((v) => {
      const row = object(v, "solve.history's row");
      return {
        ...numbersOf(
          row,
          ["iteration", "cost", "merit", "violation", "kkt", "alpha", "qpIterations", "penalty"],
          "solve.history's row",
        ),
        gains: String(row.gains) as Solve["history"][number]["gains"],
      };
    }),
  };
}

function decodeHypothesis(value: unknown): Hypothesis {
  const h = object(value, "hypothesis");
  return {
    name: String(h.name),
    chosen: h.chosen === true,
    X: array(h.X, "hypothesis.X"),
    iterates: list(h.iterates ?? [], "hypothesis.iterates").map((v) =>
      array(object(v, "iterate").X, "iterate.X"),
    ),
  };
}
