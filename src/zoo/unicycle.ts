import { add, cos, hypot, minus, mul, sin, sub, symbolicOcp, weightedSquares } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

/** What the three problems differ in. */
type UnicycleCase = Pick<ZooProblem, "name" | "about" | "best"> & {
  readonly N: number;
  readonly dt: number;
  readonly goal: readonly number[];
  /** Weights of 1/2 |x - goal|^2 and 1/2 |u|^2 at a stage, and of 1/2 |x - goal|^2 at the end. */
  readonly weights: { readonly Q: number; readonly R: number; readonly Qf: number };
  /** Largest |v| and |w|. */
  readonly limit?: number;
  /** Bounds of px and py. */
  readonly lane?: Readonly<Record<"px" | "py", readonly [number, number]>>;
  /** Centre and radius of discs to keep out of. */
  readonly discs?: readonly (readonly [number, number, number])[];
  /** Guess of both controls. */
  readonly u0: number;
};

/** x = (px, py, yaw), u = (v, w), by Runge-Kutta 4; the goal is met exactly, as a terminal equality. */
function unicycle(given: UnicycleCase): ZooProblem {
  const { N, dt, goal, weights, limit = Number.POSITIVE_INFINITY, lane, discs = [], u0 } = given;
  return {
    ...given,
    source: "T. Howell, B. Jackson, Z. Manchester, ALTRO (IROS 2019) and its examples",
    states: ["x [m]", "y [m]", "yaw [rad]"],
    controls: ["speed [m/s]", "turn rate [rad/s]"],
    ocp: symbolicOcp({
      N,
      states: ["px", "py", "yaw"],
      controls: ["v", "w"],
      dt,
      dynamics: ({ x, u }) => [mul(u.v, cos(x.yaw)), mul(u.v, sin(x.yaw)), u.w],
      stageCost: ({ x, u }) =>
        add(weightedSquares(0.5 * weights.Q, minus(x, goal)), weightedSquares(0.5 * weights.R, u)),
      terminalCost: ({ x }) => weightedSquares(0.5 * weights.Qf, minus(x, goal)),
      bounds: { v: [-limit, limit], w: [-limit, limit], ...lane },
      rows: [
        { kind: "equality", stages: "terminal", values: ({ x }) => minus(x, goal) },
        { values: ({ x }) => discs.map(([px, py, r]) => sub(hypot(sub(x.px, px), sub(x.py, py)), r)) },
      ],
    }),
    x0: new Float64Array(3),
    guess: constantGuess(N, u0, u0),
    noise: [0.2, 0.2],
  };
}

const ALTRO = { N: 100, dt: 0.03, weights: { Q: 3e-4, R: 3e-4, Qf: 100 }, u0: 0.1 } as const;

/** A quarter turn while going 1.5 m ahead and 1.5 m aside. */
export const turn90 = (): ZooProblem =>
  unicycle({
    ...ALTRO,
    name: "turn90",
    about: "go ahead and aside by 1.5 m and end turned by a quarter",
    goal: [1.5, 1.5, Math.PI / 2],
    best: { cost: 0.0387019181, by: "IPOPT and SQP" },
  });

/** Sideways by 1.5 m within a lane of half a metre, as a parallel parker does. */
export const parallelPark = (): ZooProblem =>
  unicycle({
    ...ALTRO,
    name: "parallel-park",
    about: "move aside by 1.5 m within a lane half a metre wide",
    goal: [0, 1.5, 0],
    limit: 2,
    lane: { px: [-0.25, 0.25], py: [-0.001, 1.501] },
    best: { cost: 0.0540669946, by: "IPOPT and SQP" },
  });

/** A metre ahead, but past a disc that blocks the straight way. */
export const constrainedCar = (): ZooProblem =>
  unicycle({
    name: "constrained-car",
    about: "go a metre ahead past a disc that blocks the straight way",
    N: 25,
    dt: 0.1,
    goal: [1, 0, 0],
    weights: { Q: 0.1, R: 1, Qf: 0 },
    limit: 1,
    discs: [[0.5, 0.01, 0.25]],
    u0: 0,
    best: { cost: 15.110307, by: "IPOPT, fatrop and AL-iLQR" },
  });
