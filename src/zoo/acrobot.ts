import {
  add,
  cos,
  div,
  minus,
  mul,
  sin,
  square,
  sub,
  symbolicOcp,
  weightedSquares,
} from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const N = 80;
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
    ocp: symbolicOcp({
      N,
      states: ["q1", "q2", "w1", "w2"],
      controls: ["torque"],
      dt: DT,
      dynamics({ x: { q1, q2, w1, w2 }, u: { torque } }) {
        const bend = mul(HALF, cos(q2));
        const swing = mul(HALF, sin(q2));
        const h11 = add(2 * MOMENT + 1, mul(2, bend));
        const h12 = add(MOMENT, bend);
        const gravity2 = mul(GRAVITY * HALF, sin(add(q1, q2)));
        const gravity1 = add(mul(GRAVITY * (HALF + 1), sin(q1)), gravity2);
        const f1 = sub(mul(swing, add(mul(2, w1), w2), w2), gravity1);
        const f2 = sub(torque, add(mul(swing, square(w1)), gravity2));
        const det = sub(mul(MOMENT, h11), square(h12));
        return [
          w1,
          w2,
          div(sub(mul(MOMENT, f1), mul(h12, f2)), det),
          div(sub(mul(h11, f2), mul(h12, f1)), det),
        ];
      },
      stageCost: ({ x, u }) => mul(0.01 * DT, add(square(x.w1), square(x.w2), square(u.torque))),
      terminalCost: ({ x }) => weightedSquares([100, 100, 10, 10], minus(x, [Math.PI, 0, 0, 0])),
      bounds: { torque: [-15, 15] },
    }),
    x0: new Float64Array(4),
    guess: constantGuess(N, 0),
    noise: [3],
    best: { cost: 1.452157001, by: "IPOPT and SQP" },
  };
}
