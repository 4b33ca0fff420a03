import { discretize, withFiniteDifferences } from "../ocp/index.ts";
import { constantGuess, weightedSquares, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const UPRIGHT = [0, Math.PI, 0, 0];
const [CART, POLE, LENGTH, GRAVITY] = [1, 0.2, 0.5, 9.81];

/** A pole swung up by a cart on a rail of 2 m; x = (place, angle from hanging, speed, rate), u = (force). */
export function cartPole(): ZooProblem {
  return {
    name: "cart-pole",
    about: "swing a pole up with a cart that must stay on its rail",
    source: "M. Kelly, SIAM Review 59 (2017), section 6; figures of this house",
    states: ["place [m]", "angle [rad]", "speed [m/s]", "rate [rad/s]"],
    controls: ["force [N]"],
    ocp: withFiniteDifferences({
      N: 60,
      dynamics: discretize(
        {
          nx: 4,
          nu: 1,
          derivative(x, u, out) {
            const [s, c] = [Math.sin(x[1]), Math.cos(x[1])];
            const d = CART + POLE * s * s;
            const swing = LENGTH * x[3] * x[3];
            out[0] = x[2];
            out[1] = x[3];
            out[2] = (u[0] + POLE * s * (swing + GRAVITY * c)) / d;
            out[3] = -(u[0] * c + POLE * swing * c * s + (CART + POLE) * GRAVITY * s) / (LENGTH * d);
          },
        },
        DT,
      ),
      stageCost: (x, u) => DT * (weightedSquares([0.1, 0.1, 0.01, 0.01], x, UPRIGHT) + 0.01 * u[0] * u[0]),
      terminalCost: (x) => weightedSquares([100, 100, 10, 10], x, UPRIGHT),
      uLower: Float64Array.of(-10),
      uUpper: Float64Array.of(10),
      stateBox: { index: [0], lower: Float64Array.of(-1), upper: Float64Array.of(1) },
    }),
    x0: new Float64Array(4),
    guess: constantGuess(60, 0),
    noise: [2],
    best: { cost: 2.0047816, by: "IPOPT" },
  };
}
