import { ConfigError, check, checkName, didYouMean, isJsonObject } from "../base/index.ts";
import { checkDeadband, type Deadband } from "./deadband.ts";
import { checkLatency, type Latency } from "./latency.ts";
import { checkLidar, type Lidar } from "./lidar.ts";
import {
  AXIS_MOTIONS,
  type Footprint,
  REVERSE_POLICIES,
  ROBOT_MODELS,
  type Robot,
  type RobotModel,
  robotKinematics,
} from "./robot.ts";

/** Nothing on wheels here goes faster, or turns harder. [SI] */
const MAX_LIMIT = 1000;
/** Short of a right angle, where a bicycle's yaw rate has no bound. [rad] */
const MAX_STEERING = 1.5;

/** What a limit may be. */
const KINDS = {
  positive: { legal: isPositive(MAX_LIMIT), expected: `a number > 0 and <= ${MAX_LIMIT}` },
  backward: {
    legal: (v: unknown): v is number => typeof v === "number" && v <= 0 && v >= -MAX_LIMIT,
    expected: `a number <= 0 (fastest backwards) and >= -${MAX_LIMIT}`,
  },
  angle: { legal: isPositive(MAX_STEERING), expected: `a number > 0 and <= ${MAX_STEERING}` },
};
type Kind = keyof typeof KINDS;

/** More corners than any real body needs; keeps contact checks bounded. */
const MAX_CORNERS = 64;
/** Corners nearer than this are one corner. [m] */
const MIN_EDGE = 1e-4;
/** A body with less area is a line. [m^2] */
const MIN_AREA = 1e-6;
/** No wheeled robot here is larger. [m] */
const MAX_COORDINATE = 100;
/** A name stands in every line about a robot. [characters] */
const MAX_NAME = 100;

/**
 * Checks the contents of a robot file and returns the robot. The file is one JSON object:
 *
 *     {
 *       "$schema": "robot.schema.json",       // optional, for editors
 *       "name": "cart",
 *       "model": "differential",              // or "bicycle", "omni"
 *       "source": "measured, May 2024",       // optional
 *       "reverse": "discouraged",             // optional: or "allowed", "never"
 *       "latency": { "delay": 0.12, "lag": 0.08 }, // optional
 *       "deadband": { "speed": 0.05, "turn": 0.1 }, // optional
 *       "lidar": { "fov": 4.712, "range": 10, "x": 0.1 }, // optional
 *       "footprint": [[-0.3, -0.2], [0.3, -0.2], [0.3, 0.2], [-0.3, 0.2]],
 *       "limits": { "vMin": -0.5, "vMax": 1.0, "wMax": 2.0, "aMax": 1.5, "alphaMax": 4.0 }
 *     }
 *
 * `footprint`: corners of a convex polygon, counter-clockwise, body frame (x forward, y left) [m], 3 to 64.
 * `limits`: for "differential" as above [m/s, m/s, rad/s, m/s^2, rad/s^2]; for "bicycle" `vMin, vMax,
 * deltaMax` [rad], `aMax, deltaRateMax` [rad/s], and beside `limits` a `wheelbase` [m] (the body frame
 * sits on the rear axle); for "omni" `vxMin, vxMax, vyMax, wMax, aMax, alphaMax`. `vMin` and `vxMin` are
 * <= 0, all others > 0; none beyond 1000, `deltaMax` at most 1.5 rad; symmetric limits are given once. `reverse`:
 * whether the robot drives backwards, "allowed" (as gladly as forwards), "discouraged" (for manoeuvres) or "never";
 * without it "allowed" for "omni" and "discouraged" for the others. `latency`: how long after a sample the command that
 * answers it begins to act, and the time constant of the actuators, each 0 (where missing) to 2 [s]; see `Latency`. `deadband`: the smallest speeds
 * at which it moves [m/s, rad/s], see `Deadband`. `lidar`: what it
 * sees with and where that is mounted, see `Lidar`.
 *
 * @param json the parsed JSON, of any shape
 * @throws ConfigError that names the key, what it is and what it may be
 */
export function parseRobot(json: unknown): Robot {
  check("robot file", json, isJsonObject(json), "a JSON object");
  const file = json;
  const model = file.model;
  checkName("robot.model", model, ROBOT_MODELS);
  const { lengths } = robotKinematics({ model });
  const required = ["name", "model", "footprint", "limits", ...lengths];
  checkKeys(file, "robot", required, ["source", "reverse", "latency", "deadband", "lidar", "$schema"]);
  const { name, source = "robot file", reverse, latency, deadband, lidar } = file;
  const isNamed = typeof name === "string" && name.trim() !== "" && name.length <= MAX_NAME;
  check("robot.name", name, isNamed, `a non-empty string of at most ${MAX_NAME} characters`);
  check("robot.source", source, typeof source === "string", "a string");
  if (reverse !== undefined) checkName("robot.reverse", reverse, REVERSE_POLICIES);
  const body = {
    name,
    source,
    footprint: parseFootprint(file.footprint),
    limits: parseLimits(file.limits, model),
    ...(reverse !== undefined && { reverse }),
    ...(latency !== undefined && { latency: parseLatency(latency) }),
    ...(deadband !== undefined && { deadband: parseDeadband(deadband) }),
    ...(lidar !== undefined && { lidar: parseLidar(lidar) }),
  };
  const sized = Object.fromEntries(lengths.map((key) => [key, parseLength(file[key], `robot.${key}`)]));
  return { ...body, model, ...sized } as Robot;
}

function parseLatency(json: unknown): Latency {
  check("robot.latency", json, isJsonObject(json), "a JSON object");
  checkKeys(json, "robot.latency", [], ["delay", "lag"]);
  return checkLatency("robot.latency", json);
}

function parseDeadband(json: unknown): Deadband {
  check("robot.deadband", json, isJsonObject(json), "a JSON object");
  return checkDeadband("robot.deadband", json);
}

function parseLidar(json: unknown): Partial<Lidar> {
  check("robot.lidar", json, isJsonObject(json), "a JSON object");
  return checkLidar("robot.lidar", json);
}

function parseLength(json: unknown, name: string): number {
  check(name, json, isPositive(MAX_COORDINATE)(json), `a number > 0 and <= ${MAX_COORDINATE} [m]`);
  return json;
}

/** What each limit of a model may be: speeds first, then their rates. */
function limitRules(model: RobotModel): ReadonlyMap<string, { readonly kind: Kind; readonly unit: string }> {
  const { axes } = robotKinematics({ model });
  const rules = new Map<string, { kind: Kind; unit: string }>();
  for (const { motion, lowest, highest } of axes) {
    const { unit } = AXIS_MOTIONS[motion];
    if (lowest !== undefined) rules.set(lowest, { kind: "backward", unit });
    rules.set(highest, { kind: motion === "steering" ? "angle" : "positive", unit });
  }
  for (const { motion, rate } of axes)
    rules.set(rate, { kind: "positive", unit: AXIS_MOTIONS[motion].controlUnit });
  return rules;
}

function parseLimits(json: unknown, model: RobotModel): Record<string, number> {
  check("robot.limits", json, isJsonObject(json), "a JSON object");
  const known = limitRules(model);
  checkKeys(json, "robot.limits", [...known.keys()], []);
  const limits: Record<string, number> = {};
  for (const [key, { kind, unit }] of known) {
    const { legal, expected } = KINDS[kind];
    const value = json[key];
    check(`robot.limits.${key}`, value, legal(value), `${expected} [${unit}]`);
    limits[key] = value;
  }
  return limits;
}

/** Corners of a strictly simple, convex, counter-clockwise polygon. */
function parseFootprint(json: unknown): Footprint {
  const shape = `3 to ${MAX_CORNERS} corners [x, y] [m]`;
  check("robot.footprint", json, Array.isArray(json), `an array of ${shape}`);
  if (json.length < 3 || json.length > MAX_CORNERS)
    throw new ConfigError(`robot.footprint has ${json.length} corners, expected ${shape}`);
  const corners = json.map((corner: unknown, i): readonly [number, number] => {
    const expected = `two numbers [x, y] between -${MAX_COORDINATE} and ${MAX_COORDINATE} [m]`;
    const legal = Array.isArray(corner) && corner.length === 2 && corner.every(isCoordinate);
    check(`robot.footprint[${i}]`, corner, legal, expected);
    return [corner[0], corner[1]];
  });
  checkPolygon(corners);
  return corners;
}

/**
 * A closed polygon is convex, simple and counter-clockwise exactly when every corner turns left (or
 * not at all) and the turns add up to one whole turn; a star turns left everywhere but twice round.
 */
function checkPolygon(corners: Footprint): void {
  const n = corners.length;
  let total = 0;
  let area = 0;
  let right = -1;
  for (let i = 0; i < n; i++) {
    const [ax, ay] = corners[i];
    const [bx, by] = corners[(i + 1) % n];
    const [cx, cy] = corners[(i + 2) % n];
    const ex = bx - ax;
    const ey = by - ay;
    const fx = cx - bx;
    const fy = cy - by;
    if (Math.hypot(ex, ey) < MIN_EDGE) {
      throw new ConfigError(
        `robot.footprint[${i}] and [${(i + 1) % n}] are the same corner (${bx}, ${by}), expected different ones ` +
          "(the polygon closes itself: do not repeat the first corner)",
      );
    }
    const turn = Math.atan2(ex * fy - ey * fx, ex * fx + ey * fy);
    if (turn < -1e-9 && right < 0) right = (i + 1) % n;
    total += turn;
    area += (ax * by - bx * ay) / 2;
  }
  const turns = Math.round(total / (2 * Math.PI));
  if (turns === -1) {
    throw new ConfigError(
      "robot.footprint runs clockwise, expected counter-clockwise corners (reverse their order)",
    );
  }
  if (turns !== 1 || Math.abs(area) < MIN_AREA) {
    throw new ConfigError("robot.footprint crosses itself or has no area, expected a simple convex polygon");
  }
  if (right >= 0) {
    throw new ConfigError(
      `robot.footprint is not convex at corner [${right}] (${corners[right].join(", ")}), expected a convex polygon ` +
        "(its convex hull is a safe choice)",
    );
  }
}

/** Says what is a number above 0, up to `most`. */
function isPositive(most: number) {
  return (value: unknown): value is number => typeof value === "number" && value > 0 && value <= most;
}

function isCoordinate(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= MAX_COORDINATE;
}

function checkKeys(
  object: Record<string, unknown>,
  name: string,
  required: readonly string[],
  optional: readonly string[],
): void {
  const legal = [...required, ...optional];
  for (const key of Object.keys(object)) {
    if (!legal.includes(key)) {
      throw new ConfigError(
        `${name} has an unknown key "${key}"${didYouMean(key, legal)}, expected ${legal.join(", ")}`,
      );
    }
  }
  for (const key of required) {
    if (!Object.hasOwn(object, key)) {
      throw new ConfigError(`${name} has no "${key}", expected the keys ${required.join(", ")}`);
    }
  }
}
