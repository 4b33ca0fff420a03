import type { Ocp } from "../ocp/index.ts";
import { add, cos, minus, mul, sin, square, sub, symbolicOcp, weightedSquares } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const N = 40;
const DT = 0.05;
const GOAL = [3, 3, Math.PI / 2, 0];
const DISCS = [
  [1, 1],
  [1, 2.5],
  [2.5, 2.5],
] as const;
const RADIUS = 0.5;

/** Start of the published runs. */
export const CAR_START: readonly number[] = [0.25, 1.75, 0, 0];
/** The optimum from {@link CAR_START}, found by IPOPT and by fatrop. */
export const CAR_OPTIMUM = 2.06116;

/**
 * The 4-state car of docs/solver.md#the-papers-car: x = (px, py, th, v), u = (u0, u1), Euler steps of 0.05 s, N = 40,
 *
 *     xdot = (v sin th, v cos th, v u0, u1),  |u0| <= pi/3, |u1| <= 6
 *     J = sum dt (0.2 u0^2 + 0.1 u1^2) + (x_N - goal)' diag(50, 50, 50, 10) (x_N - goal)
 *     |p - c|^2 - 0.25 >= 0 for three discs, hard
 *
 * Source: arXiv 2109.07081, section V, after the authors' code.
 */
export function carProblem(): Ocp {
  return symbolicOcp({
    N,
    states: ["px", "py", "th", "v"],
    controls: ["u0", "u1"],
    dt: DT,
    method: "euler",
    dynamics: ({ x, u }) => [mul(x.v, sin(x.th)), mul(x.v, cos(x.th)), mul(x.v, u.u0), u.u1],
    stageCost: ({ u }) => mul(DT, weightedSquares([0.2, 0.1], u)),
    terminalCost: ({ x }) => weightedSquares([50, 50, 50, 10], minus(x, GOAL)),
    bounds: { u0: [-Math.PI / 3, Math.PI / 3], u1: [-6, 6] },
    rows: [
      {
        values: ({ x }) =>
          DISCS.map(([cx, cy]) => sub(add(square(sub(x.px, cx)), square(sub(x.py, cy))), RADIUS * RADIUS)),
      },
    ],
  });
}

/** {@link carProblem} from {@link CAR_START} and no control at all. */
export function carAmongDiscs(): ZooProblem {
  return {
    name: "car-among-discs",
    about: "steer a car with four states between three discs",
    source: "S. Singh, J.-J. Slotine, V. Sindhwani, arXiv 2109.07081, section V, after the authors' code",
    states: ["x [m]", "y [m]", "heading [rad]", "speed [m/s]"],
    controls: ["curvature [1/m]", "acceleration [m/s^2]"],
    ocp: carProblem(),
    x0: Float64Array.from(CAR_START),
    guess: constantGuess(N, 0, 0),
    noise: [0.2, 1],
    best: { cost: 2.061164336, by: "IPOPT and SQP" },
  };
}
