import { ConfigError, didYouMean } from "../base/index.ts";
import {
  AXIS_MOTIONS,
  type Footprint,
  REVERSE_POLICIES,
  type ReversePolicy,
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
  positive: { legal: (v: number) => v > 0 && v <= MAX_LIMIT, expected: `a number > 0 and <= ${MAX_LIMIT}` },
  backward: {
    legal: (v: number) => v <= 0 && v >= -MAX_LIMIT,
    expected: `a number <= 0 (fastest backwards) and >= -${MAX_LIMIT}`,
  },
  angle: {
    legal: (v: number) => v > 0 && v <= MAX_STEERING,
    expected: `a number > 0 and <= ${MAX_STEERING}`,
  },
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

/**
 * Checks the contents of a robot file and returns the robot. The file is one JSON object:
 *
 *     {
 *       "name": "cart",
 *       "model": "differential",              // or "bicycle", "omni"
 *       "source": "measured, May 2024",       // optional
 *       "reverse": "discouraged",             // optional: or "allowed", "never"
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
 * without it "allowed" for "omni" and "discouraged" for the others.
 *
 * @param json the parsed JSON, of any shape
 * @throws ConfigError that names the key, what it is and what it may be
 */
export function parseRobot(json: unknown): Robot {
  const file = asObject(json, "robot file");
  const model = file.model;
  const models = ROBOT_MODELS.join(", ");
  if (typeof model !== "string") throw wrong("robot.model", model, `one of ${models}`);
  if (!isModel(model)) {
    throw wrong("robot.model", model, `one of ${models}${didYouMean(model, ROBOT_MODELS)}`);
  }
  const { lengths } = robotKinematics({ model });
  const required = ["name", "model", "footprint", "limits", ...lengths];
  checkKeys(file, "robot", required, ["source", "reverse"]);
  const { name, source = "robot file" } = file;
  if (typeof name !== "string" || name.trim() === "") throw wrong("robot.name", name, "a non-empty string");
  if (typeof source !== "string") throw wrong("robot.source", source, "a string");
  const body = {
    name,
    source,
    footprint: parseFootprint(file.footprint),
    limits: parseLimits(file.limits, model),
    ...(file.reverse !== undefined && { reverse: parseReverse(file.reverse) }),
  };
  const sized = Object.fromEntries(lengths.map((key) => [key, parseLength(file[key], `robot.${key}`)]));
  return { ...body, model, ...sized } as Robot;
}

function parseReverse(json: unknown): ReversePolicy {
  const policy = REVERSE_POLICIES.find((known) => known === json);
  if (policy === undefined) throw wrong("robot.reverse", json, `one of ${REVERSE_POLICIES.join(", ")}`);
  return policy;
}

function parseLength(json: unknown, name: string): number {
  const length = asNumber(json, name, "a number > 0 [m]");
  if (!(length > 0 && length <= MAX_COORDINATE))
    throw wrong(name, length, `a number > 0 and <= ${MAX_COORDINATE} [m]`);
  return length;
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
  const given = asObject(json, "robot.limits");
  const known = limitRules(model);
  checkKeys(given, "robot.limits", [...known.keys()], []);
  const limits: Record<string, number> = {};
  for (const [key, { kind, unit }] of known) {
    const { legal, expected } = KINDS[kind];
    const value = asNumber(given[key], `robot.limits.${key}`, `${expected} [${unit}]`);
    if (!legal(value)) throw wrong(`robot.limits.${key}`, value, `${expected} [${unit}]`);
    limits[key] = value;
  }
  return limits;
}

/** Corners of a strictly simple, convex, counter-clockwise polygon. */
function parseFootprint(json: unknown): Footprint {
  const shape = `3 to ${MAX_CORNERS} corners [x, y] [m]`;
  if (!Array.isArray(json)) throw wrong("robot.footprint", json, `an array of ${shape}`);
  if (json.length < 3 || json.length > MAX_CORNERS)
    throw new ConfigError(`robot.footprint has ${json.length} corners, expected ${shape}`);
  const corners = json.map((corner: unknown, i): readonly [number, number] => {
    const name = `robot.footprint[${i}]`;
    const expected = `two numbers [x, y] between -${MAX_COORDINATE} and ${MAX_COORDINATE} [m]`;
    if (!Array.isArray(corner) || corner.length !== 2) throw wrong(name, corner, expected);
    const x = asNumber(corner[0], `${name}[0]`, expected);
    const y = asNumber(corner[1], `${name}[1]`, expected);
    if (Math.abs(x) > MAX_COORDINATE || Math.abs(y) > MAX_COORDINATE) throw wrong(name, corner, expected);
    return [x, y];
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

function isModel(model: string): model is RobotModel {
  return (ROBOT_MODELS as readonly string[]).includes(model);
}

function asObject(json: unknown, name: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw wrong(name, json, "a JSON object");
  return json as Record<string, unknown>;
}

function asNumber(value: unknown, name: string, expected: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(name, value, expected);
  return value;
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

function wrong(name: string, got: unknown, expected: string): ConfigError {
  return new ConfigError(`${name} is ${show(got)}, expected ${expected}`);
}

function show(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  const text = typeof value === "object" ? JSON.stringify(value) : JSON.stringify(String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
