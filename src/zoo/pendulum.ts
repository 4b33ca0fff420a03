import { discretize, withFiniteDifferences } from "../ocp/index.ts";
import { constantGuess, weightedSquares, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;

/** A rod of 1 kg and 1 m that is swung up by half the torque that holds it level; x = (angle from hanging, rate). */
export function pendulum(): ZooProblem {
  return {
    name: "pendulum",
    about: "swing up a rod with half the torque that holds it level",
    source: "R. Tedrake, Underactuated Robotics, ch. 2; figures of this house",
    states: ["angle [rad]", "rate [rad/s]"],
    controls: ["torque [N m]"],
    ocp: withFiniteDifferences({
      N: 60,
      dynamics: discretize(
        {
          nx: 2,
          nu: 1,
          derivative(x, u, out) {
            out[0] = x[1];
            out[1] = -9.81 * Math.sin(x[0]) + u[0] - 0.1 * x[1];
          },
        },
        DT,
      ),
      stageCost: (_x, u) => DT * 0.1 * u[0] * u[0],
      terminalCost: (x) => weightedSquares([100, 10], x, [Math.PI, 0]),
      uLower: Float64Array.of(-5),
      uUpper: Float64Array.of(5),
    }),
    x0: Float64Array.of(0, 0),
    guess: constantGuess(60, 0),
    noise: [1],
    best: { cost: 4.206425, by: "IPOPT" },
  };
}
