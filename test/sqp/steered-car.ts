import {
  add,
  angleCost,
  cos,
  div,
  hypot,
  mul,
  sin,
  square,
  sub,
  symbolicOcp,
  tan,
  weightedSquares,
} from "../../src/symbolic/index.ts";

/** Which constraints a solution from {@link CAR_AT} meets. */
export type CarKind = "free" | "bounds" | "hard rows" | "soft rows";

/** The state the car is solved from. */
export const CAR_AT = Float64Array.of(0, 0.05, 0.2, 0.3);

/** A car that passes a disc, with what it is measured by as parameters, and constraints of a kind. */
export function steeredCar(kind: CarKind) {
  const rows = kind === "hard rows" || kind === "soft rows";
  const wall = rows ? 0.25 : 0.05;
  const far = kind === "bounds" || kind === "soft rows";
  return symbolicOcp({
    N: 15,
    dt: 0.1,
    states: ["px", "py", "yaw", "v"],
    controls: ["force", "steer"],
    parameters: { base: 0.4, goal: far ? [1.9, 0.9] : [1.2, 0.6], push: 1.5, wall },
    dynamics: ({ x, u, p }) => [
      mul(x.v, cos(x.yaw)),
      mul(x.v, sin(x.yaw)),
      div(mul(x.v, tan(u.steer)), p.base),
      u.force,
    ],
    stageCost: ({ x, u, p }) => add(weightedSquares([0.1, 0.2], u), mul(0.05, square(sub(x.v, p.push)))),
    terminalCost: ({ x, p }) =>
      add(
        weightedSquares(20, [sub(x.px, p.goal[0]), sub(x.py, p.goal[1])]),
        mul(2, angleCost(x.yaw, kind === "hard rows" ? 0.4 : -0.4)),
        mul(2, square(x.v)),
      ),
    rows: rows
      ? [
          {
            values: ({ x, p }) => [sub(hypot(sub(x.px, 0.6), x.py), p.wall)],
            ...(kind === "soft rows" ? { soft: { linear: 0.05, quadratic: 1 } } : {}),
          },
          { values: ({ x, u, p }) => [sub(p.push, mul(x.v, u.force))] },
          { values: ({ x, p }) => [sub(x.px, mul(p.goal[0], 0.999))], kind: "equality", stages: "terminal" },
        ]
      : [],
    bounds: {
      ...(kind === "free" || kind === "hard rows" ? {} : { steer: [-0.35, 0.35] as const }),
      ...(kind === "bounds" ? { force: [-2, 1.5] as const } : {}),
      ...(kind === "soft rows" ? { force: [-2.2, 1.9] as const, v: [-1, 1.6] as const } : {}),
    },
  });
}

/** A guess in controls that goes about the right way. */
export const CAR_GUESS = Float64Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 1 : 0.2));
