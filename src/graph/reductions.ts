import { checkFloat } from "./elementwise.ts";
import { addNode, constantIntegers, integers, intsOf, type Node, type Tensor } from "./graph.ts";
import { reshape } from "./shape-ops.ts";
import { normalizeAxes, sameShape } from "./shapes.ts";

/**
 * Sum over the given axes.
 *
 * @param axes each once; negative ones count from the back
 * @param keepDims leave the reduced axes as size 1
 * @throws ShapeError for an axis out of range or repeated
 */
export const sum = reduction("ReduceSum", "sum");

/** Arithmetic mean over the given axes; arguments as in {@link sum}. */
export const mean = reduction("ReduceMean", "mean");

/** Largest element over the given axes; equal largest ones share the gradient. As {@link sum}. */
export const max = reduction("ReduceMax", "max");

/** Smallest element over the given axes; equal smallest ones share the gradient. As {@link sum}. */
export const min = reduction("ReduceMin", "min");

/** The sum of x over what was broadcast to get from `shape` to x's shape: the adjoint of expand. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const added = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < added || (shape[i - added] === 1 && d !== 1) ? [i] : []));
  return reshape(sum(x, axes, true), shape);
}

/** The axes that a reduction's node goes over. */
export function reducedAxes(node: Node): readonly number[] {
  return intsOf(node, "axes") ?? constantIntegers(node.inputs[1]);
}

/** Sizes of x with the given axes as 1. */
export function keptShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

function reduction(op: string, what: string) {
  return (x: Tensor, axes: readonly number[], keepDims = false): Tensor => {
    checkFloat(what, x);
    const over = normalizeAxes(what, axes, x.shape.length);
    const kept = keptShape(x.shape, over);
    const shape = keepDims ? kept : x.shape.filter((_, i) => !over.includes(i));
    if (sameShape(kept, x.shape)) return reshape(x, shape);
    const keepdims = { int: keepDims ? 1 : 0 };
    // Of the reductions, opset 17 takes only ReduceSum's axes as an input.
    return op === "ReduceSum"
      ? addNode(op, [x, integers(x.graph, over)], { shape }, { keepdims })
      : addNode(op, [x], { shape }, { axes: { ints: over }, keepdims });
  };
}
