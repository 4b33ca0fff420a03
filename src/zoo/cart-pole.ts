import {
  add,
  cos,
  div,
  minus,
  mul,
  neg,
  sin,
  square,
  symbolicOcp,
  weightedSquares,
} from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const N = 60;
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
    ocp: symbolicOcp({
      N,
      states: ["place", "angle", "speed", "rate"],
      controls: ["force"],
      dt: DT,
      dynamics({ x, u }) {
        const [s, c] = [sin(x.angle), cos(x.angle)];
        const mass = add(CART, mul(POLE, square(s)));
        const swing = mul(LENGTH, square(x.rate));
        return [
          x.speed,
          x.rate,
          div(add(u.force, mul(POLE, s, add(swing, mul(GRAVITY, c)))), mass),
          neg(
            div(
              add(mul(u.force, c), mul(POLE, swing, c, s), mul((CART + POLE) * GRAVITY, s)),
              mul(LENGTH, mass),
            ),
          ),
        ];
      },
      stageCost: ({ x, u }) =>
        mul(DT, add(weightedSquares([0.1, 0.1, 0.01, 0.01], minus(x, UPRIGHT)), mul(0.01, square(u.force)))),
      terminalCost: ({ x }) => weightedSquares([100, 100, 10, 10], minus(x, UPRIGHT)),
      bounds: { force: [-10, 10], place: [-1, 1] },
    }),
    x0: new Float64Array(4),
    guess: constantGuess(N, 0),
    noise: [2],
    best: { cost: 2.004781444, by: "IPOPT and SQP" },
  };
}
