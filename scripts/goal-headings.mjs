// `node scripts/goal-headings.mjs FOLDER [ROBOT=f1tenth]`: 100 drives to goals with a heading as FOLDER/headings.jsonl for
// `mnemosyne evaluate`: in an empty hall of 12 x 12 m, 12 goal headings from each of 3 start headings, and 64 among boxes.
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ensureReady, ROOT } from "./ensure.mjs";

const [target, robotName = "f1tenth"] = process.argv.slice(2);
if (target === undefined) {
  console.error("usage: node scripts/goal-headings.mjs FOLDER [ROBOT]");
  process.exit(2);
}
await ensureReady(ROOT, { need: "run" });
const { createRng } = await import("../dist/base/index.js");
const { planGlobalPath } = await import("../dist/route/index.js");
const sim = await import("../dist/sim/index.js");
const { writeMapFiles } = await import("../dist/node/index.js");

const SIDE = 12; // [m]
const CELL = 0.05;
/** Boxes of a cluttered hall, and their sides in cells. */
const BOXES = { count: 20, least: 4, most: 17 };
const HALLS = 16;
const DRIVES = 4;
/** What the footprint has free around it at both ends. [m] */
const ROOM = 0.1;

const robot = sim.getRobot(robotName);
const folder = resolve(target);
const file = join(folder, "headings.jsonl");
await mkdir(folder, { recursive: true });
await writeFile(file, "");

function drawHall(boxes, rng) {
  const n = Math.round(SIDE / CELL);
  const grid = sim.createGrid(n, n, CELL);
  const fill = (i, j, w, h) => {
    for (let row = j; row < j + h; row++) grid.cells.fill(100, row * n + i, row * n + i + w);
  };
  for (const [i, j, w, h] of [
    [0, 0, n, 1],
    [0, n - 1, n, 1],
    [0, 0, 1, n],
    [n - 1, 0, 1, n],
  ])
    fill(i, j, w, h);
  for (let box = 0; box < boxes; box++) {
    const [w, h] = [0, 0].map(() => BOXES.least + rng.int(BOXES.most - BOXES.least + 1));
    fill(rng.int(n - w), rng.int(n - h), w, h);
  }
  return grid;
}

const add = (id, map, start, goal) =>
  appendFile(
    file,
    `${JSON.stringify({
      id,
      map,
      start: [start.x, start.y, start.yaw],
      goal: [goal.x, goal.y, goal.yaw],
      goal_tolerance_m: 0.25,
      robot: robotName,
      timeout_s: 60,
    })}\n`,
  );
const degrees = (angle) => (angle * Math.PI) / 180;

const { yamlPath: empty } = await writeMapFiles(join(folder, "hall.yaml"), drawHall(0));
for (const from of [0, 120, 240]) {
  for (let to = -180; to < 180; to += 30) {
    const start = { x: 3, y: 6, yaw: degrees(from) };
    await add(`hall-${from}-to-${to}`, empty, start, { x: 8, y: 6, yaw: degrees(to) });
  }
}
for (let hall = 0; hall < HALLS; hall++) {
  const rng = createRng(hall);
  const grid = drawHall(BOXES.count, rng);
  const { yamlPath } = await writeMapFiles(join(folder, `boxes-${hall}.yaml`), grid);
  const field = sim.computeDistanceField(grid);
  const place = () => {
    for (;;) {
      const [x, y] = [0, 0].map(() => 1 + (SIDE - 2) * rng.uniform());
      const pose = { x, y, yaw: 2 * Math.PI * (rng.uniform() - 0.5) };
      if (sim.footprintClearance(robot, pose, grid, ROOM) >= ROOM) return pose;
    }
  };
  for (let drive = 0; drive < DRIVES; ) {
    const [start, goal] = [place(), place()];
    const { status } = planGlobalPath(field, start, goal, { radius: sim.discRadius(robot) });
    if (status !== "found") continue;
    await add(`boxes-${hall}-${drive}`, yamlPath, start, goal);
    drive++;
  }
}
console.log(file);
