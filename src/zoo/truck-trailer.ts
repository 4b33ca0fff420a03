import { add, cos, div, minus, mul, sin, square, sub, symbolicOcp, tan } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const N = 60;
const DT = 0.5;
const [WHEELBASE, TRAILER] = [3.5, 6];
const DEGREE = Math.PI / 180;
/** Largest angle between truck and trailer. */
const FOLD = 50 * DEGREE;
/** Behind the truck and a lane aside: it has to be reversed, which folds a trailer if nobody steers against it. */
const GOAL = [-20, -4, 0, 0, 0, 0];

/** A truck backs its trailer into the lane beside it; x = (px, py, yaw, trailer's yaw, speed, steering). */
export function truckTrailer(): ZooProblem {
  return {
    name: "truck-trailer",
    about: "back a truck with a trailer 20 m into the lane beside it without folding it",
    source: "kinematics of P. Rouchon et al. (CDC 1993), hitch on the rear axle; figures of this house",
    states: ["x [m]", "y [m]", "yaw [rad]", "trailer's yaw [rad]", "speed [m/s]", "steering [rad]"],
    controls: ["acceleration [m/s^2]", "steering rate [rad/s]"],
    ocp: symbolicOcp({
      N,
      states: ["px", "py", "yaw", "trailer", "speed", "steering"],
      controls: ["acceleration", "rate"],
      dt: DT,
      dynamics: ({ x, u }) => [
        mul(x.speed, cos(x.yaw)),
        mul(x.speed, sin(x.yaw)),
        div(mul(x.speed, tan(x.steering)), WHEELBASE),
        div(mul(x.speed, sin(sub(x.yaw, x.trailer))), TRAILER),
        u.acceleration,
        u.rate,
      ],
      stageCost: ({ x, u }) =>
        mul(DT, add(square(u.acceleration), mul(10, square(u.rate)), mul(0.1, square(x.speed)))),
      bounds: {
        acceleration: [-1, 1],
        rate: [-0.5, 0.5],
        speed: [-2, 2],
        steering: [-35 * DEGREE, 35 * DEGREE],
      },
      rows: [
        { kind: "equality", stages: "terminal", values: ({ x }) => minus(x, GOAL) },
        { values: ({ x }) => [1, -1].map((side) => add(FOLD, mul(side, sub(x.yaw, x.trailer)))) },
      ],
    }),
    x0: new Float64Array(6),
    guess: constantGuess(N, 0, 0),
    noise: [0.1, 0.05],
    best: { cost: 4.138056621, by: "IPOPT and SQP" },
  };
}
