import type { RunIndex, Series } from "../contracts.ts";

/** A level that a quantity should keep to, drawn dashed. */
export type Limit = { readonly value: number; readonly text: string };

/**
 * The limits that belong to a series: the robot's for speeds, the period or deadline for times, contact for
 * clearances. Series are known by unit and name, whoever made them.
 */
export function limitsOf(series: Pick<Series, "name" | "unit">, index: RunIndex): Limit[] {
  const { robot } = index.meta;
  const name = series.name.toLowerCase();
  if (/limit|deadline|lowest|highest/.test(name)) return [];
  if (series.unit === "m/s") {
    const lateral = /\bvy\b|lateral/.test(name);
    if (robot.model !== "omni") return pair(robot.limits.vMin, robot.limits.vMax, "speed");
    const { vxMin, vxMax, vyMax } = robot.limits;
    return lateral ? pair(-vyMax, vyMax, "lateral speed") : pair(vxMin, vxMax, "speed");
  }
  if (series.unit === "rad/s" && robot.model !== "bicycle")
    return pair(-robot.limits.wMax, robot.limits.wMax, "turn rate");
  if (series.unit === "rad" && robot.model === "bicycle" && name.includes("steer"))
    return pair(-robot.limits.deltaMax, robot.limits.deltaMax, "steering angle");
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
