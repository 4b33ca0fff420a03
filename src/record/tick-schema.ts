import { SOLVE_STATUSES } from "../ocp/index.ts";
import { PHASES, PLAN_SOURCES } from "../sim/index.ts";
import type { Codec } from "./json-codec.ts";
import { COMMAND, type CommandRecord, TICK } from "./tick-fields.ts";
import type { Hypothesis, SolveRecord, TickRecord } from "./tick-record.ts";

/** A JSON Schema as far as Foxglove reads it: no null, no unions, no arrays of arrays. */
export type JsonSchema = {
  readonly type: Codec<unknown>["type"];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
};

/** What a value means, for people; of an object or an array of objects also what each field means. */
type Meaning = string | { readonly of?: string; readonly fields: Readonly<Record<string, Meaning>> };
type Meanings<T> = { readonly [K in keyof T]-?: Meaning };

const point = { x: "[m]", y: "[m]" };
const goal = {
  ...point,
  yaw: "[rad], where it matters",
  tolerance: "how near is there, where that is not as usual [m]",
  via: {
    of: "places to pass through on the way",
    fields: { ...point, tolerance: "how near is through [m]" },
  },
};
const sources = PLAN_SOURCES.join(", ");

const row: Meanings<SolveRecord["history"][number]> = {
  iteration: "QPs solved so far",
  cost: "J",
  merit: "J plus penalties",
  violation: "largest violation of a constraint",
  kkt: "relative KKT residual",
  alpha: "step length that led here",
  qpIterations: "iterations of the QP that led here",
  gains: "gains used by the step that led here",
  penalty: "largest penalty of the merit function",
};

const solve: Meanings<SolveRecord> = {
  start: "name of the warm start",
  startNote: "why that is not the warm start that was asked for",
  status: SOLVE_STATUSES.join(", "),
  iterations: "QPs solved",
  cost: "J of the solution",
  merit: "J plus penalties",
  violation: "largest violation of a constraint",
  slackInUse: "whether a soft constraint is violated",
  residuals: {
    fields: {
      primal: "violation of hard constraints",
      stationarity: "gradient of the Lagrangian",
      complementarity: "of the inactive constraints",
      kkt: "relative KKT residual",
    },
  },
  history: { of: "row 0 is the guess, the last row the result", fields: row },
};

const hypothesis: Meanings<Hypothesis> = {
  name: "where the start comes from",
  chosen: "whether the solution grew from this one",
  X: "(N + 1, nx) states of the start",
  iterates: { of: "after each SQP iteration", fields: { X: "(N + 1, nx) states" } },
};

const movers = {
  id: "the same as long as it is the same one",
  ...point,
  vx: "[m/s]",
  vy: "[m/s]",
  radius: "[m]",
};

const tick: Meanings<TickRecord> = {
  tick: "number of the tick, from 0; -1 for a stop outside of a tick",
  time: "simulated seconds since the start",
  phase: PHASES.join(", "),
  source: `where the command comes from: ${sources}`,
  note: "why a fallback was taken, or what is wrong",
  command: {
    fields: {
      kind: "drive, stop",
      u: "(nu) control: [m/s^2, rad/s^2], bicycle [m/s^2, rad/s], omni [m/s^2, m/s^2, rad/s^2]",
    },
  },
  pose: { of: "measured, map frame", fields: { ...point, yaw: "[rad]" } },
  x: "(nx) state that was planned from: x, y, yaw, then speeds",
  measured: "(nx) measured state, where x is predicted from it to when the command acts",
  truth: {
    fields: {
      state: "(nx) true state",
      clearance: "true footprint to nearest occupied cell [m]",
      contact: "whether the true footprint touches an obstacle",
      contacts: "how often contact began",
      movers: { of: "who moves around it, map frame", fields: movers },
      moverClearance: "true footprint to nearest mover [m]",
    },
  },
  goal: { of: "where the robot is to end up", fields: goal },
  localGoal: { of: "where this tick's plan leads", fields: goal },
  final: "whether the local goal is the end of the path",
  movers: {
    of: "who moves nearby, as the robot knows, when the command acts",
    fields: {
      ...movers,
      deviation: { of: "standard deviations", fields: { place: "[m]", speed: "[m/s]" } },
    },
  },
  direction: "of a robot that cannot turn on the spot, along that path: forwards 1, backwards -1",
  localPath: "(n, 2) the path from beside the robot to beyond the local goal [m]",
  plan: {
    fields: {
      time: "start of the trajectory [s]",
      dt: "duration of a stage [s]",
      X: "(N + 1, nx) states",
      U: "(N, nu) controls",
    },
  },
  solve: { fields: solve },
  hypotheses: { of: "starts and what became of them", fields: hypothesis },
  partsMs: {
    fields: {
      sense: "[ms]",
      predict: "[ms]",
      path: "[ms]; with what was spent on it since the command of the tick before",
      field: "[ms]",
      init: "[ms]",
      sqp: "[ms]",
      check: "[ms]",
    },
  },
  totalMs: "[ms]",
  missedDeadline: "whether the plan came too late",
};

const command: Meanings<CommandRecord> = {
  time: "simulated seconds since the start",
  kind: "drive, stop",
  source: sources,
  u: "(nu) control; empty for a stop",
  speeds: "(nx - 3) true speeds: v, w; bicycle v, steering angle; omni vx, vy, w [m/s, rad/s, rad]",
  clearance: "[m]",
};

/** The schema of what a codec writes. */
function schemaOf(codec: Codec<unknown>, meaning?: Meaning): JsonSchema {
  const { type, item, fields } = codec;
  const own = typeof meaning === "object" ? meaning.of : meaning;
  const description = own === undefined ? {} : { description: own };
  if (item !== undefined) {
    const inner = typeof meaning === "object" ? { fields: meaning.fields } : undefined;
    return { type, items: schemaOf(item, inner), ...description };
  }
  if (fields === undefined) return { type, ...description };
  const meanings = typeof meaning === "object" ? meaning.fields : {};
  const properties = fields.map(({ field, key, codec }) => [key, schemaOf(codec, meanings[field])]);
  const required = codec.strict ? fields.filter((row) => !row.codec.optional).map((row) => row.key) : [];
  return { type, properties: Object.fromEntries(properties), required, ...description };
}

/** Schema of `/diagnostics`, one message per control tick. Numbers that are not finite are null. */
export const TICK_SCHEMA: JsonSchema = {
  title: "mnemosyne.Tick",
  description:
    "What one control tick of mnemosyne-mpc saw, solved and commanded. SI units; arrays are flat, row-major.",
  ...schemaOf(TICK, { fields: tick }),
};

/** Schema of `/command`. */
export const COMMAND_SCHEMA: JsonSchema = {
  title: "mnemosyne.Command",
  description: "What the robot was told, and how fast it goes.",
  ...schemaOf(COMMAND, { fields: command }),
};
