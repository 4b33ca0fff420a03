import { ConfigError, ShapeError } from "../base/index.ts";
import { addNode, constantData, filled, type Graph, producerOf, scalar, type Tensor } from "./graph.ts";
import { broadcastShapes, sameShape, sizeOf } from "./shapes.ts";

/** A tensor or a plain number; of two operands at least one is a tensor. */
export type Operand = Tensor | number;

/** a + b, broadcast. @throws ShapeError where the shapes do not broadcast */
export function add(a: Operand, b: Operand): Tensor {
  const [x, y] = operands("add", a, b);
  if (isValue(y, 0) && keepsShape(x, y)) return x;
  if (isValue(x, 0) && keepsShape(y, x)) return y;
  if (x === y) return mul(x, 2);
  const negated = producerOf(y);
  if (negated?.op === "Neg") return sub(x, negated.inputs[0]);
  return binary("Add", "add", x, y);
}

/** a - b, broadcast. @throws ShapeError where the shapes do not broadcast */
export function sub(a: Operand, b: Operand): Tensor {
  const [x, y] = operands("sub", a, b);
  if (isValue(y, 0) && keepsShape(x, y)) return x;
  if (isValue(x, 0) && keepsShape(y, x)) return neg(y);
  const negated = producerOf(y);
  if (negated?.op === "Neg") return add(x, negated.inputs[0]);
  return binary("Sub", "sub", x, y);
}

/** a b, element by element, broadcast. @throws ShapeError where the shapes do not broadcast */
export function mul(a: Operand, b: Operand): Tensor {
  let [x, y] = operands("mul", a, b);
  if (scalarValue(x) !== undefined) [x, y] = [y, x];
  const factor = scalarValue(y);
  if (factor !== undefined && keepsShape(x, y)) {
    if (factor === 1) return x;
    if (factor === -1) return neg(x);
    const other = scalarValue(x);
    if (other !== undefined) return filled(x.graph, other * factor, x.shape);
    const scaled = producerOf(x);
    const before = scaled?.op === "Mul" ? scalarValue(scaled.inputs[1]) : undefined;
    if (before !== undefined && sameShape(scaled!.inputs[0].shape, x.shape))
      return mul(scaled!.inputs[0], before * factor);
  }
  return binary("Mul", "mul", x, y);
}

/** a / b, element by element, broadcast. @throws ShapeError where the shapes do not broadcast */
export function div(a: Operand, b: Operand): Tensor {
  const [x, y] = operands("div", a, b);
  if (isValue(y, 1) && keepsShape(x, y)) return x;
  return binary("Div", "div", x, y);
}

/** The larger of a and b, broadcast; where they are equal the gradient goes to a. @throws ShapeError */
export const maximum = combination("Max", "maximum");

/** The smaller of a and b, broadcast; where they are equal the gradient goes to a. @throws ShapeError */
export const minimum = combination("Min", "minimum");

/** a > b as bool, broadcast; no gradient passes. @throws ShapeError */
export const greater = combination("Greater", "greater");

/** a < b as bool, broadcast; no gradient passes. @throws ShapeError */
export const less = combination("Less", "less");

/** a = b as bool, broadcast; no gradient passes. @throws ShapeError */
export const equal = combination("Equal", "equal");

/**
 * a where `condition` holds, else b; all three broadcast. The gradient of the branch not taken is 0
 * even where its value is not finite.
 *
 * @throws ShapeError for a condition that is not bool or shapes that do not broadcast
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  if (condition.dtype !== "bool")
    throw new ShapeError(
      `where: condition is ${condition.dtype}, expected bool (from greater, less or equal)`,
    );
  const g = condition.graph;
  const x = toTensor("where", g, a);
  const y = toTensor("where", g, b);
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", x.shape, y.shape));
  return addNode("Where", [condition, x, y], { shape });
}

/** -x */
export function neg(x: Tensor): Tensor {
  const node = producerOf(x);
  return node?.op === "Neg" ? node.inputs[0] : unary("Neg", x);
}

/** A node of one input and the same shape. */
export function unary(op: string, x: Tensor, attributes = {}): Tensor {
  checkFloat(op.toLowerCase(), x);
  return addNode(op, [x], { shape: x.shape }, attributes);
}

/** The value of a constant of one element. */
export function scalarValue(x: Tensor): number | undefined {
  const data = sizeOf(x.shape) === 1 ? constantData(x) : undefined;
  return data instanceof Float32Array ? data[0] : undefined;
}

/** @throws ShapeError unless x is float32 */
export function checkFloat(what: string, x: Tensor): void {
  if (x.dtype !== "float32")
    throw new ShapeError(`${what}: tensor ${x.name} is ${x.dtype}, expected float32`);
}

function combination(op: string, what: string): (a: Operand, b: Operand) => Tensor {
  return (a, b) => binary(op, what, ...operands(what, a, b));
}

function binary(op: string, what: string, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes(what, a.shape, b.shape);
  const x = beforeExpand(a, b, shape);
  const y = beforeExpand(b, x, shape);
  const dtype = op === "Greater" || op === "Less" || op === "Equal" ? "bool" : "float32";
  return addNode(op, [x, y], { shape, dtype });
}

/** What was expanded into x, where broadcasting against `other` does the same without a copy. */
function beforeExpand(x: Tensor, other: Tensor, shape: readonly number[]): Tensor {
  const node = producerOf(x);
  if (node?.op !== "Expand") return x;
  const source = node.inputs[0];
  return sameShape(broadcastShapes("Expand", source.shape, other.shape), shape) ? source : x;
}

function operands(what: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const g = typeof a !== "number" ? a.graph : typeof b !== "number" ? b.graph : undefined;
  if (!g) throw new ConfigError(`${what}: operands are ${a} and ${b}, expected at least one tensor`);
  return [toTensor(what, g, a), toTensor(what, g, b)];
}

function toTensor(what: string, g: Graph, x: Operand): Tensor {
  if (typeof x === "number") return scalar(g, x);
  checkFloat(what, x);
  return x;
}

function isValue(x: Tensor, value: number): boolean {
  return scalarValue(x) === value;
}

/** Whether x combined with the broadcast operand `other` has the shape of x. */
function keepsShape(x: Tensor, other: Tensor): boolean {
  return other.shape.length <= x.shape.length && sizeOf(other.shape) === 1;
}
