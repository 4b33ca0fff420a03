// Solve an optimal control problem of your own: swing up a pendulum whose motor is too weak to lift it.
//
//   npm run example -- 01
//
// Only the functions are written; their derivatives come from finite differences. The solver is handed the
// laziest guess there is (no torque at all) and has to find out by itself that it must swing back first.
import { type ContinuousDynamics, discretize, withFiniteDifferences } from "mnemosyne-mpc/ocp";
import { solveSqp } from "mnemosyne-mpc/sqp";

const gravity = 9.81; // [m/s^2], on a rod of 1 m with 1 kg at its end: holding it level takes 9.81 N m
const torqueMax = 4; // [N m]
const dt = 0.05; // [s]

// x = (angle from hanging down, angular speed), u = (torque).
const pendulum: ContinuousDynamics = {
  nx: 2,
  nu: 1,
  derivative(x, u, out) {
    out[0] = x[1];
    out[1] = u[0] - gravity * Math.sin(x[0]) - 0.1 * x[1];
  },
};

const swingUp = withFiniteDifferences({
  N: 80,
  dynamics: discretize(pendulum, dt, "rk4"),
  stageCost: (_x, u) => 0.5 * dt * u[0] * u[0],
  terminalCost: (x) => 500 * (x[0] - Math.PI) ** 2 + 50 * x[1] ** 2,
  uLower: Float64Array.of(-torqueMax),
  uUpper: Float64Array.of(torqueMax),
});

const hanging = Float64Array.of(0, 0);
const { status, message, X, U, cost, iterations, history } = solveSqp(swingUp, hanging, undefined, {
  tol: 1e-6,
});

console.log(`${status} after ${iterations} QPs at a cost of ${cost.toFixed(4)}. ${message}\n`);
console.log("QPs      cost   KKT residual   step");
for (const row of history) {
  if (row.iteration % 5 !== 0 && row.iteration !== iterations) continue;
  console.log(
    `${String(row.iteration).padStart(3)} ${row.cost.toFixed(4).padStart(10)} ${row.kkt.toExponential(1).padStart(14)} ${row.alpha.toFixed(3).padStart(6)}`,
  );
}

console.log("\n  t [s]   angle [deg]   torque [N m]");
for (let k = 0; k < swingUp.N; k += 8) {
  const angle = (180 / Math.PI) * X[2 * k];
  console.log(
    `${(k * dt).toFixed(1).padStart(7)} ${angle.toFixed(1).padStart(13)} ${U[k].toFixed(2).padStart(14)}`,
  );
}

const [angle, speed] = X.subarray(2 * swingUp.N);
const upright = Math.abs(angle - Math.PI) < 0.05 && Math.abs(speed) < 0.05;
const withinLimits = U.every((torque) => Math.abs(torque) <= torqueMax);
console.log(`\nupright at the end: ${upright}; within the torque limit: ${withinLimits}`);
if (status !== "converged" || !upright || !withinLimits) process.exitCode = 1;
