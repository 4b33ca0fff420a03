// Add a robot: what it is, how fast it may go and the ground it covers, as a JSON file.
//
//   npm run example -- 04
//   npm run example -- 04 my-robot.json           the same with a file of yours
//
// The same file works on the command line: npx mnemosyne-mpc navigate --world rooms:2 --robot my-robot.json
import { readFile } from "node:fs/promises";
import { drive } from "mnemosyne-mpc/drive";
import { footprintDiscs, makeWorld, parseRobot, robotSizes } from "mnemosyne-mpc/sim";

// A pallet truck that steers with its front wheel: it cannot turn in place. The body frame sits on the rear
// axle, x forward, y left; the corners run counter-clockwise. Metres, seconds, radians.
const palletTruck = `{
  "name": "pallet truck",
  "model": "bicycle",
  "source": "tape measure",
  "footprint": [[-0.20, -0.22], [0.50, -0.22], [0.62, -0.12], [0.62, 0.12], [0.50, 0.22], [-0.20, 0.22]],
  "wheelbase": 0.45,
  "limits": { "vMin": -0.5, "vMax": 1.2, "deltaMax": 0.7, "aMax": 1.0, "deltaRateMax": 2.0 }
}`;

const [file] = process.argv.slice(2);
const json = file === undefined ? palletTruck : await readFile(file, "utf8");

// A mistake is refused with the name of the key, what it is and what it may be.
try {
  parseRobot({
    ...JSON.parse(json),
    footprint: [
      [0, 0],
      [1, 0],
    ],
  });
  process.exitCode = 1;
} catch (error) {
  console.log(`with a footprint of two corners: ${(error as Error).message}`);
}

const robot = parseRobot(JSON.parse(json));
const { nx, nu } = robotSizes(robot);
const discs = footprintDiscs(robot);
console.log(
  `${robot.name}: ${robot.model}, ${nx} states, ${nu} controls, covered by ${discs.length} discs for planning`,
);

const world = makeWorld("rooms", 2);
const { summary } = await drive({
  grid: world.grid,
  robot,
  start: world.start,
  goal: world.goal,
  sensor: "lidar",
});
const { status, time, pathLength, minClearance, collisions, recoveries } = summary;
console.log(`${world.name}: ${status} after ${time} s and ${pathLength.toFixed(1)} m`);
console.log(
  `clearance at least ${minClearance.toFixed(2)} m, ${collisions} collisions, ${recoveries} recoveries`,
);
if (status !== "reached" || collisions > 0) process.exitCode = 1;
