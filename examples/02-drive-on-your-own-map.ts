// Drive on a map of your own: any map that ROS's map_server can read.
//
//   npm run example -- 02                                                     on a small floor plan, drawn below
//   npm run example -- 02 datasets/floor-plan/office.yaml 1,2.6,-90 12.3,6    on a map, from X,Y,YAW_DEG to X,Y
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { drive } from "mnemosyne-mpc/drive";
import { createGrid, getRobot, loadMap, type OccupancyGrid, writeMap } from "mnemosyne-mpc/sim";

const plan = [
  "##############################",
  "#..............#.............#",
  "#..............#.............#",
  "#......##......#......##.....#",
  "#......##......#......##.....#",
  "#.........................#..#",
  "#.........................#..#",
  "#.........................#..#",
  "#######...######....#######..#",
  "#..............#.............#",
  "#..............#.............#",
  "#....####......#.....##......#",
  "#....####............##......#",
  "#............................#",
  "#............................#",
  "##############################",
];
const cellsPerLetter = 6; // of 0.05 m: a letter is 0.3 m

/** Paints the floor plan; row 0 of a grid is at the bottom. */
function floorPlan(): OccupancyGrid {
  const grid = createGrid(plan[0].length * cellsPerLetter, plan.length * cellsPerLetter, 0.05);
  for (let c = 0; c < grid.cells.length; c++) {
    const row = plan.length - 1 - Math.floor(Math.floor(c / grid.width) / cellsPerLetter);
    const column = Math.floor((c % grid.width) / cellsPerLetter);
    grid.cells[c] = plan[row][column] === "#" ? 100 : 0;
  }
  return grid;
}

/** The library takes bytes, so that it runs in a browser too; here they come from files beside the YAML. */
async function readMap(path: string): Promise<OccupancyGrid> {
  return loadMap(await readFile(path, "utf8"), (image) => readFile(resolve(dirname(path), image)), path);
}

const folder = await mkdtemp(join(tmpdir(), "floor-plan-"));
const numbers = (text: string): number[] => text.split(",").map(Number);
const [file = join(folder, "plan.yaml"), from = "0.75,0.75,0", to = "8.2,4.1"] = process.argv.slice(2);
try {
  const { yaml, imageName, image } = writeMap(floorPlan(), { name: "plan" });
  await writeFile(join(folder, imageName), image);
  await writeFile(join(folder, "plan.yaml"), yaml);

  const [x, y, yawDeg] = numbers(from);
  const [goalX, goalY] = numbers(to);
  const { summary } = await drive({
    grid: await readMap(file),
    robot: getRobot("jackal"),
    start: { x, y, yaw: (yawDeg * Math.PI) / 180 },
    goal: { x: goalX, y: goalY },
    sensor: "lidar", // it knows the map for its path, but avoids what its own sensor sees
    seed: 1,
  });

  const why = summary.note === undefined ? "" : `: ${summary.note}`;
  console.log(`${summary.status}${why} after ${summary.time} s and ${summary.pathLength.toFixed(1)} m`);
  console.log(`clearance at least ${summary.minClearance.toFixed(2)} m, ${summary.collisions} collisions`);
  console.log(
    `${summary.sqp.iterations.mean.toFixed(2)} SQP iterations per tick, ${summary.recoveries} recoveries`,
  );
  if (summary.status !== "reached" || summary.collisions > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
