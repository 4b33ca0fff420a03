// `node scripts/random-scenarios.mjs MAP.yaml [PAIRS=20] [SEED=0] [ROBOT=jackal] > pairs.jsonl`: random start-goal
// pairs on a map, with room for the robot and a path between them, as a file for `mnemosyne evaluate`.
import { resolve } from "node:path";
import { ensureReady, ROOT } from "./ensure.mjs";

const [map, pairs = "20", seed = "0", robotName = "jackal"] = process.argv.slice(2);
if (map === undefined) {
  console.error("usage: node scripts/random-scenarios.mjs MAP.yaml [PAIRS] [SEED] [ROBOT] > pairs.jsonl");
  process.exit(2);
}
await ensureReady(ROOT, { need: "run" });
const { createRng } = await import("../dist/base/index.js");
const { planGlobalPath } = await import("../dist/route/index.js");
const sim = await import("../dist/sim/index.js");
const { readMapFile } = await import("../dist/node/index.js");

/** Room to turn on the spot, and some more. [m] */
const EXTRA = 0.1;
const SHORTEST = 2;

const grid = await readMapFile(map);
const robot = sim.getRobot(robotName);
const radius = sim.footprintReach(robot);
const field = sim.computeDistanceField(grid, { unknown: "occupied" });
const rng = createRng(Number(seed));
const free = [...grid.cells.keys()].filter((i) => grid.cells[i] === 0 && field.distance[i] >= radius + EXTRA);
if (free.length === 0) throw new Error(`${map}: no cell with room for the ${robot.name}`);
const place = () => {
  const cell = free[rng.int(free.length)];
  const [x, y] = sim.cellCenter(grid, cell % grid.width, Math.floor(cell / grid.width));
  return { x, y };
};
for (let id = 0; id < Number(pairs); ) {
  const [start, goal] = [place(), place()];
  if (Math.hypot(start.x - goal.x, start.y - goal.y) < SHORTEST) continue;
  const { status } = planGlobalPath(field, start, goal, { radius });
  if (status !== "found") continue;
  const yaw = 2 * Math.PI * (rng.uniform() - 0.5);
  const line = {
    id: `pair-${id}`,
    map: resolve(map),
    start: [start.x, start.y, yaw],
    goal: [goal.x, goal.y],
    goal_tolerance_m: 0.25,
    robot: robotName,
    timeout_s: 300,
  };
  console.log(JSON.stringify(line));
  id++;
}
