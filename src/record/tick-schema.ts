import { SOLVE_STATUSES } from "../ocp/index.ts";
import { PHASES, PLAN_SOURCES } from "../sim/index.ts";

/** A JSON Schema as far as Foxglove reads it: no null, no unions, no arrays of arrays. */
export type JsonSchema = {
  readonly type: "object" | "array" | "string" | "number" | "integer" | "boolean";
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
};

const number = (description: string): JsonSchema => ({ type: "number", description });
const integer = (description: string): JsonSchema => ({ type: "integer", description });
const text = (description: string): JsonSchema => ({ type: "string", description });
const flag = (description: string): JsonSchema => ({ type: "boolean", description });
const numbers = (description: string): JsonSchema => ({
  type: "array",
  items: { type: "number" },
  description,
});
const objects = (items: JsonSchema, description: string): JsonSchema => ({
  type: "array",
  items,
  description,
});
const object = (
  properties: Record<string, JsonSchema>,
  required: readonly string[] = [],
  description?: string,
): JsonSchema => ({
  type: "object",
  properties,
  required,
  ...(description === undefined ? {} : { description }),
});

const goal = (description: string): JsonSchema =>
  object(
    { x: number("[m]"), y: number("[m]"), yaw: number("[rad], where it matters") },
    ["x", "y"],
    description,
  );

const command = object(
  {
    kind: text("drive, stop"),
    u: numbers("(nu) control: [m/s^2, rad/s^2], bicycle [m/s^2, rad/s], omni [m/s^2, m/s^2, rad/s^2]"),
  },
  ["kind"],
);

const history = object({
  iteration: integer("QPs solved so far"),
  cost: number("J"),
  merit: number("J plus penalties"),
  violation: number("largest violation of a constraint"),
  kkt: number("relative KKT residual"),
  alpha: number("step length that led here"),
  qpIterations: integer("iterations of the QP that led here"),
  gains: text("gains used by the step that led here"),
  penalty: number("largest penalty of the merit function"),
});

const solve = object({
  start: text("name of the warm start"),
  startNote: text("why that is not the warm start that was asked for"),
  status: text(SOLVE_STATUSES.join(", ")),
  iterations: integer("QPs solved"),
  cost: number("J of the solution"),
  merit: number("J plus penalties"),
  violation: number("largest violation of a constraint"),
  slackInUse: flag("whether a soft constraint is violated"),
  residuals: object({
    primal: number("violation of hard constraints"),
    stationarity: number("gradient of the Lagrangian"),
    complementarity: number("of the inactive constraints"),
    kkt: number("relative KKT residual"),
  }),
  history: objects(history, "row 0 is the guess, the last row the result"),
});

/** Schema of `/diagnostics`, one message per control tick. Numbers that are not finite are null. */
export const TICK_SCHEMA: JsonSchema = {
  title: "mnemosyne.Tick",
  description:
    "What one control tick of mnemosyne-mpc saw, solved and commanded. SI units; arrays are flat, row-major.",
  ...object(
    {
      tick: integer("number of the tick, from 0; -1 for a stop outside of a tick"),
      time: number("simulated seconds since the start"),
      phase: text(PHASES.join(", ")),
      source: text(`where the command comes from: ${PLAN_SOURCES.join(", ")}`),
      note: text("why a fallback was taken, or what is wrong"),
      command,
      pose: object({ x: number("[m]"), y: number("[m]"), yaw: number("[rad]") }, [], "measured, map frame"),
      x: numbers("(nx) measured state: x, y, yaw, then speeds"),
      truth: object({
        x: numbers("(nx) true state"),
        clearance: number("true footprint to nearest occupied cell [m]"),
        contact: flag("whether the true footprint touches an obstacle"),
        contacts: integer("how often contact began"),
      }),
      goal: goal("where the robot is to end up"),
      localGoal: goal("where this tick's plan leads"),
      final: flag("whether the local goal is the end of the path"),
      plan: object({
        time: number("start of the trajectory [s]"),
        dt: number("duration of a stage [s]"),
        X: numbers("(N + 1, nx) states"),
        U: numbers("(N, nu) controls"),
      }),
      solve,
      hypotheses: objects(
        object({
          name: text("where the start comes from"),
          chosen: flag("whether the solution grew from this one"),
          X: numbers("(N + 1, nx) states of the start"),
          iterates: objects(object({ X: numbers("(N + 1, nx) states") }), "after each SQP iteration"),
        }),
        "starts and what became of them",
      ),
      partsMs: object({
        sense: number("[ms]"),
        field: number("[ms]"),
        init: number("[ms]"),
        sqp: number("[ms]"),
        check: number("[ms]"),
      }),
      totalMs: number("[ms]"),
      missedDeadline: flag("whether the plan came too late"),
    },
    ["tick", "time", "phase", "source", "command", "partsMs", "totalMs", "missedDeadline"],
  ),
};

/** Schema of `/command`: small, for plots. */
export const COMMAND_SCHEMA: JsonSchema = {
  title: "mnemosyne.Command",
  description: "What the robot was told, and how fast it goes.",
  ...object(
    {
      time: number("simulated seconds since the start"),
      kind: text("drive, stop"),
      source: text(PLAN_SOURCES.join(", ")),
      u: numbers("(nu) control; empty for a stop"),
      speeds: numbers(
        "(nx - 3) true speeds: v, w; bicycle v, steering angle; omni vx, vy, w [m/s, rad/s, rad]",
      ),
      clearance: number("[m]"),
    },
    ["time", "kind", "source", "u", "speeds"],
  ),
};
