import { add, cos, div, mul, neg, sin, square, sub, symbolicOcp, tan } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.05;
const N = 60;
const [WHEELBASE, HALF_ROAD, GRIP] = [2.5, 3, 8];
/** The road winds: its curvature at arc length s is TIGHTEST sin(s / WINDING). [1/m, m] */
const [TIGHTEST, WINDING] = [0.1, 8];

/** As far along a winding road as 3 s allow; x = (arc length, offset, heading error, speed, steering). */
export function raceCar(): ZooProblem {
  return {
    name: "race-car",
    about: "get as far along a winding road as three seconds and the tyres' grip allow",
    source:
      "curvilinear bicycle of A. Liniger et al., Optim. Control Appl. Meth. 36 (2015); figures of this house",
    states: ["arc length [m]", "offset [m]", "heading error [rad]", "speed [m/s]", "steering [rad]"],
    controls: ["acceleration [m/s^2]", "steering rate [rad/s]"],
    ocp: symbolicOcp({
      N,
      states: ["along", "aside", "heading", "speed", "steering"],
      controls: ["acceleration", "rate"],
      dt: DT,
      dynamics({ x, u }) {
        const kappa = mul(TIGHTEST, sin(div(x.along, WINDING)));
        const along = div(mul(x.speed, cos(x.heading)), sub(1, mul(x.aside, kappa)));
        return [
          along,
          mul(x.speed, sin(x.heading)),
          sub(div(mul(x.speed, tan(x.steering)), WHEELBASE), mul(kappa, along)),
          u.acceleration,
          u.rate,
        ];
      },
      stageCost: ({ u }) => mul(DT, add(mul(0.01, square(u.acceleration)), mul(0.1, square(u.rate)))),
      terminalCost: ({ x }) => neg(x.along),
      bounds: {
        acceleration: [-8, 4],
        rate: [-1, 1],
        aside: [-HALF_ROAD, HALF_ROAD],
        steering: [-0.5, 0.5],
      },
      rows: [
        {
          values({ x }) {
            const sideways = div(mul(square(x.speed), tan(x.steering)), WHEELBASE);
            return [sub(GRIP, sideways), add(GRIP, sideways)];
          },
        },
      ],
    }),
    x0: Float64Array.of(0, 0, 0, 8, 0),
    guess: constantGuess(N, 0, 0),
    noise: [1, 0.1],
    best: { cost: -43.683818, by: "IPOPT" },
  };
}
