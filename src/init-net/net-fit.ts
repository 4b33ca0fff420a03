import { ConfigError } from "../base/index.ts";
import {
  type Footprint,
  footprintReach,
  ROBOTS,
  type Robot,
  reversePolicy,
  robotKinematics,
} from "../sim/index.ts";
import {
  createNetSpec,
  isShared,
  type NavigationSizes,
  type NetBody,
  type NetSpec,
  netBody,
} from "./net-spec.ts";
import { ROBOT_WORDS, robotWords } from "./robot-words.ts";

/**
 * Footprints are one where no side of either is passed by a corner of the other by more than this share of the
 * robot's reach: 3 mm of a Jackal, as two people measure it.
 */
export const FOOTPRINT_TOLERANCE = 0.01;
/** Other numbers to this share: they come from JSON, or from 1 / rate. */
const NUMBER_TOLERANCE = 1e-6;
/** A network for any robot goes beyond the robots it was trained on by this share of their range. */
const BEYOND = 0.25;

/**
 * Everything in which a network was made for something else, each as "NAME is GOT, expected WANTED": the kinematics,
 * footprint (see {@link FOOTPRINT_TOLERANCE}), limits and lengths of the robot, N, dt, lookahead and the sizes that follow.
 * What the robot is called does not matter, unless nobody knows what body the network was made for. A network for any robot
 * has none of these but N; what it is told of the robot must be within what it was trained on.
 */
export function netMisfits(spec: NetSpec, robot: Robot, sizes: NavigationSizes): string[] {
  if (isShared(spec)) return sharedMisfits(spec, robot, sizes);
  const {
    options: _options,
    robot: _name,
    body: _body,
    trainedOn: _trainedOn,
    ...expected
  } = createNetSpec(robot, sizes, spec.options);
  const body = trainedBody(spec);
  const wrong = body === undefined ? [] : bodyMisfits(body, robot);
  if ((body === undefined || wrong.length > 0) && spec.robot !== robot.name)
    wrong.unshift(misfit("robot", spec.robot, robot.name));
  for (const [name, want] of Object.entries(expected) as [keyof typeof expected, unknown][]) {
    if (!alike(spec[name], want)) wrong.push(misfit(name, spec[name], want));
  }
  return wrong;
}

function sharedMisfits({ N, trainedOn }: NetSpec, robot: Robot, sizes: NavigationSizes): string[] {
  const wrong = N === sizes.N ? [] : [misfit("N", N, sizes.N)];
  const words = robotWords(robot, sizes.N * sizes.dt, sizes.lookahead);
  for (const [i, [low, high]] of (trainedOn ?? []).entries()) {
    const slack = BEYOND * (high - low) + NUMBER_TOLERANCE;
    if (words[i] >= low - slack && words[i] <= high + slack) continue;
    const [got, from, to] = [words[i], low, high].map((value) => Number(value.toPrecision(3)));
    wrong.push(`the robot's ${ROBOT_WORDS[i]} is ${got}, trained on ${from} to ${to} (units of the robot)`);
  }
  return wrong;
}

/** @throws ConfigError naming everything of {@link netMisfits} */
export function checkFit(spec: NetSpec, robot: Robot, sizes: NavigationSizes): void {
  const wrong = netMisfits(spec, robot, sizes);
  if (wrong.length === 0) return;
  const { N, dt, lookahead } = spec;
  const whom = isShared(spec)
    ? `${spec.robot} (N = ${N})`
    : `the ${spec.robot} (N = ${N}, dt = ${dt} s, lookahead = ${lookahead} m)`;
  throw new ConfigError(
    `the network is for ${whom}, not for this drive of the ${robot.name}: ${wrong.join("; ")}`,
  );
}

/** The body that a network was made for: its own word, else the robot of the house by its robot's name. */
export function trainedBody({ robot, body }: Pick<NetSpec, "robot" | "body">): NetBody | undefined {
  return body ?? (Object.hasOwn(ROBOTS, robot) ? netBody(ROBOTS[robot as keyof typeof ROBOTS]) : undefined);
}

/** Everything in which one robot's body is not another's, each as "NAME is GOT, expected WANTED". */
export function robotMisfits(got: NetBody, expected: Robot): string[] {
  return bodyMisfits(netBody(got), expected);
}

function bodyMisfits(body: NetBody, robot: Robot): string[] {
  if (body.model !== robot.model) return [misfit("kinematics", body.model, robot.model)];
  const wrong: string[] = [];
  const off = Math.max(overhang(body.footprint, robot.footprint), overhang(robot.footprint, body.footprint));
  if (!(off <= FOOTPRINT_TOLERANCE * footprintReach(robot))) {
    const got = extents(body.footprint);
    wrong.push(
      `${misfit("footprint", got, extents(robot.footprint))} (a side is off by ${off.toPrecision(2)} m)`,
    );
  }
  const [got, want] = [numbersOf(body), numbersOf(robot)];
  for (const name of Object.keys(want)) {
    if (!alike(got[name], want[name])) wrong.push(misfit(name, got[name], want[name]));
  }
  return wrong;
}

/** Limits, as the reverse policy leaves them, and lengths, by their names in a robot file. */
function numbersOf(body: NetBody): Readonly<Record<string, number>> {
  const { axes, lengths } = robotKinematics(body);
  const onlyForward = reversePolicy(body as Robot) === "never";
  const limits = Object.entries(body.limits).map(([name, value]) => {
    const none = onlyForward && axes.some(({ lowest }) => lowest === name);
    return [`limits.${name}`, none ? 0 : value];
  });
  return Object.fromEntries([...limits, ...lengths.map((key) => [key, body[key as keyof NetBody]])]);
}

/** How far a convex polygon's corners stick out over the sides of another. [m] */
function overhang(corners: Footprint, sides: Footprint): number {
  let worst = 0;
  for (const [i, [ax, ay]] of sides.entries()) {
    const [bx, by] = sides[(i + 1) % sides.length];
    const length = Math.hypot(bx - ax, by - ay);
    for (const [x, y] of corners)
      worst = Math.max(worst, ((x - ax) * (by - ay) - (y - ay) * (bx - ax)) / length);
  }
  return worst;
}

/** Where a footprint reaches along each axis, for people. */
function extents(footprint: Footprint): string {
  const range = (i: 0 | 1): string => {
    const values = footprint.map((corner) => corner[i]);
    return [Math.min(...values), Math.max(...values)].map((v) => Number(v.toPrecision(4))).join(" to ");
  };
  return `x ${range(0)}, y ${range(1)} m`;
}

function alike(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, i) => alike(value, b[i]));
  if (typeof a === "number" && typeof b === "number")
    return Math.abs(a - b) <= NUMBER_TOLERANCE * Math.abs(b);
  return a === b;
}

function misfit(name: string, got: unknown, want: unknown): string {
  const shown = (value: unknown): string => (Array.isArray(value) ? `[${value.join(", ")}]` : String(value));
  return `${name} is ${shown(got)}, expected ${shown(want)}`;
}
