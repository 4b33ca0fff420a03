import {
  add,
  cos,
  div,
  hypot,
  minus,
  mul,
  type NamedVector,
  type Scalar,
  type SymbolicOcp,
  type SymbolicProblem,
  sin,
  sub,
  symbolicOcp,
  weightedSquares,
} from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const N = 50;
/** Its figures: step [s], mass [kg], gravity [m/s^2], arms [m], drag [N m/N], moments of inertia [kg m^2]. */
export const QUADROTOR = {
  ...{ DT: 0.05, MASS: 0.5, GRAVITY: 9.81, ARM: 0.17, DRAG: 0.016, JX: 2.3e-3, JY: 2.3e-3, JZ: 4e-3 },
  /** Thrust of a rotor that hovers. [N] */
  HOVER: (0.5 * 9.81) / 4,
  GOAL: [4.5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  WEIGHTS: [1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01],
  LAST_WEIGHTS: [50, 50, 50, 10, 10, 10, 5, 5, 5, 1, 1, 1],
};
const { DT, MASS, GRAVITY, ARM, DRAG, JX, JY, JZ, HOVER, GOAL, WEIGHTS, LAST_WEIGHTS } = QUADROTOR;
/** Two gates of two pillars each: the way leads left through the first and right through the second. */
const PILLARS = [
  [1.5, 0],
  [1.5, 1.4],
  [3, 0],
  [3, -1.4],
] as const;
/** Pillar and rotors together. [m] */
const RADIUS = 0.5;

const STATES = ["px", "py", "pz", "phi", "theta", "psi", "vx", "vy", "vz", "p", "q", "r"] as const;
const ROTORS = ["front", "left", "rear", "right"] as const;

/** xdot of Euler angles (z, y, x) and body rates. */
function derivative(x: NamedVector<typeof STATES>, u: NamedVector<typeof ROTORS>): Scalar[] {
  const { p, q, r } = x;
  const thrust = div(add(...u), MASS);
  const [cf, sf] = [cos(x.phi), sin(x.phi)];
  const [ct, st] = [cos(x.theta), sin(x.theta)];
  const [cp, sp] = [cos(x.psi), sin(x.psi)];
  const turn = div(add(mul(q, sf), mul(r, cf)), ct);
  return [
    ...[x.vx, x.vy, x.vz],
    add(p, mul(turn, st)),
    sub(mul(q, cf), mul(r, sf)),
    turn,
    mul(thrust, add(mul(cf, st, cp), mul(sf, sp))),
    mul(thrust, sub(mul(cf, st, sp), mul(sf, cp))),
    sub(mul(thrust, cf, ct), GRAVITY),
    div(add(mul(ARM, sub(u.left, u.right)), mul(JY - JZ, q, r)), JX),
    div(add(mul(ARM, sub(u.rear, u.front)), mul(JZ - JX, p, r)), JY),
    div(add(mul(DRAG, sub(add(u.front, u.rear), add(u.left, u.right))), mul(JX - JY, p, q)), JZ),
  ];
}

type Quadrotor = SymbolicProblem<typeof STATES, typeof ROTORS, Record<never, never>, Record<never, never>>;

/** The quadrotor's flight to its goal over N stages; `own` adds rows, or says how derivatives are evaluated. */
export function quadrotorOcp(N: number, own: Pick<Quadrotor, "rows" | "evaluation">): SymbolicOcp {
  return symbolicOcp({
    N,
    states: STATES,
    controls: ROTORS,
    dt: DT,
    dynamics: ({ x, u }) => derivative(x, u),
    stageCost: ({ x, u }) =>
      mul(
        DT,
        add(
          weightedSquares(WEIGHTS, minus(x, GOAL)),
          weightedSquares(0.1, minus(u, [HOVER, HOVER, HOVER, HOVER])),
        ),
      ),
    terminalCost: ({ x }) => weightedSquares(LAST_WEIGHTS, minus(x, GOAL)),
    bounds: Object.fromEntries(ROTORS.map((rotor) => [rotor, [0, 4]])),
    ...own,
  });
}

/** Half a kilogram on four rotors through two gates of pillars; x = (place, Euler angles, velocity, body rates). */
export function quadrotor(): ZooProblem {
  return {
    name: "quadrotor",
    about: "fly half a kilogram through two staggered gates of pillars",
    source: "model of D. Mellinger, V. Kumar, ICRA 2011; figures of this house",
    states: [
      ...["x [m]", "y [m]", "z [m]", "roll [rad]", "pitch [rad]", "yaw [rad]"],
      ...["vx [m/s]", "vy [m/s]", "vz [m/s]", "p [rad/s]", "q [rad/s]", "r [rad/s]"],
    ],
    controls: ["front rotor [N]", "left rotor [N]", "rear rotor [N]", "right rotor [N]"],
    ocp: quadrotorOcp(N, {
      rows: [
        { values: ({ x }) => PILLARS.map(([px, py]) => sub(hypot(sub(x.px, px), sub(x.py, py)), RADIUS)) },
      ],
    }),
    x0: Float64Array.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    guess: constantGuess(N, HOVER, HOVER, HOVER, HOVER),
    noise: [0.1, 0.1, 0.1, 0.1],
    best: { cost: 12.6857819, by: "IPOPT and SQP" },
  };
}
