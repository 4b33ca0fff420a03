import { AXIS_MOTIONS, robotBounds, robotKinematics } from "../../../src/sim/index.ts";
import type { RunIndex, Series } from "../contracts.ts";

/** A level that a quantity should keep to, drawn dashed. */
export type Limit = { readonly value: number; readonly text: string };

/**
 * The limits that belong to a series: the robot's for speeds, the period or deadline for times, contact for
 * clearances. Series are known by unit and name, whoever made them.
 */
export function limitsOf(series: Pick<Series, "name" | "unit">, index: RunIndex): Limit[] {
  const { robot } = index.meta;
  // What is computed, or of another program, has a name and a unit like it at most by chance.
  if (/^[=/]/.test(series.name)) return [];
  const name = series.name.toLowerCase();
  if (/limit|deadline|lowest|highest/.test(name)) return [];
  const { axes } = robotKinematics(robot);
  const alike = axes.map((_, i) => i).filter((i) => AXIS_MOTIONS[axes[i].motion].unit === series.unit);
  const lateral = alike.filter((i) => axes[i].motion === "sideways" && /\bvy\b|lateral/.test(name));
  const axis = lateral[0] ?? alike[0];
  if (axis !== undefined && (axes[axis].motion !== "steering" || name.includes("steer"))) {
    const { xLower, xUpper } = robotBounds(robot);
    return pair(xLower[axis], xUpper[axis], AXIS_MOTIONS[axes[axis].motion].state);
  }
  if (series.unit === "ms") return [deadlineOf(index)];
  if (name.includes("clearance")) return [{ value: 0, text: "contact" }];
  return [];
}

/** The deadline of a plan, or the period where none was set. */
export function deadlineOf({ meta, summary }: RunIndex): Limit {
  const { deadlineMs, rateHz } = meta.config ?? {};
  const given = typeof deadlineMs === "number" ? deadlineMs : summary?.deadline.ms;
  if (given !== undefined && Number.isFinite(given)) return { value: given, text: "deadline" };
  return { value: typeof rateHz === "number" && rateHz > 0 ? 1000 / rateHz : 100, text: "control period" };
}

function pair(low: number, high: number, what: string): Limit[] {
  return [
    { value: low, text: `lowest ${what}` },
    { value: high, text: `highest ${what}` },
  ];
}
