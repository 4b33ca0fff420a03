import type { TickRecord } from "../../../src/record/index.ts";
import type { Mark } from "../contracts.ts";

/** Finds the moments worth a look while ticks go by, in order. */
type MarkFinder = {
  /** The marks of the next tick. @param time of the tick on the run's axis [s] */
  add(tick: TickRecord, time: number): Mark[];
};

/**
 * One mark where a fallback, a contact or a recovery begins; one for every deadline missed; one for a new note.
 *
 * @param deadlineMs a plan that takes longer is late even where nothing was lost by it [ms]
 */
export function createMarkFinder(deadlineMs = Number.POSITIVE_INFINITY): MarkFinder {
  let source = "";
  let touching = "";
  let recovering = false;
  let note = "";
  return {
    add(tick, time) {
      const marks: Mark[] = [];
      const add = (kind: Mark["kind"], text: string): void => void marks.push({ time, kind, text });
      const why = tick.note === undefined ? "" : `: ${tick.note}`;
      const fallback = isFallback(tick) ? tick.source : "";
      if (fallback !== "" && fallback !== source) add("fallback", `${FALLBACKS[tick.source]}${why}`);
      source = fallback;
      const touch = touchOf(tick);
      if (touch !== "" && touch !== touching) add("contact", touch);
      touching = touch;
      const recovers = tick.phase === "recovering";
      if (recovers && !recovering) add("recovery", `recovery${why}`);
      recovering = recovers;
      if (tick.missedDeadline || tick.totalMs > deadlineMs)
        add("missedDeadline", `deadline missed: the plan took ${tick.totalMs.toFixed(1)} ms`);
      const text = tick.note ?? "";
      if (text !== "" && text !== note && marks.length === 0) add("note", text);
      note = text;
      return marks;
    },
  };
}

const FALLBACKS: Readonly<Record<TickRecord["source"], string>> = {
  solution: "",
  lastPlan: "fallback: the last plan goes on",
  brake: "fallback: braking",
  stop: "fallback: stop",
};

/** What touches the robot, for people; "" where nothing does. */
function touchOf({ truth }: TickRecord): string {
  if (truth?.contact === true) return "the footprint touches an obstacle";
  return (truth?.moverClearance ?? 1) <= 0 ? "somebody touches the robot, which has not caused it" : "";
}

/** Whether the robot did not do what this tick's solve said though it was on its way. */
function isFallback({ source, phase }: TickRecord): boolean {
  if (source === "lastPlan" || source === "brake") return true;
  return source === "stop" && (phase === "driving" || phase === "stuck" || phase === "fault");
}
