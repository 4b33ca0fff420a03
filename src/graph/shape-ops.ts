import { ShapeError } from "../base/index.ts";
import { checkFloat, scalarValue } from "./elementwise.ts";
import { addNode, filled, integers, intOf, intsOf, producerOf, type Tensor } from "./graph.ts";
import { broadcastShapes, checkShape, normalizeAxis, sameShape, shapeText, sizeOf } from "./shapes.ts";

/**
 * The same numbers in row-major order under another shape.
 *
 * @param x float32 or int64
 * @throws ShapeError unless the number of elements stays the same
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  if (x.dtype !== "int64") checkFloat("reshape", x);
  checkShape("reshape: target", shape);
  if (sizeOf(shape) !== sizeOf(x.shape))
    throw new ShapeError(
      `reshape: ${shapeText(x.shape)} has ${sizeOf(x.shape)} elements, target ${shapeText(shape)} has ${sizeOf(shape)}, expected the same number`,
    );
  const node = producerOf(x);
  if (node?.op === "Reshape") return reshape(node.inputs[0], shape);
  if (sameShape(shape, x.shape)) return x;
  const value = scalarValue(x);
  if (value !== undefined) return filled(x.graph, value, shape);
  return addNode("Reshape", [x, integers(x.graph, shape)], { shape: [...shape], dtype: x.dtype });
}

/**
 * Axes in another order: axis i of the result is axis perm[i] of x.
 *
 * @throws ShapeError unless perm is a permutation of x's axes
 */
export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  checkFloat("transpose", x);
  const rank = x.shape.length;
  const axes = perm.map((axis) => normalizeAxis("transpose", axis, rank));
  if (axes.length !== rank || new Set(axes).size !== rank)
    throw new ShapeError(
      `transpose: perm is [${perm}] for shape ${shapeText(x.shape)}, expected each of its ${rank} axes once`,
    );
  const before = transposition(x);
  if (before)
    return transpose(
      before.source,
      axes.map((axis) => before.perm[axis]),
    );
  if (axes.every((axis, i) => axis === i)) return x;
  return addNode("Transpose", [x], { shape: axes.map((axis) => x.shape[axis]) }, { perm: { ints: axes } });
}

/** x with its last two axes exchanged. */
export function swapLast(x: Tensor): Tensor {
  const n = x.shape.length;
  return transpose(x, [...Array(n - 2).keys(), n - 1, n - 2]);
}

/** Where x is a Transpose node: what was transposed, and how. */
export function transposition(x: Tensor): { source: Tensor; perm: readonly number[] } | undefined {
  const node = producerOf(x);
  const perm = node?.op === "Transpose" ? intsOf(node, "perm") : undefined;
  return perm && { source: node!.inputs[0], perm };
}

/**
 * Elements from <= i < to along one axis.
 *
 * @throws ShapeError unless 0 <= from < to <= size of the axis
 */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  checkFloat("slice", x);
  const at = normalizeAxis("slice", axis, x.shape.length);
  const size = x.shape[at];
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from >= to || to > size)
    throw new ShapeError(
      `slice: range is ${from}..${to} on axis ${axis} of ${shapeText(x.shape)}, expected integers with 0 <= from < to <= ${size}`,
    );
  if (to - from === size) return x;
  const piece = pieceAt(x, at, from, to);
  if (piece) return slice(piece.tensor, at, from - piece.offset, to - piece.offset);
  const g = x.graph;
  const shape = x.shape.map((d, i) => (i === at ? to - from : d));
  return addNode("Slice", [x, integers(g, [from]), integers(g, [to]), integers(g, [at])], { shape });
}

/**
 * Where x is a joined vector: the piece that has all of from..to, and where it begins. Of tensors with more axes none is looked for: a
 * state of one row, shifted, would be read no more, and its input would be gone from the graph.
 */
function pieceAt(
  x: Tensor,
  axis: number,
  from: number,
  to: number,
): { tensor: Tensor; offset: number } | undefined {
  const node = x.shape.length === 1 ? producerOf(x) : undefined;
  if (node?.op !== "Concat" || intOf(node, "axis", 0) !== axis) return undefined;
  let offset = 0;
  for (const tensor of node.inputs) {
    const end = offset + tensor.shape[axis];
    if (from >= offset && to <= end) return { tensor, offset };
    offset = end;
  }
  return undefined;
}

/** Inputs of one Concat node: WebGPU binds few buffers to a shader, so wider ones become trees. */
const CONCAT_WIDTH = 8;

/**
 * Tensors one after the other along an axis.
 *
 * @throws ShapeError unless there is a tensor, and all agree in every other axis
 */
export function concat(xs: readonly Tensor[], axis: number): Tensor {
  const first = xs[0];
  if (!first) throw new ShapeError("concat: no tensors, expected at least one");
  const at = normalizeAxis("concat", axis, first.shape.length);
  for (const x of xs) {
    checkFloat("concat", x);
    if (x.shape.length !== first.shape.length || x.shape.some((d, i) => i !== at && d !== first.shape[i]))
      throw new ShapeError(
        `concat: shapes ${shapeText(first.shape)} and ${shapeText(x.shape)} differ, expected equal sizes but for axis ${axis}`,
      );
  }
  let parts = xs;
  while (parts.length > 1) {
    const wider: Tensor[] = [];
    for (let i = 0; i < parts.length; i += CONCAT_WIDTH)
      wider.push(join(parts.slice(i, i + CONCAT_WIDTH), at));
    parts = wider;
  }
  return parts[0];
}

function join(xs: readonly Tensor[], axis: number): Tensor {
  const [first, ...others] = xs;
  if (others.length === 0) return first!;
  const size = xs.reduce((sum, x) => sum + x.shape[axis], 0);
  const shape = first!.shape.map((d, i) => (i === axis ? size : d));
  return addNode("Concat", [first!, ...others], { shape }, { axis: { int: axis } });
}

/**
 * x repeated along axes of size 1, and along new leading axes.
 *
 * @throws ShapeError unless x broadcasts to exactly `shape`
 */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  checkFloat("expand", x);
  checkShape("expand: target", shape);
  if (!sameShape(broadcastShapes("expand", x.shape, shape), shape))
    throw new ShapeError(`expand: ${shapeText(x.shape)} does not broadcast to ${shapeText(shape)}`);
  if (sameShape(x.shape, shape)) return x;
  const node = producerOf(x);
  if (node?.op === "Expand") return expand(node.inputs[0], shape);
  return addNode("Expand", [x, integers(x.graph, shape)], { shape: [...shape] });
}

/**
 * Zeros before and after x along one axis.
 *
 * @throws ShapeError unless both counts are integers >= 0
 */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  checkFloat("pad", x);
  const rank = x.shape.length;
  const at = normalizeAxis("pad", axis, rank);
  if (!Number.isInteger(before) || !Number.isInteger(after) || before < 0 || after < 0)
    throw new ShapeError(`pad: counts are ${before} and ${after}, expected integers >= 0`);
  if (before + after === 0) return x;
  const pads = Array<number>(2 * rank).fill(0);
  pads[at] = before;
  pads[rank + at] = after;
  const shape = x.shape.map((d, i) => (i === at ? before + d + after : d));
  return addNode("Pad", [x, integers(x.graph, pads)], { shape });
}
