import { ConfigError } from "../base/index.ts";
import type { Operator } from "./operators.ts";

/**
 * All expressions of one problem, each only once: what is written twice is one node (hash-consing), so that it
 * is computed once. Arguments always come before what uses them.
 */
export type ExpressionGraph = {
  readonly nodes: Expr[];
  /** Nodes by what they are. */
  readonly known: Map<string, Expr>;
};

/** A node of an {@link ExpressionGraph}: a variable, or an operator applied to numbers and other nodes. */
export type Expr = {
  readonly graph: ExpressionGraph;
  /** Its place in the graph. */
  readonly id: number;
  readonly op: Operator | "variable";
  readonly args: readonly Scalar[];
  /** Of a variable: how messages call it. */
  readonly name?: string;
  /** Text for text; where a number is asked for, by `+`, `<` or `Math.sin`, it throws. */
  readonly [Symbol.toPrimitive]: (hint: string) => string;
};

/** What operators take and give: a number that is known already, or an expression of variables. */
export type Scalar = number | Expr;

/** An empty graph. */
export function createGraph(): ExpressionGraph {
  return { nodes: [], known: new Map() };
}

/** Stands in every node, so that arithmetic of numbers is refused and not silently wrong. */
function toPrimitive(this: Expr, hint: string): string {
  if (hint === "string") return toText(this);
  throw new ConfigError(
    `${toText(this)} is an expression, not a number: write add, mul, less and sin for +, *, < and Math.sin`,
  );
}

/** A new variable; two of the same name are two variables. */
export function createVariable(graph: ExpressionGraph, name: string): Expr {
  const node: Expr = {
    graph,
    id: graph.nodes.length,
    op: "variable",
    args: [],
    name,
    [Symbol.toPrimitive]: toPrimitive,
  };
  graph.nodes.push(node);
  return node;
}

/** Whether a value is an expression, not a number. */
export function isExpr(value: unknown): value is Expr {
  return typeof value === "object" && value !== null && "graph" in value && "op" in value;
}

/** The one node of this operator and these arguments, at least one of which is an expression. */
export function intern(op: Operator, args: readonly Scalar[]): Expr {
  const { graph } = args.find(isExpr)!;
  let key: string = op;
  for (const arg of args) key += isExpr(arg) ? `,${arg.id}` : `,n${Object.is(arg, -0) ? "-0" : arg}`;
  let node = graph.known.get(key);
  if (node === undefined) {
    node = { graph, id: graph.nodes.length, op, args, name: undefined, [Symbol.toPrimitive]: toPrimitive };
    graph.nodes.push(node);
    graph.known.set(key, node);
  }
  return node;
}

/**
 * Throws unless every argument is a number that is not NaN or an expression, all of one graph.
 *
 * @throws ConfigError naming the operator, the argument, what it is and what it should be
 */
export function checkArguments(op: string, args: readonly unknown[], count: number): void {
  if (args.length !== count) throw new ConfigError(`${op} has ${args.length} arguments, expected ${count}`);
  let first: Expr | undefined;
  args.forEach((arg, i) => {
    if (typeof arg === "number" && !Number.isNaN(arg)) return;
    if (!isExpr(arg)) {
      throw new ConfigError(
        `argument ${i + 1} of ${op} is ${describe(arg)}, expected a number or an expression`,
      );
    }
    first ??= arg;
    if (arg.graph !== first.graph) {
      throw new ConfigError(
        `${op} mixes expressions of two problems: ${toText(first)} and ${toText(arg)}; ` +
          "use only the variables that the function is called with",
      );
    }
  });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "function" ? `the function ${value.name}` : String(value);
}

/** An expression as text, cut off where it is deep: `add(mul(2, yaw), sin(...))`. */
export function toText(value: Scalar, depth = 4): string {
  if (!isExpr(value)) return String(value);
  if (value.op === "variable") return value.name!;
  if (depth === 0) return "...";
  return `${value.op}(${value.args.map((arg) => toText(arg, depth - 1)).join(", ")})`;
}

/** The nodes that values are made of, each after its arguments. */
export function nodesOf(values: readonly Scalar[]): Expr[] {
  const seen = new Set<Expr>();
  const stack = values.filter(isExpr);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const arg of node.args) if (isExpr(arg) && !seen.has(arg)) stack.push(arg);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
