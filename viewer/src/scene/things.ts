import { cellIndexAt, footprintClearance, robotKinematics, robotSizes } from "../../../src/sim/index.ts";
import { placeCorners } from "./footprint-sweep.ts";
import type { LayerId, ShownRun } from "./layer.ts";
import { insideConvex, type Nearest, nearestOnLine } from "./nearest.ts";

/** Something that was clicked. */
export type ClickedThing = {
  readonly title: string;
  readonly slot: number;
  /** Where it is, map frame. [m] */ readonly x: number;
  readonly y: number;
  /** Label and value, with unit. */ readonly rows: readonly (readonly [string, string])[];
};

type Shown = (id: LayerId) => boolean;
type Line = {
  readonly title: string;
  readonly X: Float64Array;
  readonly stride: number;
  readonly kind: "plan" | "trail" | "path";
};

const fixed = (value: number, digits = 2): string =>
  Number.isFinite(value) ? value.toFixed(digits) : "unknown";
const metres = (value: number): string => `${fixed(value)} m`;
const degrees = (radians: number): string => `${fixed((radians * 180) / Math.PI, 1)}°`;

/**
 * The thing at a place: a robot or goal there, else the nearest line within the radius, else the map's cell.
 *
 * @param radius how far off a line may be [m]
 */
export function thingAt(
  views: readonly ShownRun[],
  shown: Shown,
  x: number,
  y: number,
  radius: number,
): ClickedThing | undefined {
  for (const view of views) {
    const thing =
      robotAt(view, shown, x, y) ?? moverAt(view, shown, x, y) ?? goalAt(view, shown, x, y, 1.5 * radius);
    if (thing !== undefined) return thing;
  }
  let best: { view: ShownRun; line: Line; nearest: Nearest } | undefined;
  for (const view of views) {
    for (const line of linesOf(view, shown)) {
      const count = line.kind === "trail" ? view.tick + 1 : undefined;
      const nearest = nearestOnLine(line.X, line.stride, x, y, count);
      // A line that comes first in the list wins where two lie on each other.
      if (nearest === undefined || nearest.distance > radius) continue;
      if (best === undefined || nearest.distance < best.nearest.distance - 0.15 * radius)
        best = { view, line, nearest };
    }
  }
  if (best !== undefined) return best.line.kind === "plan" ? stageOf(best) : placeOf(best);
  return views.length === 0 ? undefined : cellOf(views[0], x, y);
}

function robotAt(view: ShownRun, shown: Shown, x: number, y: number): ClickedThing | undefined {
  const { pose, corners, run, slot, record, tick } = view;
  if (!shown("robot") || !Number.isFinite(pose[0] + pose[1] + pose[2])) return undefined;
  const placed = new Float64Array(corners.length);
  placeCorners(corners, pose[0], pose[1], pose[2], placed);
  if (!insideConvex(placed, x, y)) return undefined;
  const { robot } = run.index.meta;
  const state = record?.truth?.state ?? record?.x;
  const rows: (readonly [string, string])[] = [
    ["tick", `${tick} at ${fixed(run.index.times[tick])} s`],
    ...poseRows(pose),
  ];
  if (state !== undefined) rows.push(...speedRows(view, state, 0));
  if (record !== undefined) {
    rows.push(["phase", record.phase], ["command from", record.source]);
    const { clearance } = record.truth ?? {};
    if (clearance !== undefined) rows.push(["clearance", metres(clearance)]);
    if (record.pose !== undefined)
      rows.push(["measured off by", metres(Math.hypot(record.pose.x - pose[0], record.pose.y - pose[1]))]);
    if (record.note !== undefined) rows.push(["note", record.note]);
  }
  return { title: `Robot ${robot.name}`, slot, x: pose[0], y: pose[1], rows };
}

function moverAt(
  { record, slot, pose }: ShownRun,
  shown: Shown,
  x: number,
  y: number,
): ClickedThing | undefined {
  const there = record?.truth?.movers ?? record?.movers ?? [];
  const mover = there.find((one) => Math.hypot(one.x - x, one.y - y) <= one.radius);
  if (mover === undefined || !shown("movers")) return undefined;
  return {
    title: `Mover ${mover.id}`,
    slot,
    x: mover.x,
    y: mover.y,
    rows: [
      ["x", metres(mover.x)],
      ["y", metres(mover.y)],
      ["radius", metres(mover.radius)],
      ["speed", `${fixed(Math.hypot(mover.vx, mover.vy))} m/s`],
      ["from the robot", metres(Math.hypot(mover.x - pose[0], mover.y - pose[1]))],
    ],
  };
}

function goalAt(
  view: ShownRun,
  shown: Shown,
  x: number,
  y: number,
  radius: number,
): ClickedThing | undefined {
  const { record, slot, pose } = view;
  const goals = [
    ["localGoal", "Local goal", record?.localGoal],
    ["goal", "Goal", record?.goal],
  ] as const;
  for (const [id, title, goal] of goals) {
    if (goal === undefined || !shown(id) || Math.hypot(goal.x - x, goal.y - y) > radius) continue;
    const rows: (readonly [string, string])[] = [
      ["x", metres(goal.x)],
      ["y", metres(goal.y)],
      ["yaw", goal.yaw === undefined ? "any" : degrees(goal.yaw)],
      ["from the robot", metres(Math.hypot(goal.x - pose[0], goal.y - pose[1]))],
    ];
    if (id === "localGoal") rows.push(["end of the path", record?.final === true ? "yes" : "no"]);
    return { title, slot, x: goal.x, y: goal.y, rows };
  }
  return undefined;
}

function linesOf({ record, nx, run, path }: ShownRun, shown: Shown): Line[] {
  const lines: Line[] = [];
  const plan = (title: string, X: Float64Array): void =>
    void lines.push({ title, X, stride: nx, kind: "plan" });
  if (record?.plan !== undefined && shown("solution")) plan("Solution", record.plan.X);
  for (const { name, chosen, X, iterates } of record?.hypotheses ?? []) {
    if (chosen && shown("start")) plan(`Warm start ${name}, chosen`, X);
    if (chosen && shown("iterates"))
      iterates.forEach((I, n) => void plan(`SQP iterate ${n + 1} of ${iterates.length}, from ${name}`, I));
    if (!chosen && shown("hypotheses")) {
      plan(`Start ${name}, not chosen`, X);
      iterates.forEach((I, n) => void plan(`Iterate ${n + 1} from ${name}, not chosen`, I));
    }
  }
  if (shown("trail")) lines.push({ title: "Trail", X: run.trail(), stride: 3, kind: "trail" });
  if (path !== undefined && shown("path"))
    lines.push({ title: "Global path", X: path.points, stride: 2, kind: "path" });
  return lines;
}

function stageOf({ view, line, nearest }: { view: ShownRun; line: Line; nearest: Nearest }): ClickedThing {
  const { nx, record, map, run } = view;
  const N = Math.floor(line.X.length / nx) - 1;
  const k = Math.min(N, Math.round(nearest.index + nearest.share));
  const i = k * nx;
  const [x, y, yaw] = [line.X[i], line.X[i + 1], line.X[i + 2]];
  const dt = record?.plan?.dt;
  const rows: (readonly [string, string])[] = [
    ["stage", dt === undefined ? `${k} of ${N}` : `${k} of ${N}, ${fixed(k * dt)} s ahead`],
    ...poseRows([x, y, yaw]),
    ...speedRows(view, line.X, i),
  ];
  const U = record?.plan?.X === line.X ? record.plan.U : undefined;
  const { nu } = robotSizes(run.index.meta.robot);
  if (U !== undefined && k < N)
    rows.push(["control", Array.from(U.subarray(k * nu, (k + 1) * nu), (u) => fixed(u)).join(", ")]);
  if (map !== undefined && Number.isFinite(x + y + yaw)) {
    const clearance = footprintClearance(run.index.meta.robot, { x, y, yaw }, map.grid, 5);
    rows.push([
      "clearance",
      clearance === 0 ? "contact" : clearance >= 5 ? "5 m or more" : metres(clearance),
    ]);
  }
  return { title: line.title, slot: view.slot, x, y, rows };
}

function placeOf({ view, line, nearest }: { view: ShownRun; line: Line; nearest: Nearest }): ClickedThing {
  const { X, stride, title, kind } = line;
  const k = Math.min(Math.floor(X.length / stride) - 1, Math.round(nearest.index + nearest.share));
  const [x, y] = [X[k * stride], X[k * stride + 1]];
  if (kind === "path") {
    let length = 0;
    for (let i = 1; i <= k; i++) length += Math.hypot(X[2 * i] - X[2 * i - 2], X[2 * i + 1] - X[2 * i - 1]);
    const planned = view.path === undefined ? [] : [["planned at", `${fixed(view.path.time)} s`] as const];
    return {
      title,
      slot: view.slot,
      x,
      y,
      rows: [["x", metres(x)], ["y", metres(y)], ["along the path", metres(length)], ...planned],
    };
  }
  const { times } = view.run.index;
  const dt = times[k] - times[k - 1];
  const speed = Math.hypot(x - X[3 * k - 3], y - X[3 * k - 2]) / dt;
  const rows: (readonly [string, string])[] = [
    ["tick", `${k} at ${fixed(times[k])} s`],
    ...poseRows([x, y, X[3 * k + 2]]),
  ];
  if (k > 0) rows.push(["speed", `${fixed(speed)} m/s`]);
  return { title, slot: view.slot, x, y, rows };
}

function cellOf({ map, local, slot }: ShownRun, x: number, y: number): ClickedThing {
  const rows: (readonly [string, string])[] = [
    ["x", metres(x)],
    ["y", metres(y)],
  ];
  for (const [name, timed] of [
    ["map", map],
    ["local grid", local],
  ] as const) {
    if (timed === undefined) continue;
    const cell = cellIndexAt(timed.grid, x, y);
    const value = timed.grid.cells[cell];
    const word =
      cell < 0 ? "outside" : value < 0 ? "unknown" : value >= 65 ? `occupied (${value})` : `free (${value})`;
    rows.push([name, word]);
  }
  return { title: "Ground", slot, x, y, rows };
}

function poseRows([x, y, yaw]: readonly [number, number, number]): (readonly [string, string])[] {
  return [
    ["x", metres(x)],
    ["y", metres(y)],
    ["yaw", degrees(yaw)],
  ];
}

/** Speeds of a state by the robot's model. */
function speedRows({ run }: ShownRun, X: Float64Array, i: number): (readonly [string, string])[] {
  const { axes, sideways } = robotKinematics(run.index.meta.robot);
  return axes.map(({ motion }, n) => {
    const value = X[i + 3 + n];
    if (motion === "steering") return [motion, degrees(value)];
    if (motion === "turning") return [motion, `${degrees(value)}/s`];
    return [sideways === undefined ? "speed" : motion, `${fixed(value)} m/s`];
  });
}
