import { type Ocp, rowGroups, type Vec } from "../../src/ocp/index.ts";
import {
  add,
  angleCost,
  cos,
  div,
  type Evaluation,
  exp,
  mul,
  neg,
  pow,
  sin,
  square,
  sub,
  symbolicOcp,
  tan,
  weightedSquares,
} from "../../src/symbolic/index.ts";

/** The problem of the fixtures, in expressions. */
export const inExpressions = () =>
  symbolicOcp({
    N: 6,
    states: ["a", "b"],
    controls: ["c", "d"],
    dynamics: ({ x: { a, b }, u: { c, d }, k }) => [
      add(mul(sin(a), c), square(b), mul(0.1, k)),
      add(mul(a, b, d), mul(c, d)),
    ],
    stageCost: ({ x: { a, b }, u: { c, d }, k }) =>
      add(mul(add(k, 1), exp(mul(0.3, a)), c), mul(pow(b, 3), d), mul(square(c), square(d))),
    terminalCost: ({ x: { a, b } }) => add(mul(square(a), b), cos(b)),
    rows: [{ values: ({ x: { a, b }, k }) => [add(square(a), b, neg(k)), sin(mul(a, b))] }],
    bounds: { c: [-1, 2] },
  });

/** The car's highest speed. */
export const SPEED = 3;

/** A car whose goal and wheel base may be set, with a way to follow. */
export const car = (options: { evaluation?: Evaluation; method?: "euler" | "midpoint" | "rk4" } = {}) =>
  symbolicOcp({
    N: 20,
    states: ["px", "py", "yaw", "v"],
    controls: ["force", "steer"],
    parameters: { base: 0.4, goal: [2, 1] },
    data: { way: Array.from({ length: 21 }, (_, k) => [0.1 * k, 0]), trust: new Float64Array(21).fill(0.3) },
    dt: 0.1,
    ...options,
    dynamics: ({ x, u, p }) => [
      mul(x.v, cos(x.yaw)),
      mul(x.v, sin(x.yaw)),
      div(mul(x.v, tan(u.steer)), p.base),
      u.force,
    ],
    stageCost: ({ x, u, d }) =>
      add(
        weightedSquares([0.1, 0.2], u),
        mul(d.trust, weightedSquares(1, [sub(x.px, d.way[0]), sub(x.py, d.way[1])])),
      ),
    terminalCost: ({ x, p }) =>
      mul(
        20,
        add(
          weightedSquares(1, [sub(x.px, p.goal[0]), sub(x.py, p.goal[1])]),
          angleCost(x.yaw, 0),
          square(x.v),
        ),
      ),
    bounds: { force: [-2, 2], steer: [-0.6, 0.6], v: [-1, SPEED] },
    softStates: { linear: 100, quadratic: 10 },
    angles: ["yaw"],
  });

/** Everything that the functions of a problem write at a point. */
export function everything(ocp: Ocp, x: Vec, u: Vec, k: number): Record<string, Vec> {
  const { nx, nu } = ocp.dynamics;
  const vec = (length: number): Vec => new Float64Array(length).fill(7);
  const out = {
    next: vec(nx),
    A: vec(nx * nx),
    B: vec(nx * nu),
    H: vec((nx + nu) ** 2),
    q: vec(nx),
    r: vec(nu),
    Q: vec(nx * nx),
    R: vec(nu * nu),
    M: vec(nu * nx),
    lastQ: vec(nx * nx),
    lastq: vec(nx),
    costs: Float64Array.of(ocp.stageCost(x, u, k), ocp.terminalCost(x)),
    c: vec(2),
    C: vec(2 * nx),
    D: vec(2 * nu),
    HofRows: vec(nx * nx),
  };
  const rows = rowGroups(ocp).at(0);
  rows?.value(x, u, k, out.c);
  rows?.jacobian(x, u, k, out.C, rows.controls ? out.D : new Float64Array(0));
  rows?.hessian?.(x, u, k, Float64Array.of(0.3, -2), out.HofRows);
  ocp.dynamics.step(x, u, k, out.next);
  ocp.dynamics.jacobian(x, u, k, out.A, out.B);
  ocp.dynamics.hessian!(
    x,
    u,
    k,
    x.map((_, i) => 1 - 0.7 * i),
    out.H,
  );
  ocp.stageGradient(x, u, k, out.q, out.r);
  ocp.stageHessian(x, u, k, out.Q, out.R, out.M);
  ocp.terminalGradient(x, out.lastq);
  ocp.terminalHessian(x, out.lastQ);
  return out;
}
