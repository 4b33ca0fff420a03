import { constantIntegers, type Node, producerOf, type Tensor } from "./graph.ts";
import { matMul } from "./linear.ts";
import { sumTo } from "./reductions.ts";
import { pad, reshape, slice, swapLast, transpose, transposition } from "./shape-ops.ts";
import type { VjpTable } from "./vjp.ts";

/** Rules for operations that move numbers; k > 0 are shapes, axes and bounds, which have none. */
export const SHAPE_OPS_VJPS: VjpTable = {
  Reshape: (g, node, k) => (k === 0 ? reshape(g, node.inputs[0].shape) : null),
  Transpose: (g, node) => transposeBack(g, transposition(node.outputs[0])!.perm),
  Slice: (g, node, k) => {
    if (k !== 0) return null;
    const [from, to, axis] = [1, 2, 3].map((i) => constantIntegers(node.inputs[i])[0]);
    return pad(g, axis!, from!, node.inputs[0].shape[axis!] - to!);
  },
  Concat: (g, node, k) => {
    const axis = concatAxis(node);
    let from = 0;
    for (let i = 0; i < k; i++) from += node.inputs[i].shape[axis];
    return slice(g, axis, from, from + node.inputs[k].shape[axis]);
  },
  Expand: (g, node, k) => (k === 0 ? sumTo(g, node.inputs[0].shape) : null),
  Pad: (g, node, k) => {
    if (k !== 0) return null;
    const pads = constantIntegers(node.inputs[1]);
    return node.inputs[0].shape.reduce((part, d, i) => slice(part, i, pads[i], pads[i] + d), g);
  },
};

/** The inverse permutation; a product (A B)' is built as B' A', whose transposes fuse or cancel. */
function transposeBack(g: Tensor, perm: readonly number[]): Tensor {
  const inverse = perm.map((_, i) => perm.indexOf(i));
  const n = perm.length;
  const product = producerOf(g);
  const swapsLast = perm[n - 1] === n - 2 && perm.every((axis, i) => i >= n - 2 || axis === i);
  if (product?.op !== "MatMul" || !swapsLast) return transpose(g, inverse);
  return matMul(swapLast(product.inputs[1]), swapLast(product.inputs[0]));
}

function concatAxis(node: Node): number {
  const axis = node.attributes.axis;
  return axis && "int" in axis ? axis.int : 0;
}
