// One control tick, with its numbers at every arrow: from what the robot measures to the command that leaves.
//
//   npm run example -- 10
//
// A Jackal drives through a cluttered world that it sees with its lidar. One tick of the run is taken apart with the
// functions that the control loop itself is made of; the command that they give must be the one that was driven.
// docs/walk.md is what this prints, with a word on each step.

import { drive } from "mnemosyne-mpc/drive";
import {
  createNavigationProblem,
  createSafetyChecker,
  getWarmStart,
  type Plan,
  planValue,
  poseScene,
  type Scene,
  sceneField,
  type TickReport,
  withOwnGrid,
} from "mnemosyne-mpc/planner";
import { createPath, nearestOnPath } from "mnemosyne-mpc/route";
import { distanceAt, getRobot, makeWorld, OCCUPIED, UNKNOWN } from "mnemosyne-mpc/sim";
import { createSqpWorkspace, evaluateGuess, solveSqp } from "mnemosyne-mpc/sqp";

/** The tick that is taken apart. */
const TICK = 33;
const AS_IN_THE_LOOP = { tol: 1e-2, hessian: "full" } as const;
const robot = getRobot("jackal");
const world = makeWorld("clutter", 10);

const seen: TickReport[] = [];
await drive({
  ...world,
  robot,
  init: "best",
  iterations: 10,
  sensor: "lidar",
  timeout_s: 0.1 * (TICK + 1),
  onTick: (report) => seen.push({ ...report, scene: report.scene && withOwnGrid(report.scene) }),
});
const tick = seen[TICK];
const scene = tick.scene as Scene;
const lastPlan = seen[TICK - 1].plan as Plan;

const digits = (value: number, count = 3): string => String(Number(value.toPrecision(count)));
const row = (values: Iterable<number>): string => Array.from(values, (value) => digits(value)).join(", ");
const say = (step: string, what: string): void => console.log(`${step.padEnd(12)} ${what}`);
const count = (value: number): number =>
  scene.grid.cells.reduce((sum, cell) => sum + Number(value === UNKNOWN ? cell < 0 : cell >= value), 0);

say("sample", `time ${digits(scene.time)} s, x = (${row(scene.x)})`);

const { width, height, resolution } = scene.grid;
say(
  "local grid",
  `${width} x ${height} cells of ${resolution} m, ${count(OCCUPIED)} occupied, ${count(UNKNOWN)} unknown`,
);

const field = sceneField(scene.grid);
say(
  "field",
  `the nearest obstacle is ${digits(distanceAt(field, scene.x[0], scene.x[1]))} m from the robot's centre`,
);

const path = createPath(tick.globalPath as Float64Array);
const along = nearestOnPath(path, scene.x[0], scene.x[1]);
say("route", `${digits(path.length)} m long, the robot ${digits(along)} m along it`);
say(
  "",
  `local goal (${row([scene.goal.x, scene.goal.y])}), ${scene.final ? "the end" : "on the way"}; ${scene.path.length / 2} points of path`,
);

const problem = createNavigationProblem(robot);
const { margin } = poseScene(problem, scene, field);
const { ocp } = problem;
const { nx, nu } = ocp.dynamics;
say(
  "problem",
  `N = ${ocp.N} stages of ${problem.options.dt} s, ${nx} states, ${nu} controls, margin ${digits(margin)} m`,
);

const workspace = createSqpWorkspace(ocp);
const candidates = await getWarmStart("best").candidates({ scene, problem, field, margin, lastPlan });
const tried = candidates.map(({ name, guess }) => {
  const { cost, violation } = evaluateGuess(ocp, scene.x, guess, workspace);
  say(`start ${name}`, `cost ${digits(cost, 5)}, violation ${digits(violation)}`);
  const after = solveSqp(ocp, scene.x, guess, { ...AS_IN_THE_LOOP, maxIterations: 1 }, workspace);
  say("", `after one QP: cost ${digits(after.cost, 5)}, violation ${digits(after.violation)}`);
  return { name, guess, value: planValue(after) };
});

const best = tried.reduce((a, b) => (b.value < a.value ? b : a));
const result = solveSqp(ocp, scene.x, best.guess, { ...AS_IN_THE_LOOP, maxIterations: 10 }, workspace);
for (const { iteration, qpIterations, alpha, cost, violation, kkt } of result.history)
  say(
    iteration === 0 ? `from ${best.name}` : `QP ${iteration}`,
    `${iteration === 0 ? "" : `${qpIterations} Newton steps, alpha ${digits(alpha)}, `}cost ${digits(cost, 5)}, violation ${digits(violation)}, KKT ${digits(kkt, 2)}`,
  );
say("plan", `${result.status}, ends at (${row(result.X.subarray(ocp.N * nx, ocp.N * nx + 3))})`);

const check = createSafetyChecker(robot).check(result.X, field, scene.grid);
say("check", check.safe ? "the whole plan is free" : `contact in stage ${check.contactStage}`);

const { command } = tick;
say("command", command.kind === "drive" ? `accelerations (${row(command.u)})` : "stop");

// What the loop did must be what these steps give: else the walk would be a tale.
const first = result.U.subarray(0, nu);
const same = command.kind === "drive" && command.u.every((value, i) => Math.abs(value - first[i]) < 1e-9);
if (!same || best.name !== tick.solve?.start || !check.safe || tick.source !== "solution")
  process.exitCode = 1;
