import { add, minus, mul, sin, square, sub, symbolicOcp, weightedSquares } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const N = 60;

/** A rod of 1 kg and 1 m that is swung up by half the torque that holds it level; x = (angle from hanging, rate). */
export function pendulum(): ZooProblem {
  return {
    name: "pendulum",
    about: "swing up a rod with half the torque that holds it level",
    source: "R. Tedrake, Underactuated Robotics, ch. 2; figures of this house",
    states: ["angle [rad]", "rate [rad/s]"],
    controls: ["torque [N m]"],
    ocp: symbolicOcp({
      N,
      states: ["angle", "rate"],
      controls: ["torque"],
      dt: DT,
      dynamics: ({ x, u }) => [x.rate, sub(u.torque, add(mul(9.81, sin(x.angle)), mul(0.1, x.rate)))],
      stageCost: ({ u }) => mul(0.1 * DT, square(u.torque)),
      terminalCost: ({ x }) => weightedSquares([100, 10], minus(x, [Math.PI, 0])),
      bounds: { torque: [-5, 5] },
    }),
    x0: Float64Array.of(0, 0),
    guess: constantGuess(N, 0),
    noise: [1],
    best: { cost: 4.20642468, by: "IPOPT and SQP" },
  };
}
