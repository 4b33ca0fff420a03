import { createRng } from "../base/index.ts";
import { add, cos, hypot, minus, mul, sin, sub, symbolicOcp, weightedSquares } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.1;
const N = 100;
const COUNT = 170;
const START = [0, 0, 0, 0, 0];
const GOAL = [10, 6, 0, 0, 0];

/** 170 circles of 0.05 to 0.2 m strewn over 14 m by 10 m, none within 0.7 m of start and goal. */
function strew(): (readonly [x: number, y: number, radius: number])[] {
  const rng = createRng(170);
  const circles: [number, number, number][] = [];
  while (circles.length < COUNT) {
    const [x, y] = [14 * rng.uniform() - 2, 10 * rng.uniform() - 2];
    const radius = 0.05 + 0.15 * rng.uniform();
    const near = [START, GOAL].some(([px, py]) => Math.hypot(x - px, y - py) < radius + 0.7);
    if (!near) circles.push([x, y, radius]);
  }
  return circles;
}

/** A robot through 170 circles, each a row at each of 100 stages; x = (px, py, yaw, v, w), u = (a, alpha). */
export function circles(): ZooProblem {
  const all = strew();
  return {
    name: "circles",
    about: "drive 12 m through 170 circles, 17 000 rows",
    source: "this house",
    states: ["x [m]", "y [m]", "yaw [rad]", "speed [m/s]", "turn rate [rad/s]"],
    controls: ["acceleration [m/s^2]", "turn acceleration [rad/s^2]"],
    ocp: symbolicOcp({
      N,
      states: ["px", "py", "yaw", "v", "w"],
      controls: ["a", "alpha"],
      dt: DT,
      method: "midpoint",
      dynamics: ({ x, u }) => [mul(x.v, cos(x.yaw)), mul(x.v, sin(x.yaw)), x.w, u.a, u.alpha],
      stageCost: ({ x, u }) =>
        mul(DT, add(weightedSquares([0.1, 0.1, 0, 0, 0.1], minus(x, GOAL)), weightedSquares([0.2, 0.1], u))),
      terminalCost: ({ x }) => weightedSquares([50, 50, 0, 10, 1], minus(x, GOAL)),
      bounds: { a: [-1.5, 1.5], alpha: [-4, 4], v: [-0.3, 1.5], w: [-2, 2] },
      rows: [{ values: ({ x }) => all.map(([px, py, r]) => sub(hypot(sub(x.px, px), sub(x.py, py)), r)) }],
    }),
    x0: Float64Array.from(START),
    guess: constantGuess(N, 0, 0),
    noise: [0.3, 0.8],
    best: { cost: 43.67648975, by: "AL-iLQR with full Hessians" },
  };
}
