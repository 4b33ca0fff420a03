import { withSlewLimits } from "../ocp/index.ts";
import {
  add,
  cos,
  div,
  mul,
  neg,
  sin,
  square,
  sub,
  symbolicOcp,
  tan,
  weightedSquares,
} from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const N = 60;
const [WHEELBASE, HALF_ROAD, GRIP] = [2.5, 3, 8];
/** The road winds: its curvature at arc length s is TIGHTEST sin(s / WINDING). [1/m, m] */
const [TIGHTEST, WINDING] = [0.1, 8];
/** What acceleration and steering may change by from one step to the next. [m/s^2, rad] */
const SLEW = Float64Array.of(1.5, 0.05);

/** The car with controls that may jump; grip limits what speed and steering do together. */
const car = () =>
  symbolicOcp({
    N,
    states: ["along", "aside", "heading", "speed"],
    controls: ["acceleration", "steering"],
    dt: DT,
    dynamics({ x, u }) {
      const kappa = mul(TIGHTEST, sin(div(x.along, WINDING)));
      const along = div(mul(x.speed, cos(x.heading)), sub(1, mul(x.aside, kappa)));
      return [
        along,
        mul(x.speed, sin(x.heading)),
        sub(div(mul(x.speed, tan(u.steering)), WHEELBASE), mul(kappa, along)),
        u.acceleration,
      ];
    },
    stageCost: ({ u }) => mul(DT, weightedSquares([0.01, 0.1], u)),
    terminalCost: ({ x }) => neg(x.along),
    bounds: { acceleration: [-8, 4], steering: [-0.5, 0.5], aside: [-HALF_ROAD, HALF_ROAD] },
    rows: [
      {
        values({ x, u }) {
          const sideways = div(mul(square(x.speed), tan(u.steering)), WHEELBASE);
          return [sub(GRIP, sideways), add(GRIP, sideways)];
        },
      },
    ],
  });

/** As far along a winding road as 3 s allow; x = (arc length, offset, heading error, speed, last controls). */
export function raceCar(): ZooProblem {
  return {
    name: "race-car",
    about: "get far along a winding road in three seconds, within the tyres' grip and slew limits",
    source:
      "curvilinear bicycle of A. Liniger et al., Optim. Control Appl. Meth. 36 (2015); figures of this house",
    states: [
      ...["arc length [m]", "offset [m]", "heading error [rad]", "speed [m/s]"],
      ...["last acceleration [m/s^2]", "last steering [rad]"],
    ],
    controls: ["acceleration [m/s^2]", "steering [rad]"],
    ocp: withSlewLimits(car(), { rate: SLEW }),
    x0: Float64Array.of(0, 0, 0, 8, 0, 0),
    guess: constantGuess(N, 0, 0),
    noise: [1, 0.02],
    best: { cost: -44.38733538, by: "IPOPT and SQP" },
  };
}
