import {
  abs,
  add,
  cos,
  div,
  mul,
  type NamedVector,
  neg,
  plus,
  type Scalar,
  scale,
  sin,
  square,
  sub,
  symbolicOcp,
} from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const N = 40;
const GRAVITY = 9.81;
/** Speed of the exhaust. [m/s] */
const EXHAUST = 2765;
/** From the engine to the centre of mass [m], and the squared radius of gyration [m^2]. */
const [LEVER, GYRATION] = [18, 133];
const STATES = ["px", "pz", "vx", "vz", "tilt", "rate", "mass", "last"] as const;
const CONTROLS = ["thrust", "gimbal", "step"] as const;

/** xdot without the step, which is a state only to be compared with. */
function derivative(x: NamedVector<typeof STATES>, u: NamedVector<typeof CONTROLS>): Scalar[] {
  const push = div(u.thrust, x.mass);
  const way = add(x.tilt, u.gimbal);
  return [
    x.vx,
    x.vz,
    mul(push, sin(way)),
    sub(mul(push, cos(way)), GRAVITY),
    x.rate,
    neg(mul(LEVER / GYRATION, push, sin(u.gimbal))),
    div(u.thrust, -EXHAUST),
  ];
}

/**
 * A rocket stage of 27 t lands upright with the least fuel, in as long as it takes: the time step is a control, equal at all
 * stages. x = (place, velocity, tilt, rate, mass, last step), u = (thrust, gimbal, step), midpoint rule.
 */
export function rocket(): ZooProblem {
  return {
    name: "rocket",
    about: "land a rocket stage of 27 t upright with the least fuel in free final time",
    source: "after B. Acikmese, S. Ploen, J. Guid. Control Dyn. 30 (2007); figures of this house",
    states: [
      ...["x [m]", "altitude [m]", "vx [m/s]", "vz [m/s]"],
      ...["tilt [rad]", "rate [rad/s]", "mass [kg]", "last step [s]"],
    ],
    controls: ["thrust [N]", "gimbal [rad]", "step [s]"],
    ocp: symbolicOcp({
      N,
      states: STATES,
      controls: CONTROLS,
      dynamics({ x, u }) {
        const first = derivative(x, u);
        const half = plus(x.slice(0, 7), scale(mul(0.5, u.step), first));
        const middle = Object.fromEntries(STATES.map((name, i) => [name, half[i] ?? 0]));
        const slope = derivative(middle as unknown as NamedVector<typeof STATES>, u);
        return [...plus(x.slice(0, 7), scale(u.step, slope)), u.step];
      },
      stageCost: ({ u }) => mul(100, square(u.gimbal)),
      terminalCost: ({ x }) => neg(x.mass),
      bounds: { thrust: [300e3, 845e3], gimbal: [-0.1, 0.1], step: [0.1, 1], tilt: [-0.5, 0.5] },
      rows: [
        { kind: "equality", stages: "terminal", values: ({ x }) => [x.px, x.pz, x.vx, x.vz, x.tilt, x.rate] },
        {
          kind: "equality",
          stages: Array.from({ length: N - 1 }, (_, k) => k + 1),
          values: ({ x, u }) => [sub(u.step, x.last)],
        },
        { stages: "path", values: ({ x }) => [sub(x.pz, mul(0.5, abs(x.px)))] },
      ],
    }),
    x0: Float64Array.of(200, 1000, -10, -80, 0, 0, 27e3, 0.4),
    guess: constantGuess(N, 400e3, 0, 0.4),
    noise: [3e4, 0.01, 0.02],
    best: { cost: -24800.402, by: "IPOPT" },
  };
}
