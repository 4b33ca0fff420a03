import { FormatError } from "../base/index.ts";
import type { DriveSummary, LiveCommand, LivePhase } from "../drive/index.ts";
import { number, object, optional } from "./json-values.ts";

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
  if (command.kind === "obstacle") {
    const radius = finite(command.radius, "radius");
    if (!(radius >= RADIUS.low && radius <= RADIUS.high))
      throw new FormatError(`radius is ${radius} m, expected ${RADIUS.low} .. ${RADIUS.high}`);
    return { kind: "obstacle", x: finite(command.x, "x"), y: finite(command.y, "y"), radius };
  }
  const kind = JSON.stringify(command.kind)?.slice(0, 40);
  throw new FormatError(`kind is ${kind}, expected "goal" or "obstacle"`);
}

function finite(value: unknown, name: string): number {
  const got = number(value, name);
  if (Number.isFinite(got)) return got;
  throw new FormatError(`${name} is ${got}, expected a finite number`);
}
