import { discretize, withFiniteDifferences } from "../ocp/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const N = 60;
const [WHEELBASE, HALF_ROAD, GRIP] = [2.5, 3, 8];
/** The road winds: its curvature at arc length s, radius 10 m at the tightest. [1/m] */
const curvature = (s: number): number => 0.1 * Math.sin(s / 8);

/** As far along a winding road as 3 s allow; x = (arc length, offset, heading error, speed, steering). */
export function raceCar(): ZooProblem {
  return {
    name: "race-car",
    about: "get as far along a winding road as three seconds and the tyres' grip allow",
    source:
      "curvilinear bicycle of A. Liniger et al., Optim. Control Appl. Meth. 36 (2015); figures of this house",
    states: ["arc length [m]", "offset [m]", "heading error [rad]", "speed [m/s]", "steering [rad]"],
    controls: ["acceleration [m/s^2]", "steering rate [rad/s]"],
    ocp: withFiniteDifferences({
      N,
      dynamics: discretize(
        {
          nx: 5,
          nu: 2,
          derivative(x, u, out) {
            const kappa = curvature(x[0]);
            const along = (x[3] * Math.cos(x[2])) / (1 - x[1] * kappa);
            out[0] = along;
            out[1] = x[3] * Math.sin(x[2]);
            out[2] = (x[3] * Math.tan(x[4])) / WHEELBASE - kappa * along;
            out[3] = u[0];
            out[4] = u[1];
          },
        },
        DT,
      ),
      stageCost: (_x, u) => DT * (0.01 * u[0] * u[0] + 0.1 * u[1] * u[1]),
      terminalCost: (x) => -x[0],
      uLower: Float64Array.of(-8, -1),
      uUpper: Float64Array.of(4, 1),
      stateBox: {
        index: [1, 4],
        lower: Float64Array.of(-HALF_ROAD, -0.5),
        upper: Float64Array.of(HALF_ROAD, 0.5),
      },
      rows: {
        count: 2,
        value(x, _k, out) {
          const sideways = (x[3] * x[3] * Math.tan(x[4])) / WHEELBASE;
          out[0] = GRIP - sideways;
          out[1] = GRIP + sideways;
        },
      },
    }),
    x0: Float64Array.of(0, 0, 0, 8, 0),
    guess: constantGuess(N, 0, 0),
    noise: [1, 0.1],
    best: { cost: -43.683818, by: "IPOPT" },
  };
}
