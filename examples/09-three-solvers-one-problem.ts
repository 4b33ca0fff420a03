// Three solvers, one problem: a pendulum swung up by iLQR, by its augmented Lagrangian and by SQP.
//
//   npm run example -- 09
//
// An Ocp names no solver, so all three take the same one. Without constraints on the state they end at the same
// optimum. Under a speed limit iLQR refuses; the other two agree again, and each finds nothing left to do at the
// other's answer, multipliers included: two methods with hardly a line in common vouch for one another.
import { solveAlIlqr, solveIlqr } from "mnemosyne-mpc/ilqr";
import { type ContinuousDynamics, discretize, type Ocp, withFiniteDifferences } from "mnemosyne-mpc/ocp";
import { solveSqp } from "mnemosyne-mpc/sqp";

const torqueMax = 5; // [N m]; holding the rod level takes 9.81
const speedMax = 4.3; // [rad/s]; the swing of least effort reaches 4.41
const dt = 0.05; // [s]
const hanging = Float64Array.of(0, 0);

// x = (angle from hanging down, angular speed), u = (torque).
const pendulum: ContinuousDynamics = {
  nx: 2,
  nu: 1,
  derivative(x, u, out) {
    out[0] = x[1];
    out[1] = u[0] - 9.81 * Math.sin(x[0]) - 0.1 * x[1];
  },
};

const free = withFiniteDifferences({
  N: 60,
  dynamics: discretize(pendulum, dt, "rk4"),
  stageCost: (_x, u) => 0.5 * dt * u[0] * u[0],
  terminalCost: (x) => 500 * (x[0] - Math.PI) ** 2 + 50 * x[1] ** 2,
  uLower: Float64Array.of(-torqueMax),
  uUpper: Float64Array.of(torqueMax),
});
const limited: Ocp = {
  ...free,
  stateBox: { index: [1], lower: Float64Array.of(-speedMax), upper: Float64Array.of(speedMax) },
};

/** What all results have in common. */
type Solution = {
  readonly status: string;
  readonly iterations: number;
  readonly cost: number;
  readonly X: Float64Array;
  readonly U: Float64Array;
};

const options = { tol: 1e-6, hessian: "full" } as const;

function show(name: string, { status, iterations, cost, X }: Solution): void {
  const fastest = X.reduce((most, v, i) => (i % 2 === 1 ? Math.max(most, Math.abs(v)) : most), 0);
  console.log(
    `  ${name.padEnd(8)} ${status} after ${String(iterations).padStart(2)} steps, ` +
      `cost ${cost.toFixed(5)}, fastest ${fastest.toFixed(3)} rad/s`,
  );
}

/** Whether every solution converged, to the same controls. */
function agree(solutions: readonly Solution[]): boolean {
  const [{ U }] = solutions;
  return solutions.every(
    (s) => s.status === "converged" && s.U.every((torque, k) => Math.abs(torque - U[k]) < 1e-3),
  );
}

console.log(`Torque within ${torqueMax} N m, from no torque at all:`);
const ilqr = solveIlqr(free, hanging, undefined, options);
const al = solveAlIlqr(free, hanging, undefined, options);
const sqp = solveSqp(free, hanging, undefined, options);
show("iLQR", ilqr);
show("AL-iLQR", al);
show("SQP", sqp);

console.log(`\nSpeed within ${speedMax} rad/s too, from the optimum without that limit:`);
let refusal = "";
try {
  solveIlqr(limited, hanging, ilqr.U, options);
} catch (error) {
  refusal = (error as Error).message;
}
console.log(`  iLQR     refuses: ${refusal}`);
const alLimited = solveAlIlqr(limited, hanging, ilqr.U, options);
const sqpLimited = solveSqp(limited, hanging, ilqr.U, options);
show("AL-iLQR", alLimited);
show("SQP", sqpLimited);

console.log("\nEach from the other's answer:");
const sqpChecks = solveSqp(limited, hanging, alLimited, { ...options, tol: 1e-5 });
const alChecks = solveAlIlqr(limited, hanging, sqpLimited, { ...options, tol: 1e-5 });
show("SQP", sqpChecks);
show("AL-iLQR", alChecks);

const claims = {
  "all three end at one optimum": agree([ilqr, al, sqp]),
  "iLQR refuses what it cannot keep": refusal.includes("solveAlIlqr or solveSqp"),
  "both others end at one optimum under the limit": agree([alLimited, sqpLimited]),
  "neither improves on the other": sqpChecks.iterations === 0 && alChecks.iterations === 0,
};
console.log();
for (const [claim, holds] of Object.entries(claims)) console.log(`${claim}: ${holds}`);
if (Object.values(claims).includes(false)) process.exitCode = 1;
