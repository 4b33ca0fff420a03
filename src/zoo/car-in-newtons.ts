import { withFiniteDifferences } from "../ocp/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.1;
const MASS = 1500;

/** A car of 1500 kg that comes to rest after 50 m; linear dynamics, quadratic cost, force in newtons. */
export function carInNewtons(): ZooProblem {
  return {
    name: "car-in-newtons",
    about: "drive a car of 1500 kg to rest 50 m ahead, linear and quadratic, force in newtons",
    source: "this house; the optimum by the Riccati recursion",
    states: ["place [m]", "speed [m/s]"],
    controls: ["force [N]"],
    ocp: withFiniteDifferences({
      N: 50,
      dynamics: {
        nx: 2,
        nu: 1,
        step(x, u, _k, out) {
          out[0] = x[0] + DT * x[1];
          out[1] = x[1] + (DT * u[0]) / MASS;
        },
      },
      stageCost: (_x, u) => 1e-8 * u[0] * u[0],
      terminalCost: (x) => (x[0] - 50) ** 2 + x[1] ** 2,
    }),
    x0: Float64Array.of(0, 0),
    guess: constantGuess(50, 0),
    noise: [1000],
    best: { cost: 47.1504201175126, by: "closed form" },
  };
}
