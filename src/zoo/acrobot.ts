import { discretize, withFiniteDifferences } from "../ocp/index.ts";
import { constantGuess, weightedSquares, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const GRAVITY = 9.81;
/** Two rods of 1 kg and 1 m: moment about the joint at its end, and half a length. */
const [MOMENT, HALF] = [1 / 3, 0.5];

/** Two hinged rods swung up by the elbow alone; x = (q1 from hanging, q2 relative, rates), u = (elbow's torque). */
export function acrobot(): ZooProblem {
  return {
    name: "acrobot",
    about: "swing up two hinged rods with a motor at the elbow alone",
    source:
      "M. Spong, IEEE Control Systems 15 (1995); equations of R. Tedrake, Underactuated Robotics, ch. 3",
    states: ["shoulder [rad]", "elbow [rad]", "shoulder's rate [rad/s]", "elbow's rate [rad/s]"],
    controls: ["elbow's torque [N m]"],
    ocp: withFiniteDifferences({
      N: 80,
      dynamics: discretize(
        {
          nx: 4,
          nu: 1,
          derivative(x, u, out) {
            const [q1, q2, w1, w2] = x;
            const [s2, c2] = [Math.sin(q2), Math.cos(q2)];
            const h11 = 2 * MOMENT + 1 + 2 * HALF * c2;
            const h12 = MOMENT + HALF * c2;
            const gravity2 = GRAVITY * HALF * Math.sin(q1 + q2);
            const gravity1 = GRAVITY * (HALF + 1) * Math.sin(q1) + gravity2;
            const f1 = HALF * s2 * (2 * w1 + w2) * w2 - gravity1;
            const f2 = u[0] - HALF * s2 * w1 * w1 - gravity2;
            const det = h11 * MOMENT - h12 * h12;
            out[0] = w1;
            out[1] = w2;
            out[2] = (MOMENT * f1 - h12 * f2) / det;
            out[3] = (h11 * f2 - h12 * f1) / det;
          },
        },
        DT,
      ),
      stageCost: (x, u) => DT * (0.01 * (x[2] * x[2] + x[3] * x[3]) + 0.01 * u[0] * u[0]),
      terminalCost: (x) => weightedSquares([100, 100, 10, 10], x, [Math.PI, 0, 0, 0]),
      uLower: Float64Array.of(-15),
      uUpper: Float64Array.of(15),
    }),
    x0: new Float64Array(4),
    guess: constantGuess(80, 0),
    noise: [3],
    best: { cost: 1.452157, by: "IPOPT" },
  };
}
