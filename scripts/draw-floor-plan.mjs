// `node scripts/draw-floor-plan.mjs [FOLDER=datasets/floor-plan]`: draws the small office that the README drives
// through, as office.yaml and office.pgm for ROS map_server and its kin.
import { join, resolve } from "node:path";
import { ensureReady, ROOT } from "./ensure.mjs";

const SIZE = { width: 14, height: 9 }; // [m]
const CELL = 0.05;
const WALL = 0.15;

// Walls by their lower left corner and what they fill; then doors are cut, then the furniture is put in. [m]
const WALLS = [
  [0, 0, 14, WALL],
  [0, 9 - WALL, 14, WALL],
  [0, 0, WALL, 9],
  [14 - WALL, 0, WALL, 9],
  [0, 3.5, 14, WALL], // south of the corridor
  [0, 5.3, 14, WALL], // north of it
  [4.6, 0, WALL, 3.5],
  [9.4, 0, WALL, 3.5],
  [6.2, 5.3, WALL, 3.7],
  [10.3, 5.3, WALL, 3.7],
];
const DOORS = [
  [3.1, 3.5, 1.1, WALL],
  [7.6, 3.5, 1.1, WALL],
  [10, 3.5, 1.1, WALL],
  [1, 5.3, 1.1, WALL],
  [4.8, 5.3, 1.1, WALL],
  [8.6, 5.3, 1.1, WALL],
  [11.6, 5.3, 1.4, WALL],
];
const TABLES = [
  [0.15, 0.15, 0.8, 1.6], // desks of the south rooms
  [2.4, 0.15, 1.6, 0.8],
  [4.75, 1.2, 0.8, 1.6],
  [7, 0.15, 1.6, 0.8],
  [9.55, 0.15, 1.6, 0.8],
  [13.05, 0.9, 0.8, 1.6],
  [1.2, 7.2, 1.6, 1.65], // islands of the open office
  [4, 7.2, 1.6, 0.8],
  [10.45, 8.25, 3.4, 0.6], // the kitchen's counter
  [13.25, 6.9, 0.6, 1.35],
  [5.4, 3.65, 1.2, 0.4], // a shelf and a copier in the corridor
  [9.8, 4.8, 0.6, 0.5],
];
const ROUND = [
  [8.25, 7.4, 0.75], // the meeting table and its chairs
  [7.3, 6.9, 0.22],
  [7.3, 7.9, 0.22],
  [9.2, 6.9, 0.22],
  [9.2, 7.9, 0.22],
  [8.25, 8.45, 0.22],
  [1.35, 1, 0.25], // chairs at desks
  [3.2, 1.25, 0.25],
  [5.9, 2, 0.25],
  [7.8, 1.3, 0.25],
  [10.3, 1.3, 0.25],
  [12.7, 1.7, 0.25],
  [2, 6.85, 0.25],
  [4.9, 6.8, 0.25],
  [0.5, 5, 0.2], // plants
  [13.5, 3.95, 0.2],
  [11.6, 7, 0.4], // a high table
];

await ensureReady(ROOT, { need: "run" });
const { createGrid, cellCenter, OCCUPIED } = await import("../dist/sim/index.js");
const { writeMapFiles } = await import("../dist/node/index.js");

const inRectangle =
  (x, y) =>
  ([left, low, width, height]) =>
    x >= left && x < left + width && y >= low && y < low + height;
const inDisc =
  (x, y) =>
  ([centerX, centerY, radius]) =>
    Math.hypot(x - centerX, y - centerY) < radius;
const grid = createGrid(Math.round(SIZE.width / CELL), Math.round(SIZE.height / CELL), CELL);
for (let cell = 0; cell < grid.cells.length; cell++) {
  const [x, y] = cellCenter(grid, cell % grid.width, Math.floor(cell / grid.width));
  const wall = WALLS.some(inRectangle(x, y)) && !DOORS.some(inRectangle(x, y));
  const taken = wall || TABLES.some(inRectangle(x, y)) || ROUND.some(inDisc(x, y));
  grid.cells[cell] = taken ? OCCUPIED : 0;
}
const folder = resolve(process.argv[2] ?? join(ROOT, "datasets", "floor-plan"));
const { yamlPath } = await writeMapFiles(join(folder, "office.yaml"), grid);
console.log(yamlPath);
