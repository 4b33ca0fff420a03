import { withFreeInitialState } from "../ocp/index.ts";
import { abs, cos, div, minus, mul, neg, scale, sin, square, sub, symbolicOcp } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const N = 40;
const GRAVITY = 9.81;
/** Speed of the exhaust. [m/s] */
const EXHAUST = 2765;
/** From the engine to the centre of mass [m], and the squared radius of gyration [m^2]. */
const [LEVER, GYRATION] = [18, 133];
/** What a guess says of the time. [s] */
const TIME = 16;

/** The descent as shares of its time, which is a state that stays as it is. */
const descent = () =>
  symbolicOcp({
    N,
    dt: 1 / N,
    method: "midpoint",
    states: ["px", "pz", "vx", "vz", "tilt", "rate", "mass", "time"],
    controls: ["thrust", "gimbal"],
    dynamics({ x, u }) {
      const push = div(u.thrust, x.mass);
      const way = sub(x.tilt, neg(u.gimbal));
      return [
        ...scale(x.time, [
          x.vx,
          x.vz,
          mul(push, sin(way)),
          sub(mul(push, cos(way)), GRAVITY),
          x.rate,
          neg(mul(LEVER / GYRATION, push, sin(u.gimbal))),
          div(u.thrust, -EXHAUST),
        ]),
        0,
      ];
    },
    stageCost: ({ u }) => mul(100, square(u.gimbal)),
    terminalCost: ({ x }) => neg(x.mass),
    bounds: { thrust: [300e3, 845e3], gimbal: [-0.1, 0.1], tilt: [-0.5, 0.5] },
    rows: [
      { kind: "equality", stages: "terminal", values: ({ x }) => minus(x.slice(0, 6), [0, 0, 0, 0, 0, 0]) },
      { stages: "path", values: ({ x }) => [sub(x.pz, mul(0.5, abs(x.px)))] },
    ],
  });

/**
 * A rocket stage of 27 t lands upright with the least fuel, in as long as it takes; x = (place, velocity, tilt, rate, mass,
 * time of the descent), u = (thrust, gimbal), of which the first stage's thrust stands for the time.
 */
export function rocket(): ZooProblem {
  return {
    name: "rocket",
    about: "land a rocket stage of 27 t upright with the least fuel in free final time",
    source: "after B. Acikmese, S. Ploen, J. Guid. Control Dyn. 30 (2007); figures of this house",
    states: [
      ...["x [m]", "altitude [m]", "vx [m/s]", "vz [m/s]"],
      ...["tilt [rad]", "rate [rad/s]", "mass [kg]", "time [s]"],
    ],
    controls: ["thrust [N]", "gimbal [rad]"],
    ocp: withFreeInitialState(descent(), {
      index: [7],
      lower: Float64Array.of(8),
      upper: Float64Array.of(40),
    }),
    x0: Float64Array.of(200, 1000, -10, -80, 0, 0, 27e3, 0),
    guess: Float64Array.of(TIME, 0, ...constantGuess(N, 400e3, 0)),
    noise: [2, 0, ...constantGuess(N, 3e4, 0.01)],
    best: { cost: -24800.402, by: "IPOPT" },
  };
}
