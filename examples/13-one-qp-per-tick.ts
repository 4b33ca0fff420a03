// Hold a pendulum up with one QP per control tick, most of it solved before the state is measured.
//
//   npm run example -- 13
//
// Between two ticks `prepareFeedback` linearizes at the plan for the state that is expected, solves its QP and works out
// how the answer moves with the state. When the state is measured, `feedback` answers in microseconds. Beside it, a
// solve to the end says at every tick what the answer should have been.
import { advancePlan, createSqpWorkspace, feedback, prepareFeedback, solveSqp } from "mnemosyne-mpc/sqp";
import { add, mul, sin, symbolicOcp, weightedSquares } from "mnemosyne-mpc/symbolic";

const torqueMax = 9; // [N m], on a rod of 1 m with 1 kg at its end

const pendulum = symbolicOcp({
  N: 40,
  dt: 0.05, // [s]
  states: ["angle", "rate"], // from upright
  controls: ["torque"],
  dynamics: ({ x, u }) => [x.rate, add(u.torque, mul(9.81, sin(x.angle)))],
  stageCost: ({ x, u }) => add(weightedSquares([5, 0.2], x), weightedSquares(0.05, u)),
  terminalCost: ({ x }) => weightedSquares([50, 5], x),
  bounds: { torque: [-torqueMax, torqueMax] },
});

const workspace = createSqpWorkspace(pendulum);
const torque = new Float64Array(1);
let x: Float64Array = Float64Array.of(0.5, 0.3);
let prepared = prepareFeedback(pendulum, x, solveSqp(pendulum, x), undefined, workspace);
let [worst, ignored, slowest] = [0, 0, 0];

console.log("  t [s]   angle [rad]   torque [N m]   a solve's   kept plan's");
for (let tick = 0; tick < 40; tick++) {
  // The pendulum is not quite where it was expected: something pushes it.
  const measured = x.map((value, i) => value + 0.03 * Math.sin(3 * tick + 2 * i));
  const start = performance.now();
  feedback(prepared, measured, torque);
  if (tick > 10) slowest = Math.max(slowest, performance.now() - start);

  const exact = solveSqp(pendulum, measured, prepared.plan, { tol: 1e-8 }).U[0];
  worst = Math.max(worst, Math.abs(torque[0] - exact));
  ignored = Math.max(ignored, Math.abs(prepared.plan.U[0] - exact));
  if (tick % 4 === 0) {
    const numbers = [measured[0], torque[0], exact, prepared.plan.U[0]].map((v) => v.toFixed(4).padStart(12));
    console.log(`${(0.05 * tick).toFixed(2).padStart(7)}${numbers.join("")}`);
  }

  const next = advancePlan(prepared, measured, torque);
  x = next.x0;
  prepared = prepareFeedback(pendulum, next.x0, next.guess, undefined, workspace);
}

console.log(
  `\nfarthest from a solve to the end: ${worst.toFixed(4)} N m; the plan kept as it was: ${ignored.toFixed(2)} N m`,
);
console.log(`slowest answer: ${(1000 * slowest).toFixed(0)} us`);
const upright = Math.abs(x[0]) < 0.2;
console.log(`still upright: ${upright}`);
if (!upright || worst > 0.1 * ignored) process.exitCode = 1;
