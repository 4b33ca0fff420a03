import { check, checkKeys, isJsonObject } from "../base/index.ts";
import type { DriveSummary } from "../drive/index.ts";
import { complainAbout, readText, UsageError } from "../node/index.ts";
import { checkWaypoints, type Waypoint } from "../planner/index.ts";
import { flag } from "./flag-table.ts";
import { parseFile } from "./parse-values.ts";
import { parsePlainYaml } from "./plain-yaml.ts";

/** Flag of a run from waypoint to waypoint. */
export const ROUTE_FLAG = flag(
  "--route <FILE>",
  "waypoints in the place of a goal: YAML or JSON",
  parseFile(".yaml", ".yml", ".json"),
);

const FIELDS = ["x", "y", "yaw", "yaw_deg", "tolerance_m", "wait_s", "name"] as const;
const FORM = "[x, y], [x, y, yaw] or {x, y, yaw or yaw_deg, tolerance_m, wait_s, name}";
const MAX_NAME = 100;

/**
 * Reads a route: YAML, or JSON, which is YAML: a list of waypoints, or an object whose `waypoints` are one. A waypoint is
 * `[x, y]`, `[x, y, yaw]` or an object with `x` and `y` [m] and, where that matters, `yaw` [rad] or `yaw_deg`,
 * `tolerance_m`, `wait_s` and `name`.
 *
 * @throws FormatError or ConfigError naming the waypoint, what it is and what it may be
 */
export function parseRoute(text: string): Waypoint[] {
  const file = parsePlainYaml(text);
  if (isJsonObject(file)) {
    const { $schema: _schema, ...given } = file;
    checkKeys("the file", given, ["waypoints"]);
  }
  const list = isJsonObject(file) ? file.waypoints : file;
  check("the route", list, Array.isArray(list), `a list of waypoints, each ${FORM}`);
  const waypoints = list.map(waypointOf);
  checkWaypoints(waypoints);
  return waypoints;
}

/** Reads the file of a route. @throws as {@link parseRoute}, naming the file */
export function readRoute(file: string): Promise<Waypoint[]> {
  return complainAbout(file, async () => parseRoute(await readText(file)));
}

/** The waypoints of `--route`. @throws UsageError beside a flag that says otherwise where to go; as {@link readRoute} */
export async function givenRoute({
  route,
  goal,
}: {
  readonly route?: string;
  readonly goal?: unknown;
}): Promise<readonly Waypoint[] | undefined> {
  if (route === undefined) return undefined;
  if (goal !== undefined)
    throw new UsageError("--route says where to go, and so does --goal: give one of the two.");
  return readRoute(route);
}

/** When each waypoint was reached, for people. */
export function waypointsText(waypoints: NonNullable<DriveSummary["waypoints"]>): string {
  const reached = waypoints.filter(({ reached_s }) => reached_s !== null).length;
  const told = waypoints.map(
    ({ name, reached_s }, n) =>
      `${name ?? n + 1} ${reached_s === null ? "not" : `at ${reached_s.toFixed(1)} s`}`,
  );
  return `${reached} of ${waypoints.length} reached: ${told.join(", ")}`;
}

function waypointOf(item: unknown, n: number): Waypoint {
  const what = `waypoint ${n + 1}`;
  if (Array.isArray(item)) {
    check(what, item, item.length === 2 || item.length === 3, FORM);
    return waypointOf({ x: item[0], y: item[1], ...(item.length === 3 && { yaw: item[2] }) }, n);
  }
  check(what, item, isJsonObject(item), FORM);
  checkKeys(what, item, FIELDS);
  const { x, y, yaw, yaw_deg, tolerance_m, wait_s, name } = item;
  for (const [key, value] of Object.entries({ x, y, yaw, yaw_deg, tolerance_m, wait_s })) {
    const needed = key === "x" || key === "y";
    check(
      `${what}: ${key}`,
      value,
      typeof value === "number" || (!needed && value === undefined),
      "a number",
    );
  }
  const named = name === undefined || (typeof name === "string" && name !== "" && name.length <= MAX_NAME);
  check(`${what}: name`, name, named, `a text of 1 to ${MAX_NAME} characters`);
  check(`${what}: yaw_deg`, yaw_deg, yaw === undefined || yaw_deg === undefined, "none beside yaw");
  const turned = yaw_deg === undefined ? yaw : ((yaw_deg as number) * Math.PI) / 180;
  return {
    x: x as number,
    y: y as number,
    ...(turned !== undefined && { yaw: turned as number }),
    ...(tolerance_m !== undefined && { tolerance: tolerance_m as number }),
    ...(wait_s !== undefined && { wait: wait_s as number }),
    ...(name !== undefined && { name: name as string }),
  };
}
