import { check, FormatError, messageOf } from "../base/index.ts";
import type { DriveSummary, LiveCommand, LivePhase } from "../drive/index.ts";
import { RecordError } from "./errors.ts";
import { number, object, optional } from "./json-codec.ts";
import type { LogMessage } from "./log-reader.ts";
import { createRunWriter, type LogWriter, type LogWriterOptions } from "./log-writer.ts";
import type { RunMeta } from "./tick-record.ts";

/** How a live run stands; `waiting`: for a new goal, while time stands still. */
export type LiveState =
  | LivePhase
  | { readonly state: "ended"; readonly summary?: DriveSummary; readonly note?: string };

/** Radii of obstacles that may be dropped. [m] */
const RADIUS = { low: 0.02, high: 5 } as const;

/** A command of a live page, from its JSON value. @throws FormatError naming a field that is not legal, and what is */
export function parseLiveCommand(value: unknown): LiveCommand {
  const command = object(value, "the command");
  if (command.kind === "goal") {
    const goal = object(command.goal, "goal");
    const yaw = optional(goal.yaw, (v) => finite(v, "goal.yaw"));
    const place = { x: finite(goal.x, "goal.x"), y: finite(goal.y, "goal.y") };
    return { kind: "goal", goal: yaw === undefined ? place : { ...place, yaw } };
  }
  if (command.kind === "resume") return { kind: "resume" };
  if (command.kind === "hand") return parseHand(command);
  check(
    "kind",
    command.kind,
    command.kind === "obstacle",
    '"goal", "obstacle", "hand" or "resume"',
    FormatError,
  );
  const radius = finite(command.radius, "radius");
  const legal = radius >= RADIUS.low && radius <= RADIUS.high;
  check("radius", radius, legal, `${RADIUS.low} .. ${RADIUS.high} [m]`, FormatError);
  return { kind: "obstacle", x: finite(command.x, "x"), y: finite(command.y, "y"), radius };
}

function parseHand(command: Record<string, unknown>): LiveCommand {
  const wish = object(command.wish, "wish");
  const share = (name: "forward" | "left" | "turn"): number => {
    const got = finite(wish[name], `wish.${name}`);
    check(`wish.${name}`, got, Math.abs(got) <= 1, "-1 .. 1", FormatError);
    return got;
  };
  const { from } = command;
  check(
    "from",
    from,
    typeof from === "string" && from !== "" && from.length <= 40,
    "1 .. 40 letters",
    FormatError,
  );
  const n = finite(command.n, "n");
  return {
    kind: "hand",
    from: from as string,
    n,
    wish: { forward: share("forward"), left: share("left"), turn: share("turn") },
  };
}

function finite(value: unknown, name: string): number {
  const got = number(value, name);
  check(name, got, Number.isFinite(got), "a finite number", FormatError);
  return got;
}

/**
 * Writes a run as messages instead of a file: the same values that a log holds as JSON, one after another,
 * for a viewer that watches the run while it is driven. Meta and summary are the caller's to pass on.
 *
 * @param take given every message at once; an error it throws ends the writing
 * @throws ConfigError for an illegal option, or a config that is not plain JSON
 */
export function createMessageWriter(
  take: (message: LogMessage) => void,
  meta: RunMeta,
  options?: Partial<LogWriterOptions>,
): LogWriter {
  return createRunWriter(
    (o) => {
      let messages = 0;
      let failure: LogWriter["failure"];
      return {
        add(topic, nanos, value) {
          if (failure !== undefined) return;
          take({ topic, time: Number(nanos) / 1e9, value });
          messages++;
        },
        addMetadata() {},
        waiting: 0,
        written: 0,
        get messages() {
          return messages;
        },
        get failure() {
          return failure;
        },
        fail(error) {
          if (failure !== undefined) return;
          failure =
            error instanceof RecordError ? error : new RecordError(messageOf(error), { cause: error });
          o.onFailure?.(failure);
        },
        async close() {},
      };
    },
    meta,
    options,
  );
}
