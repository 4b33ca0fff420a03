import { add, mul, square, sub, symbolicOcp } from "../symbolic/index.ts";
import { constantGuess, type ZooProblem } from "./zoo-problem.ts";

const DT = 0.1;
const N = 50;
const MASS = 1500;

/** A car of 1500 kg that comes to rest after 50 m; linear dynamics, quadratic cost, force in newtons. */
export function carInNewtons(): ZooProblem {
  return {
    name: "car-in-newtons",
    about: "drive a car of 1500 kg to rest 50 m ahead, linear and quadratic, force in newtons",
    source: "this house; the optimum by the Riccati recursion",
    states: ["place [m]", "speed [m/s]"],
    controls: ["force [N]"],
    ocp: symbolicOcp({
      N,
      states: ["place", "speed"],
      controls: ["force"],
      dynamics: ({ x, u }) => [add(x.place, mul(DT, x.speed)), add(x.speed, mul(DT / MASS, u.force))],
      stageCost: ({ u }) => mul(1e-8, square(u.force)),
      terminalCost: ({ x }) => add(square(sub(x.place, 50)), square(x.speed)),
    }),
    x0: Float64Array.of(0, 0),
    guess: constantGuess(N, 0),
    noise: [1000],
    best: { cost: 47.1504201175126, by: "closed form" },
  };
}
