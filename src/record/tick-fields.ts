import { check, FormatError } from "../base/index.ts";
import {
  type Command,
  type Goal,
  type Mover,
  PHASES,
  PLAN_SOURCES,
  type PlanSource,
  type Pose,
  type Via,
} from "../sim/index.ts";
import type { MoverDeviation, SeenMover } from "../track/index.ts";
import {
  boxed,
  type Codec,
  flag,
  integer,
  listOf,
  maybe,
  named,
  numbers,
  real,
  record,
  someWord,
  text,
  word,
} from "./json-codec.ts";
import type { Hypothesis, PlanRecord, SolveRecord, TickRecord } from "./tick-record.ts";

const pose = record<Pose>({ x: real, y: real, yaw: real });
const via = record<Via>({ x: real, y: real, tolerance: maybe(real) }, true);
const goal = record<Goal>(
  { x: real, y: real, yaw: maybe(real), tolerance: maybe(real), via: maybe(listOf(via)) },
  true,
);
const drive = record<{ kind: string; u?: Float64Array }>({ kind: text, u: maybe(numbers) }, true);

const command: Codec<Command> = {
  ...drive,
  encode: (value) => (value.kind === "drive" ? drive.encode(value) : { kind: "stop" }),
  decode(json, name) {
    const { kind, u } = drive.decode(json, name);
    if (kind === "stop") return { kind };
    const drives = kind === "drive" && u !== undefined;
    check(name, json, drives, 'a "drive" with its u, or a "stop"', FormatError);
    return { kind, u };
  },
};

const history = record<SolveRecord["history"][number]>({
  iteration: integer,
  cost: real,
  merit: real,
  violation: real,
  kkt: real,
  alpha: real,
  qpIterations: integer,
  gains: someWord(),
  penalty: real,
});

const residuals = record<SolveRecord["residuals"]>({
  primal: real,
  stationarity: real,
  complementarity: real,
  kkt: real,
});

const solve = record<SolveRecord>({
  start: text,
  startNote: maybe(text),
  status: someWord(),
  iterations: integer,
  cost: real,
  merit: real,
  violation: real,
  slackInUse: flag,
  residuals,
  history: listOf(history),
});

const place = { id: integer, x: real, y: real, vx: real, vy: real, radius: real };
const mover = record<Mover>(place);
const deviation = record<MoverDeviation>({ place: real, speed: real });
const seenMover = record<SeenMover>({ ...place, deviation: maybe(deviation) }, true);

const truth = record<NonNullable<TickRecord["truth"]>>({
  state: named("x", numbers),
  clearance: maybe(real),
  contact: flag,
  contacts: maybe(integer),
  movers: maybe(listOf(mover)),
  moverClearance: maybe(real),
});

const hypothesis = record<Hypothesis>({
  name: text,
  chosen: flag,
  X: numbers,
  iterates: maybe(listOf(boxed("X", numbers)), []),
});

/** Older logs do not tell the time spent on the path and on the prediction. */
const laterMs: Codec<number> = {
  ...real,
  optional: true,
  decode: (json, name) => (json === undefined ? 0 : real.decode(json, name)),
};

/**
 * The row of a log, `mnemosyne.Tick`, of which one is written per control tick: every field, once. What the
 * fields mean stands in {@link TICK_SCHEMA}.
 */
export const TICK: Codec<TickRecord> = record<TickRecord>(
  {
    tick: integer,
    time: real,
    phase: word(PHASES),
    source: word(PLAN_SOURCES),
    note: maybe(text),
    command,
    pose: maybe(pose),
    x: maybe(numbers),
    measured: maybe(numbers),
    truth: maybe(truth),
    goal: maybe(goal),
    localGoal: maybe(goal),
    final: maybe(flag),
    movers: maybe(listOf(seenMover)),
    localPath: maybe(numbers),
    direction: maybe(integer),
    plan: maybe(record<PlanRecord>({ time: real, dt: real, X: numbers, U: numbers })),
    solve: maybe(solve),
    hypotheses: maybe(listOf(hypothesis), []),
    partsMs: record({
      sense: real,
      predict: laterMs,
      path: laterMs,
      field: real,
      init: real,
      sqp: real,
      check: real,
    }),
    totalMs: real,
    missedDeadline: flag,
  },
  true,
);

/**
 * A tick from the JSON value of `mnemosyne.Tick`; null numbers come back as NaN.
 *
 * @throws FormatError naming the field that is not as it should be
 */
export function decodeTick(json: unknown): TickRecord {
  return TICK.decode(json, "");
}

/** What the robot was told, and how fast it goes: small, for plots. */
export type CommandRecord = {
  readonly time: number;
  readonly kind: Command["kind"];
  readonly source: PlanSource;
  readonly u: Float64Array;
  readonly speeds: Float64Array;
  readonly clearance?: number;
};

/** The message of `/command`. */
export const COMMAND: Codec<CommandRecord> = record<CommandRecord>(
  {
    time: real,
    kind: someWord(),
    source: word(PLAN_SOURCES),
    u: numbers,
    speeds: numbers,
    clearance: maybe(real),
  },
  true,
);
