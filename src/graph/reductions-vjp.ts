import { div, equal, mul, where } from "./elementwise.ts";
import { constantIntegers, type Node, type Tensor } from "./graph.ts";
import { keptShape, runningSum, sum } from "./reductions.ts";
import { expand, reshape } from "./shape-ops.ts";
import { sizeOf } from "./shapes.ts";
import type { VjpTable } from "./vjp.ts";

/** Rules for reductions and running sums. */
export const REDUCTIONS_VJPS: VjpTable = {
  ReduceSum: (g, node, k) => (k === 0 ? spread(g, node) : null),
  ReduceMean: (g, node) => {
    const count = sizeOf(node.inputs[0].shape) / sizeOf(node.outputs[0].shape);
    return spread(mul(g, 1 / count), node);
  },
  ReduceMax: shareAmongEqual,
  ReduceMin: shareAmongEqual,
  CumSum: (g, node, k) => {
    if (k !== 0) return null;
    const reverse = node.attributes.reverse;
    return runningSum(g, constantIntegers(node.inputs[1])[0], !(reverse && "int" in reverse && reverse.int));
  },
};

/** The gradient of a largest or smallest element, in equal parts to all that equal it. */
function shareAmongEqual(g: Tensor, node: Node): Tensor {
  const x = node.inputs[0];
  const axes = reducedAxes(node);
  const kept = keptShape(x.shape, axes);
  const taken = where(equal(x, reshape(node.outputs[0], kept)), 1, 0);
  return mul(taken, div(reshape(g, kept), sum(taken, axes, true)));
}

function spread(g: Tensor, node: Node): Tensor {
  const shape = node.inputs[0].shape;
  return expand(reshape(g, keptShape(shape, reducedAxes(node))), shape);
}

function reducedAxes(node: Node): readonly number[] {
  const axes = node.attributes.axes;
  return axes && "ints" in axes ? axes.ints : constantIntegers(node.inputs[1]);
}
