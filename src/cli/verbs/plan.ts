import { SceneError } from "../../base/index.ts";
import { openZones } from "../../drive/index.ts";
import { openRobot, openWarmStart, UsageError } from "../../node/index.ts";
import {
  checkScene,
  createTrajectoryPlanner,
  type PlanOutcome,
  resolveNavigationOptions,
  type Scene,
} from "../../planner/index.ts";
import {
  beginRoute,
  continueRoute,
  createFieldTiles,
  driveModel,
  locateOnRoute,
  NO_PATH,
  routeFarEnough,
  sceneExtent,
} from "../../route/index.ts";
import {
  createLocalGrid,
  discRadius,
  initialState,
  type Keepout,
  type Robot,
  robotBounds,
  robotKinematics,
} from "../../sim/index.ts";
import { GAIN_KINDS } from "../../sqp/index.ts";
import { choiceFlag, type FlagValues, flag } from "../flag-table.ts";
import { checkPlace, HESSIAN_FLAG, PLACE_FLAGS, PLANNING_FLAGS, shared, ZONE_FLAGS } from "../options.ts";
import { parseReal } from "../parse-values.ts";
import { type OpenedPlace, openPlace, openZoneFiles, placeName, placeOf } from "../run-scenario.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FLAGS = {
  tol: flag("--tol <TOL>", "relative KKT tolerance", parseReal(1e-12, 1, "1"), 1e-3),
  hessian: HESSIAN_FLAG,
  gains: choiceFlag("--gains <KIND>", "feedback of the rollout", GAIN_KINDS, "stable"),
  speed: flag("--speed <V>", "speed at the start [m/s]", parseReal(-20, 20, "m/s"), 0),
  ...PLACE_FLAGS,
  ...ZONE_FLAGS,
  ...PLANNING_FLAGS,
  ...shared("seed", "json"),
};

type PlanOptions = FlagValues<typeof FLAGS>;

/** `mnemosyne plan`: one trajectory optimization, iteration by iteration. */
export const registerPlan = defineVerb({
  name: "plan",
  summary: "one trajectory optimization of one scene: the iteration table, the trajectory",
  description:
    "Optimizes one trajectory from the start towards the local goal on the path to the goal, and prints the " +
    "iteration table and the trajectory. Exit status 1 where it did not converge or is not safe.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc plan --world clutter:3 --init zero",
  action: plan,
});

async function plan(options: PlanOptions, { output, now }: VerbContext): Promise<VerbEnd> {
  checkPlace(options);
  const place = placeOf(options);
  const robot = await openRobot(options.robot, options.reverse);
  const ground = await openPlace(place, robot);
  const zones = openZones({ robot, ...(await openZoneFiles(options)) });
  const scene = sceneOf(ground, robot, options.speed, zones.keepout);
  const start = await openWarmStart(options, robot, resolveNavigationOptions(robot));
  if (start.note !== undefined) output.log(start.note);
  const planner = createTrajectoryPlanner({
    robot,
    warmStart: start.warmStart,
    maxIterations: options.iterations ?? 100,
    tol: options.tol,
    sqp: { hessian: options.hessian, gains: options.gains },
    deadline: options.deadline,
    clock: now,
    speedZones: zones.speedZones,
  });
  const t0 = now();
  const outcome = await planner.plan(scene);
  const ms = now() - t0;
  const solve = outcome.solve!;
  const shown = outcome.plan;
  const id = placeName(place);
  const safe = outcome.source === "solution";
  output.object({
    verb: "plan",
    id,
    robot: robot.name,
    init: options.init,
    model: start.model,
    init_note: start.note,
    start: solve.start,
    status: solve.status,
    safe,
    note: outcome.note,
    iterations: solve.iterations,
    cost: solve.cost,
    merit: solve.merit,
    violation_m: solve.violation,
    residuals: solve.residuals,
    history: solve.history,
    goal: scene.goal,
    dt: planner.problem.options.dt,
    X: safe ? shown?.X : undefined,
    U: safe ? shown?.U : undefined,
    ms,
    parts_ms: outcome.partsMs,
  });
  output.text(describe(id, robot, outcome, ms, planner.problem.options.dt));
  return solve.status === "converged" && safe ? "done" : "failed";
}

/**
 * The first scene of a drive: local goal on the global path, the true map around the robot.
 *
 * @throws UsageError for a speed that the robot cannot have; SceneError as `checkScene`, or where there is no path
 */
function sceneOf(ground: OpenedPlace, robot: Robot, speed: number, keepout?: Keepout): Scene {
  const { start, goal } = ground;
  const { xLower, xUpper } = robotBounds(robot);
  if (!(speed >= xLower[0] && speed <= xUpper[0]))
    throw new UsageError(
      `--speed is ${speed} m/s, expected ${xLower[0]} to ${xUpper[0]} for the ${robot.name}`,
    );
  checkScene(robot, ground.grid, start, goal, keepout);
  const grid = keepout?.stamp(ground.grid, keepout.depth(ground.grid, robot, start)) ?? ground.grid;
  const { lookahead, margin } = resolveNavigationOptions(robot);
  const radius = discRadius(robot);
  const way = { lookahead, radius, margin, drive: driveModel(robot, margin) };
  const tiles = createFieldTiles(grid, "free", routeFarEnough(way));
  const { status, route } = continueRoute(beginRoute(way, tiles, start, goal), Number.POSITIVE_INFINITY)!;
  if (route === undefined) throw new SceneError(NO_PATH[status as keyof typeof NO_PATH]);
  const { goal: ahead, final, piece, track } = locateOnRoute(way, route, start.x, start.y)!.point;
  const local = createLocalGrid({
    size_m: sceneExtent(lookahead).gridSide,
    resolution: Math.min(grid.resolution, 0.1),
    anchor: grid.origin,
  });
  local.recenter(start.x, start.y);
  local.copyFrom(grid);
  const x = initialState(robot, start);
  x[3] = speed;
  return { time: 0, x, goal: ahead, final, grid: local.grid, path: piece, ...(track && { track }) };
}

function describe(id: string, robot: Robot, outcome: PlanOutcome, ms: number, dt: number): string {
  const solve = outcome.solve!;
  const cells = (values: readonly string[]): string =>
    values.map((v, i) => v.padStart([4, 12, 12, 11, 10, 8, 7][i])).join(" ");
  const rows = solve.history.map((h) =>
    cells([
      String(h.iteration),
      h.cost.toFixed(5),
      h.merit.toFixed(5),
      h.violation.toExponential(1),
      h.kkt.toExponential(1),
      h.iteration === 0 ? "" : h.alpha.toFixed(3),
      h.iteration === 0 ? "" : String(h.qpIterations),
    ]),
  );
  return [
    `${id}, ${robot.name}, from ${solve.start}: ${solve.status} after ${solve.iterations} QPs in ${ms.toFixed(1)} ms${outcome.note === undefined ? "" : ` (${outcome.note})`}`,
    "",
    cells(["QPs", "cost", "merit", "violation", "KKT", "step", "QP its"]),
    ...rows,
    "",
    ...(outcome.plan === undefined ? [] : trajectoryRows(robot, outcome.plan.X, dt)),
  ].join("\n");
}

/** Every third stage: time, pose, speeds. */
function trajectoryRows(robot: Robot, X: Float64Array, dt: number): string[] {
  const { nx, stateNames } = robotKinematics(robot);
  const line = (cells: readonly string[]): string => cells.map((c) => c.padStart(9)).join(" ");
  const rows = [line(["t", ...stateNames])];
  for (let k = 0; k < X.length / nx; k += 3) {
    rows.push(
      line([(k * dt).toFixed(2), ...Array.from(X.subarray(k * nx, (k + 1) * nx), (v) => v.toFixed(3))]),
    );
  }
  return rows;
}
