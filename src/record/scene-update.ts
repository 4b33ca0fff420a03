import type { Color, LinePrimitive, SceneEntity, SceneUpdate, TextPrimitive, Time } from "@foxglove/schemas";
import type { TickReport } from "../planner/index.ts";
import { type Robot, robotSizes } from "../sim/index.ts";
import { MAP_FRAME, millimetres, planarPose, ROBOT_FRAME } from "./foxglove-messages.ts";
import type { Truth } from "./tick-record.ts";

type Point = { x: number; y: number; z: number };

const LINE_STRIP = 0;
const LINE_LOOP = 1;
const LINE_LIST = 2;
const colour = (r: number, g: number, b: number, a = 1): Color => ({ r, g, b, a });
const BODY = colour(0.16, 0.42, 0.72, 0.55);
const BODY_TOUCHING = colour(0.85, 0.1, 0.1, 0.8);
const OUTLINE = colour(0.08, 0.2, 0.36);
const PLAN = colour(0.1, 0.55, 0.95);
const SWEPT = colour(0.1, 0.55, 0.95, 0.45);
const MOVER = colour(0.8, 0.47, 0.65, 0.9);
const MOVER_LINE = colour(0.6, 0.25, 0.45);
/** As high as people are. [m] */
const MOVER_HEIGHT = 1.7;
/** [s] */
const MOVER_AHEAD = 2;
const TEXT = colour(0.75, 0.1, 0.1);
/** Every so many stages of a plan a footprint is drawn. */
const STAGES_PER_FOOTPRINT = 5;

/**
 * What of a tick has a shape: the robot's body with words over it where something is not as it should be,
 * and the plan with the ground it sweeps. Every message holds every entity, so that a viewer that jumps
 * in time is right at once.
 */
export function sceneUpdate(
  stamp: Time,
  robot: Robot,
  report: TickReport,
  truth: Truth | undefined,
): SceneUpdate {
  const { nx } = robotSizes(robot);
  const { plan } = report;
  return {
    deletions: [],
    entities: [
      entity(stamp, "robot", ROBOT_FRAME, {
        ...robotBody(robot, truth?.contact === true),
        texts: statusText(report, truth),
      }),
      entity(stamp, "plan", MAP_FRAME, {
        lines: plan === undefined ? [] : [trajectory(plan.X, nx, PLAN), swept(robot, plan.X, nx)],
      }),
      ...moverEntities(stamp, report, truth),
    ],
  };
}

function entity(stamp: Time, id: string, frame: string, shapes: Partial<SceneEntity>): SceneEntity {
  return {
    timestamp: stamp,
    frame_id: frame,
    id,
    lifetime: { sec: 0, nsec: 0 },
    frame_locked: true,
    metadata: [],
    arrows: [],
    cubes: [],
    spheres: [],
    cylinders: [],
    lines: [],
    triangles: [],
    texts: [],
    models: [],
    ...shapes,
  };
}

/**
 * Who moves: upright cylinders where they are, by the truth or else by what the robot knows, with a line to where the robot
 * takes them to be in two seconds.
 */
function moverEntities(stamp: Time, report: TickReport, truth: Truth | undefined): SceneEntity[] {
  const seen = report.scene?.movers ?? [];
  const there = truth?.movers ?? seen;
  if (there.length + seen.length === 0) return [];
  const cylinders = there.map(({ x, y, radius }) => ({
    pose: planarPose(x, y, 0, MOVER_HEIGHT / 2),
    size: { x: millimetres(2 * radius), y: millimetres(2 * radius), z: MOVER_HEIGHT },
    bottom_scale: 1,
    top_scale: 0.6,
    color: MOVER,
  }));
  const lines = seen.map(({ x, y, vx, vy }) =>
    line(
      LINE_STRIP,
      [point(x, y, 0.03), point(x + MOVER_AHEAD * vx, y + MOVER_AHEAD * vy, 0.03)],
      MOVER_LINE,
      2,
    ),
  );
  return [entity(stamp, "movers", MAP_FRAME, { cylinders, lines })];
}

/** The footprint as a fan of triangles with its outline, and a line from the reference point to the front. */
function robotBody(robot: Robot, touching: boolean): Pick<SceneEntity, "lines" | "triangles"> {
  const corners = robot.footprint.map(([x, y]) => point(x, y, 0.05));
  const indices: number[] = [];
  for (let i = 1; i + 1 < corners.length; i++) indices.push(0, i, i + 1);
  const front = Math.max(...robot.footprint.map(([x]) => x));
  return {
    triangles: [
      {
        pose: planarPose(0, 0),
        points: corners,
        color: touching ? BODY_TOUCHING : BODY,
        colors: [],
        indices,
      },
    ],
    lines: [
      line(LINE_LOOP, corners, OUTLINE, 2),
      line(LINE_STRIP, [point(0, 0, 0.05), point(front, 0, 0.05)], OUTLINE, 2),
    ],
  };
}

function trajectory(X: Float64Array, nx: number, color: Color): LinePrimitive {
  const points: Point[] = [];
  for (let i = 0; i + nx <= X.length; i += nx) points.push(point(X[i], X[i + 1], 0.03));
  return line(LINE_STRIP, points, color, 3);
}

/** Outlines of the footprint along a plan. */
function swept(robot: Robot, X: Float64Array, nx: number): LinePrimitive {
  const points: Point[] = [];
  const indices: number[] = [];
  for (let i = 0; i + nx <= X.length; i += STAGES_PER_FOOTPRINT * nx) {
    const first = points.length;
    const corners = placeFootprint(robot, X[i], X[i + 1], X[i + 2]);
    corners.forEach(([x, y], c) => {
      points.push(point(x, y, 0.02));
      indices.push(first + c, first + ((c + 1) % corners.length));
    });
  }
  return { ...line(LINE_LIST, points, SWEPT, 1), indices };
}

/** Corners of the footprint at a pose, map frame. [m] */
export function placeFootprint(robot: Robot, x: number, y: number, yaw: number): [number, number][] {
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  return robot.footprint.map(([px, py]) => [x + c * px - s * py, y + s * px + c * py]);
}

function line(type: number, points: Point[], color: Color, pixels: number): LinePrimitive {
  return {
    type,
    pose: planarPose(0, 0),
    thickness: pixels,
    scale_invariant: true,
    points,
    color,
    colors: [],
    indices: [],
  };
}

/** Words over the robot; none while it drives as planned. */
function statusText(report: TickReport, truth: Truth | undefined): TextPrimitive[] {
  const words: string[] = [];
  if (truth?.contact === true) words.push("CONTACT");
  if (report.phase !== "driving") words.push(report.phase);
  if (report.source !== "solution" && report.phase !== "arrived") words.push(`fallback: ${report.source}`);
  if (report.missedDeadline) words.push("deadline missed");
  if (report.note !== undefined) words.push(report.note);
  if (words.length === 0) return [];
  return [
    {
      pose: planarPose(0, 0, 0, 0.7),
      billboard: true,
      font_size: 14,
      scale_invariant: true,
      color: TEXT,
      text: words.join("\n"),
    },
  ];
}

function point(x: number, y: number, z: number): Point {
  return { x: millimetres(x), y: millimetres(y), z };
}
