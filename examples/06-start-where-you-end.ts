// Start where you end: the shipped network proposes trajectories, one QP each refines them, the best is driven.
//
//   npm run example -- 06
//
// A robot at speed is given a new goal behind it. The shifted last plan is worthless now, a pursuit of the path is
// far from the optimum, and one QP has to do. The same goal switch is solved from every start.

import { createRng } from "mnemosyne-mpc/base";
import { loadNet } from "mnemosyne-mpc/init-net/node";
import {
  createBestStart,
  createNavigator,
  createNetStart,
  createTrajectoryPlanner,
  getWarmStart,
  resolveNavigationOptions,
  type WarmStart,
} from "mnemosyne-mpc/planner";
import { createLocalGrid, createSimulator, getRobot, makeWorld } from "mnemosyne-mpc/sim";

const robot = getRobot("jackal");
const model = new URL(import.meta.resolve("mnemosyne-mpc/package.json"));
model.pathname = model.pathname.replace("package.json", "models/warm-start-jackal.onnx");
const net = await loadNet(model.pathname, robot, resolveNavigationOptions(robot));

/** Drives with `shift` for two seconds, then turns round with another warm start and one QP per tick. */
async function turnRound(warmStart: WarmStart) {
  const world = makeWorld("clutter", 10_004);
  const simulator = createSimulator({ robot, grid: world.grid, start: world.start, rng: createRng(0) });
  const local = createLocalGrid({ resolution: world.grid.resolution, anchor: world.grid.origin });
  let start = getWarmStart("shift");
  const planner = createTrajectoryPlanner({
    robot,
    maxIterations: 1,
    warmStart: { name: "switching", choice: "oneQp", candidates: (input) => start.candidates(input) },
  });
  const navigator = createNavigator({ robot, planner });
  navigator.setMap(world.grid);
  navigator.setGoal(world.goal);
  for (let tick = 0; tick < 120; tick++) {
    if (tick === 20) {
      start = warmStart;
      navigator.setGoal(world.start);
    }
    local.recenter(simulator.state[0], simulator.state[1]);
    local.copyFrom(world.grid);
    const x = simulator.state.slice();
    const report = await navigator.tick({ time: 0.1 * tick, x, grid: local.grid });
    if (tick === 20 && report.solve !== undefined) {
      const { start: used, cost, violation } = report.solve;
      console.log(
        `${warmStart.name.padEnd(6)} one QP from ${used.padEnd(6)} cost ${cost.toFixed(1)}, inside the margin by ${(100 * violation).toFixed(1)} cm`,
      );
      return cost;
    }
    simulator.step(report.command, 0.1);
  }
  throw new Error("the goal was never switched");
}

const costs: number[] = [];
for (const start of [getWarmStart("shift"), getWarmStart("path"), createNetStart(net), createBestStart(net)])
  costs.push(await turnRound(start));
await net.dispose();
if (!(costs[3] <= Math.min(...costs) + 1e-9)) process.exitCode = 1;
