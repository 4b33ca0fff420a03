import type { DriveSummary } from "../drive/index.ts";
import type { TickReport } from "../planner/index.ts";
import type { Truth } from "../record/index.ts";
import { type Goal, type OccupancyGrid, type Pose, type Robot, robotSizes } from "../sim/index.ts";
import { renderRun } from "./render-run.ts";
import type { RunSample } from "./run-view.ts";

/** Collects a run while it is driven and draws it at the end. */
export type RunPicture = {
  /** To be called after every tick; a `Simulator` will do as the truth. */
  add(report: TickReport, truth: Truth): void;
  /** The run so far as the text of an SVG file. */
  draw(summary?: DriveSummary, title?: string): string;
};

/** Creates a picture to be filled tick by tick. */
export function createRunPicture(run: {
  readonly grid: OccupancyGrid;
  readonly robot: Robot;
  readonly start: Pose;
  readonly goal: Goal;
  readonly title?: string;
}): RunPicture {
  const { nx } = robotSizes(run.robot);
  const samples: RunSample[] = [];
  const paths: Float64Array[] = [];
  let goal = run.goal;
  return {
    add(report, truth) {
      goal = report.goal ?? goal;
      const path = report.globalPath;
      if (path !== undefined && paths[paths.length - 1] !== path) paths.push(path);
      samples.push({
        time: report.time,
        x: truth.state.slice(),
        plan: report.plan && placesOf(report.plan.X, nx),
        contact: truth.contact,
        movers: truth.movers,
      });
    },
    draw: (summary, title) => renderRun({ ...run, goal, paths, samples, summary, title: title ?? run.title }),
  };
}

/** (n, 2) positions of states (n, nx). */
function placesOf(X: Float64Array, nx: number): Float64Array {
  const places = new Float64Array(2 * Math.floor(X.length / nx));
  for (let k = 0; 2 * k < places.length; k++) {
    places[2 * k] = X[k * nx];
    places[2 * k + 1] = X[k * nx + 1];
  }
  return places;
}
