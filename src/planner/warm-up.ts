import { createRng } from "../base/index.ts";
import { sceneExtent } from "../route/index.ts";
import {
  createGrid,
  createLocalGrid,
  createRangeSensor,
  createSimulator,
  footprintReach,
  type Goal,
  type OccupancyGrid,
  occupyDisc,
  type Pose,
  type Robot,
} from "../sim/index.ts";
import { resolveNavigationOptions } from "./navigation-options.ts";
import type { Navigator } from "./navigator.ts";
import type { SensorSample } from "./scene.ts";

/** Where navigators practise: a map, a way through it, and what is seen from a pose on it. */
export type PracticeWorld = {
  readonly map: OccupancyGrid;
  readonly start: Pose;
  readonly goal: Goal;
  look(pose: Pose, time: number): Pick<SensorSample, "grid" | "movers">;
};

/**
 * So many navigators drive for so many ticks each. Of functions that every navigator makes anew the code is kept from the
 * third on only; measured on the Jackal, first ticks of a fourth navigator took 4 ms so, 10 to 17 ms after as many ticks of
 * one navigator, 7 ms after those of six.
 */
const NAVIGATORS = 3;
const TICKS = 25;
/** Between ticks. [s] */
const PERIOD = 0.1;

/**
 * Lets navigators like the robot's own practise in a simulated world, so that code is compiled before the robot's first
 * tick, which takes some forty times as long as others in a process that has just begun. To be awaited before the wheels
 * may turn; it takes about a second.
 *
 * @param create makes a navigator with the options of the robot's own, but for its zones; called several times
 * @param world by default a small one with an obstacle beside the way, seen by a lidar
 */
export async function warmUp(
  robot: Robot,
  create: () => Navigator,
  world: PracticeWorld = practiceWorld(robot),
): Promise<void> {
  const { map, start, goal, look } = world;
  for (let n = 0; n < NAVIGATORS; n++) {
    const navigator = create();
    const simulator = createSimulator({ robot, grid: map, start, rng: createRng(n) });
    navigator.setMap(map);
    navigator.setGoal(goal);
    for (let tick = 0; tick < TICKS; tick++) {
      const { time, state, pose } = simulator;
      const { command } = await navigator.tick({ time, x: state, ...look(pose, time) });
      navigator.renew();
      simulator.step(command, PERIOD);
    }
  }
}

/** A way of two lookaheads past an obstacle, in cells that resolve the robot. */
function practiceWorld(robot: Robot): PracticeWorld {
  const { lookahead } = resolveNavigationOptions(robot);
  const { gridSide } = sceneExtent(lookahead);
  const reach = footprintReach(robot);
  const resolution = Math.max(gridSide / MOST_CELLS, reach / CELLS_PER_REACH);
  const cells = Math.ceil((2 * gridSide) / resolution);
  const origin = { x: -gridSide, y: -gridSide, yaw: 0 };
  const map = occupyDisc(createGrid(cells, cells, resolution, origin), 0, 2 * reach, reach);
  const sensor = createRangeSensor({ rng: createRng(0), range: gridSide });
  const local = createLocalGrid({ size_m: gridSide, resolution, anchor: origin });
  return {
    map,
    start: { x: -lookahead, y: 0, yaw: 0 },
    goal: { x: lookahead, y: 0 },
    look(pose) {
      local.recenter(pose.x, pose.y);
      local.integrate(sensor.scan(map, pose));
      return { grid: local.grid };
    },
  };
}

/** Cells of a local grid's side, at most, and of the body's reach. */
const MOST_CELLS = 160;
const CELLS_PER_REACH = 8;
