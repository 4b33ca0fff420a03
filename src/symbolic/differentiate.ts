import { apply } from "./build.ts";
import { type Expr, isExpr, nodesOf, type Scalar } from "./expression.ts";
import { chooses, partialsOf, slopeOf } from "./partials.ts";

/** A matrix of expressions, row by row; 0 where it is known to be zero. */
export type ScalarMatrix = readonly (readonly Scalar[])[];

/**
 * The Jacobian of values with respect to variables: J[i][j] = d values[i] / d variables[j], exact.
 *
 * Forwards (a slope per variable that a node depends on) or backwards (one per value that depends on it),
 * whichever makes fewer slopes; forwards where a value is chosen (ifElse, min, max), because backwards a product of
 * zero with the slope of what was not chosen would be NaN where that is not finite.
 */
export function jacobianOf(values: readonly Scalar[], variables: readonly Expr[]): ScalarMatrix {
  const nodes = dependents(values, variables);
  const forwards = nodes.some(({ op }) => chooses(op)) || forwardCost(nodes) <= backwardCost(nodes, values);
  return forwards ? slopesForward(nodes, values, variables) : slopesBackward(nodes, values, variables);
}

/** The gradient of a value with respect to variables. */
export function gradientOf(value: Scalar, variables: readonly Expr[]): readonly Scalar[] {
  const nodes = dependents([value], variables);
  const forwards = nodes.some(({ op }) => chooses(op));
  return (forwards ? slopesForward : slopesBackward)(nodes, [value], variables)[0];
}

/** The Hessian of a value with respect to variables; entries (i, j) and (j, i) are one expression. */
export function hessianOf(value: Scalar, variables: readonly Expr[]): ScalarMatrix {
  const J = jacobianOf(gradientOf(value, variables), variables);
  return J.map((row, i) => row.map((entry, j) => (j > i ? J[j][i] : entry)));
}

/** Nodes that depend on one of the variables, each after its arguments. */
function dependents(values: readonly Scalar[], variables: readonly Expr[]): Expr[] {
  const found = new Set<Scalar>(variables);
  return nodesOf(values).filter((node) => {
    if (node.args.some((arg) => found.has(arg))) found.add(node);
    return found.has(node);
  });
}

/** Slopes made forwards: pairs of a node and a variable it depends on. */
function forwardCost(nodes: readonly Expr[]): number {
  const uses = new Map<Scalar, ReadonlySet<Expr>>();
  let cost = 0;
  for (const node of nodes) {
    const parts = node.args.flatMap((arg) => uses.get(arg) ?? []);
    const own = parts.length === 1 ? parts[0] : new Set(parts.flatMap((part) => [...part]));
    uses.set(node, node.op === "variable" ? new Set([node]) : own);
    cost += own.size;
  }
  return cost;
}

/** Slopes made backwards: pairs of a node and a value that depends on it. */
function backwardCost(nodes: readonly Expr[], values: readonly Scalar[]): number {
  const users = new Map<Scalar, Set<number>>(nodes.map((node) => [node, new Set()]));
  values.forEach((value, i) => void users.get(value)?.add(i));
  let cost = 0;
  for (const node of [...nodes].reverse()) {
    const own = users.get(node)!;
    cost += own.size;
    for (const arg of node.args) for (const i of own) users.get(arg)?.add(i);
  }
  return cost;
}

function slopesForward(
  nodes: readonly Expr[],
  values: readonly Scalar[],
  variables: readonly Expr[],
): ScalarMatrix {
  const columns = variables.map((variable) => {
    const slopes = new Map<Scalar, Scalar>([[variable, 1]]);
    const of = (value: Scalar): Scalar => slopes.get(value) ?? 0;
    for (const node of nodes) {
      if (!node.args.some((arg) => slopes.has(arg))) continue;
      const slope = slopeOf(node, node.args.map(of));
      if (slope !== 0) slopes.set(node, slope);
    }
    return values.map(of);
  });
  return values.map((_, i) => columns.map((column) => column[i]));
}

function slopesBackward(
  nodes: readonly Expr[],
  values: readonly Scalar[],
  variables: readonly Expr[],
): ScalarMatrix {
  const reached = new Set<Scalar>(nodes);
  return values.map((value) => {
    const slopes = new Map<Scalar, Scalar>([[value, 1]]);
    for (let at = nodes.length - 1; at >= 0; at--) {
      const node = nodes[at];
      const slope = slopes.get(node) ?? 0;
      if (slope === 0 || node.op === "variable") continue;
      const partials = partialsOf(node, node);
      node.args.forEach((arg, i) => {
        if (reached.has(arg))
          slopes.set(arg, apply("add", slopes.get(arg) ?? 0, apply("mul", slope, partials[i])));
      });
    }
    return variables.map((variable) => (isExpr(value) ? (slopes.get(variable) ?? 0) : 0));
  });
}
