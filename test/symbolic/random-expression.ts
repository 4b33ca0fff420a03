import type { Rng } from "../../src/base/index.ts";
import {
  add,
  atan,
  atan2,
  cos,
  cosh,
  createGraph,
  createVariable,
  div,
  type Expr,
  exp,
  hypot,
  ifElse,
  less,
  log,
  max,
  min,
  mul,
  neg,
  pow,
  type Scalar,
  sin,
  smoothAbs,
  smoothMax,
  sqrt,
  square,
  sub,
  tanh,
} from "../../src/symbolic/index.ts";

/** Fresh variables of one graph. */
export function variables(count: number): Expr[] {
  const graph = createGraph();
  return Array.from({ length: count }, (_, i) => createVariable(graph, `z${i}`));
}

/** Combinations that stay within about [-20, 20] and inside every domain, whatever their arguments. */
const SMOOTH: readonly ((a: Scalar, b: Scalar) => Scalar)[] = [
  (a, b) => add(a, b, 0.3),
  (a, b) => sub(a, b),
  (a, b) => mul(sin(a), b),
  (a, b) => div(a, add(1.5, square(sin(b)))),
  (a) => neg(cos(mul(1.3, a))),
  (a, b) => exp(mul(0.4, sin(add(a, b)))),
  (a, b) => log(add(1.2, square(sin(sub(a, b))))),
  (a, b) => sqrt(add(1, square(sin(a)), square(cos(b)))),
  (a, b) => atan2(add(2, sin(a)), b),
  (a, b) => pow(add(1.5, sin(a)), sin(b)),
  (a) => pow(tanh(a), 3),
  (a, b) => atan(mul(a, sin(b))),
  (a, b) => mul(0.1, cosh(sin(a)), b),
  (a, b) => hypot(a, add(2, sin(b))),
  (a, b) => smoothAbs(sub(a, b), 0.7),
  (a, b) => smoothMax(a, b, 0.5),
];

/** With a corner where the two tie, which random points do not meet. */
const CORNERED: readonly ((a: Scalar, b: Scalar) => Scalar)[] = [
  (a, b) => min(a, add(b, 0.01)),
  (a, b) => max(sin(a), b),
  (a, b) => ifElse(less(a, b), sin(b), square(sin(a))),
];

/** Random values that share parts with each other. */
export function randomExpressions(
  rng: Rng,
  from: readonly Expr[],
  { count, steps, corners = false }: { count: number; steps: number; corners?: boolean },
): Scalar[] {
  const rules = corners ? [...SMOOTH, ...CORNERED] : SMOOTH;
  const pool: Scalar[] = [...from];
  for (let i = 0; i < steps; i++) {
    const [a, b] = [pool[rng.int(pool.length)], pool[rng.int(pool.length)]];
    pool.push(rules[rng.int(rules.length)](a, b));
  }
  return pool.slice(-count);
}
