// `node scripts/draw-run.mjs FAMILY:SEED FILE.svg [ROBOT] [SENSOR]`: drives one robot through a generated world
// and draws the run. The picture of the README: node scripts/draw-run.mjs cells:7 docs/run.svg jackal lidar
import { writeFileSync } from "node:fs";
import { ensureReady, reportFailure } from "./ensure.mjs";

try {
  await ensureReady();
  const { drive } = await import("mnemosyne-mpc/planner");
  const { createRunPicture } = await import("mnemosyne-mpc/record");
  const { getRobot, makeWorld, parseWorldName } = await import("mnemosyne-mpc/sim");

  const [name = "cells:7", file = "run.svg", robotName = "jackal", sensor = "truth"] = process.argv.slice(2);
  const { family, seed } = parseWorldName(name);
  const { grid, start, goal } = makeWorld(family, seed);
  const robot = getRobot(robotName);
  const picture = createRunPicture({ grid, robot, start, goal });
  const onTick = (report, simulator) => picture.add(report, simulator);
  const { summary } = await drive({ grid, robot, start, goal, sensor, onTick });
  writeFileSync(file, picture.draw(summary, `${robotName} in ${name}, seen by ${sensor}`));
  process.stderr.write(`${file}: ${summary.status} after ${summary.time_s} s\n`);
  if (summary.status !== "reached") process.exitCode = 1;
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
