// In the least time: a robot moves sideways by 1.5 m, as a parallel parker does, and ends at the very pose.
//
//   npm run example -- 12
//
// A goal that is met is an equality at the last stage. The time it takes is free and what costs; speeds change by no more
// than a limit from stage to stage. Each of these is a row, or a function that makes a problem of a problem, so that any
// solver takes the result.
import {
  type ContinuousDynamics,
  constraintsAlong,
  withFiniteDifferences,
  withFreeFinalTime,
  withSlewLimits,
} from "mnemosyne-mpc/ocp";
import { solveSqp } from "mnemosyne-mpc/sqp";

const N = 40;
const goal = [0, 1.5, 0]; // x [m], y [m], yaw [rad]

// x = (x, y, yaw), u = (speed [m/s], turn rate [rad/s]).
const robot: ContinuousDynamics = {
  nx: 3,
  nu: 2,
  derivative: (x, u, out) => out.set([u[0] * Math.cos(x[2]), u[0] * Math.sin(x[2]), u[1]]),
};

const base = withFiniteDifferences({
  N,
  dynamics: { nx: 3, nu: 2, step: () => {} }, // not used: the length of a step is not known
  stageCost: (_x, u) => 1e-3 * (u[0] ** 2 + u[1] ** 2), // of equally fast ways the calmer one
  terminalCost: () => 0,
  uLower: Float64Array.of(-1, -1.5),
  uUpper: Float64Array.of(1, 1.5),
  rows: [
    {
      count: 3,
      kind: "equality",
      stages: "terminal",
      value: (x, _k, c) => c.set(goal.map((g, i) => x[i] - g)),
    },
  ],
});
const timed = withFreeFinalTime(base, robot, { lower: 1, upper: 20 });
const ocp = withSlewLimits(timed, { rate: Float64Array.of(0.25, 0.5, Number.POSITIVE_INFINITY), from: 2 });

// The state is (x, y, yaw, T, controls before), the controls (speed, turn rate, T): stage 0 sets T, from stage 1 on the
// robot moves and T is at rest.
const start = new Float64Array(7);
const guess = Float64Array.from({ length: 3 * ocp.N }, (_, i) => (i % 3 === 2 ? 0 : 0.1));
guess.set([0, 0, 6]);

const { status, iterations, X, U, multipliers } = solveSqp(ocp, start, guess);
console.log(`${status} after ${iterations} QPs: ${U[2].toFixed(2)} s`);
console.log(
  `ends within ${Math.max(...goal.map((g, i) => Math.abs(X.at(i - 7)! - g))).toExponential(0)} of the goal`,
);
const held = constraintsAlong(ocp, { X, U, multipliers }).filter(
  ({ multiplier }) => Math.abs(multiplier) > 1e-3,
);
console.log(
  `changes of speed are at their limit at the stages ${held.filter(({ group }) => group === 1).map(({ k }) => k)}`,
);
if (status !== "converged") process.exitCode = 1;
