import { discretize, withFiniteDifferences } from "../ocp/index.ts";
import { reach } from "./reach.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const N = 60;
const DT = 0.5;
const [WHEELBASE, TRAILER] = [3.5, 6];
const DEGREE = Math.PI / 180;
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
    ocp: withFiniteDifferences({
      N,
      dynamics: discretize(
        {
          nx: 6,
          nu: 2,
          derivative(x, u, out) {
            out[0] = x[4] * Math.cos(x[2]);
            out[1] = x[4] * Math.sin(x[2]);
            out[2] = (x[4] * Math.tan(x[5])) / WHEELBASE;
            out[3] = (x[4] * Math.sin(x[2] - x[3])) / TRAILER;
            out[4] = u[0];
            out[5] = u[1];
          },
        },
        DT,
      ),
      stageCost: (x, u) => DT * (u[0] * u[0] + 10 * u[1] * u[1] + 0.1 * x[4] * x[4]),
      terminalCost: () => 0,
      uLower: Float64Array.of(-1, -0.5),
      uUpper: Float64Array.of(1, 0.5),
      stateBox: {
        index: [4, 5],
        lower: Float64Array.of(-2, -35 * DEGREE),
        upper: Float64Array.of(2, 35 * DEGREE),
      },
      rows: reach(N, GOAL, [(x) => 50 * DEGREE - (x[2] - x[3]), (x) => 50 * DEGREE + (x[2] - x[3])]),
    }),
    x0: new Float64Array(6),
    guess: constantGuess(N, 0, 0),
    noise: [0.1, 0.05],
    best: { cost: 4.1380565, by: "IPOPT" },
  };
}
