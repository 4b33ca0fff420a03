import { type Course, percentile } from "../../drive/index.ts";
import type { TickReport } from "../../planner/index.ts";
import type { Robot } from "../../sim/index.ts";
import { waypointsText } from "../route-file.ts";
import type { VerbEnd } from "../verb.ts";

/** What is counted while a robot is driven. */
export function createConnectTally() {
  const totals: number[] = [];
  let ticks = 0;
  let stops = 0;
  let stopped = true;
  let path = 0;
  let first: number | undefined;
  let last: TickReport | undefined;
  return {
    /** Links lost. */
    lost: 0,
    /** Of the last report. [s] */
    time: 0,
    add(report: TickReport): void {
      ticks++;
      first ??= report.time;
      this.time = report.time;
      const halted = report.phase === "fault";
      if (halted && !stopped) stops++;
      stopped = halted;
      if (Number.isFinite(report.pose.x)) {
        if (last !== undefined) path += Math.hypot(report.pose.x - last.pose.x, report.pose.y - last.pose.y);
        last = report;
      }
      if (report.scene !== undefined) totals.push(report.totalMs);
    },
    /** @param replaced how often the planner's thread was */
    summary(url: string, robot: Robot, end: VerbEnd, course: Course | undefined, replaced: number) {
      return {
        status: course === undefined ? "done" : end === "done" ? "reached" : "failed",
        url,
        robot: robot.name,
        time_s: Number((this.time - (first ?? this.time)).toFixed(2)),
        path_m: Number(path.toFixed(3)),
        ticks,
        stops,
        links_lost: this.lost,
        planners_replaced: replaced,
        ...(course?.figures && { waypoints: course.figures }),
        plan_ms: {
          p50: Number(percentile(totals, 0.5).toFixed(2)),
          p99: Number(percentile(totals, 0.99).toFixed(2)),
        },
      };
    },
  };
}

export type ConnectSummary = ReturnType<ReturnType<typeof createConnectTally>["summary"]>;

/** The summary of a drive, for people. */
export function summaryText(s: ConnectSummary): string {
  return [
    `${s.url}  ${s.status}`,
    `drive     ${s.path_m} m in ${s.time_s} s, ${s.ticks} ticks, ${s.stops} stops, ${s.links_lost} links lost, ${s.planners_replaced} planners replaced`,
    ...(s.waypoints === undefined ? [] : [`waypoints ${waypointsText(s.waypoints)}`]),
    `tick [ms] ${s.plan_ms.p50} (median), ${s.plan_ms.p99} (p99)`,
  ].join("\n");
}
