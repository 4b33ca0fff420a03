import type { DriveSummary } from "../drive/index.ts";
import type { TickReport } from "../planner/index.ts";
import type { RunRecord, Truth } from "../record/index.ts";
import { type Goal, type OccupancyGrid, type Pose, type Robot, robotSizes } from "../sim/index.ts";
import { renderRun } from "./render-run.ts";
import type { RunSample, RunView } from "./run-view.ts";

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
      });
    },
    draw: (summary, title) => renderRun({ ...run, goal, paths, samples, summary, title: title ?? run.title }),
  };
}

/** The view of a logged run; undefined where the log holds no map or no tick. */
export function viewOfRecord(record: RunRecord): RunView | undefined {
  const { robot, id } = record.meta;
  const { nx } = robotSizes(robot);
  const samples: RunSample[] = [];
  for (const { time, truth, x, plan } of record.ticks) {
    const state = truth?.state ?? x;
    if (state === undefined || !state.every(Number.isFinite)) continue;
    samples.push({ time, x: state, plan: plan && placesOf(plan.X, nx), contact: truth?.contact });
  }
  const map = record.maps[record.maps.length - 1];
  if (map === undefined || samples.length === 0) return undefined;
  const [px, py, yaw] = samples[0].x;
  return {
    grid: map.grid,
    robot,
    start: { x: px, y: py, yaw },
    goal: record.ticks.findLast((tick) => tick.goal !== undefined)?.goal,
    paths: record.paths.map((path) => path.points),
    samples,
    summary: record.summary,
    title: id,
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
