import { div, greater, less, mul, neg, where } from "./elementwise.ts";
import type { Node, Tensor } from "./graph.ts";
import { sumTo } from "./reductions.ts";
import type { VjpTable } from "./vjp.ts";

/** Rules for binary arithmetic and selection; gradients are summed over what was broadcast. */
export const ELEMENTWISE_VJPS: VjpTable = {
  Add: (g, node, k) => sumTo(g, node.inputs[k].shape),
  Sub: (g, node, k) => {
    const part = sumTo(g, node.inputs[k].shape);
    return k === 0 ? part : neg(part);
  },
  Mul: (g, node, k) => sumTo(mul(g, node.inputs[1 - k]), node.inputs[k].shape),
  Div: (g, node, k) => {
    const part = div(g, node.inputs[1]);
    if (k === 0) return sumTo(part, node.inputs[0].shape);
    return neg(sumTo(mul(part, node.outputs[0]), node.inputs[1].shape));
  },
  Max: (g, node, k) => chosen(g, node, k, less(node.inputs[0], node.inputs[1])),
  Min: (g, node, k) => chosen(g, node, k, greater(node.inputs[0], node.inputs[1])),
  Where: (g, node, k) => {
    if (k === 0) return null;
    const condition = node.inputs[0];
    const part = k === 1 ? where(condition, g, 0) : where(condition, 0, g);
    return sumTo(part, node.inputs[k].shape);
  },
  Neg: (g) => neg(g),
  Greater: null,
  Less: null,
  Equal: null,
};

/** g where input k of a maximum or minimum was taken; `second` says where the second one was. */
function chosen(g: Tensor, node: Node, k: number, second: Tensor): Tensor {
  const part = k === 0 ? where(second, 0, g) : where(second, g, 0);
  return sumTo(part, node.inputs[k].shape);
}
