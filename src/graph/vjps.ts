import { div, equal, greater, less, mul, neg, sub, where } from "./elementwise.ts";
import { cos, exp, sigmoid, sign, sin, square } from "./functions.ts";
import { constantIntegers, intOf, type Node, producerOf, scalar, type Tensor } from "./graph.ts";
import { gemm, matMul } from "./linear.ts";
import { keptShape, mean, reducedAxes, sum, sumTo } from "./reductions.ts";
import { addRows, gather, idsOfPlaces } from "./rows.ts";
import { expand, pad, reshape, slice, swapLast, transpose, transposition } from "./shape-ops.ts";
import { sizeOf } from "./shapes.ts";

/**
 * Vector-Jacobian product of one operation, built from nodes again so that it can itself be
 * differentiated.
 *
 * @param g the loss's gradient with respect to output `output` of the node, of that output's shape
 * @param k which input
 * @returns that output's part of the loss's gradient with respect to input k, of that input's shape;
 *   null where it is zero
 */
export type Vjp = (g: Tensor, node: Node, k: number, output: number) => Tensor | null;

/** Rules by ONNX operation name; null marks an operation that no gradient passes. */
export type VjpTable = Readonly<Record<string, Vjp | null>>;

/** The derivative of every operation of this room. */
export const VJPS: VjpTable = {
  // Rules for binary arithmetic and selection; gradients are summed over what was broadcast.
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

  // Rules for functions of one tensor; where the output serves as well as the input, it is used.
  Exp: (g, node) => mul(g, y(node)),
  Log: (g, node) => div(g, x(node)),
  Sqrt: (g, node) => div(mul(g, 0.5), y(node)),
  Reciprocal: (g, node) => neg(mul(g, square(y(node)))),
  Abs: (g, node) => mul(g, sign(x(node))),
  Sign: null,
  Tanh: (g, node) => mul(g, sub(1, square(y(node)))),
  Sigmoid: (g, node) => mul(g, mul(y(node), sub(1, y(node)))),
  Relu: (g, node) => where(greater(y(node), 0), g, 0),
  Erf: (g, node) => mul(g, mul(exp(neg(square(x(node)))), 2 / Math.sqrt(Math.PI))),
  Softplus: (g, node) => mul(g, sigmoid(x(node))),
  Sin: (g, node) => mul(g, cos(x(node))),
  Cos: (g, node) => neg(mul(g, sin(x(node)))),
  /** Inside the bounds the value is its own clipped one. */
  Clip: (g, node, k) => (k === 0 ? where(equal(x(node), y(node)), g, 0) : null),
  Identity: null,

  // Rules for operations that move numbers; k > 0 are shapes, axes and bounds, which have none.
  Reshape: (g, node, k) => (k === 0 ? reshape(g, node.inputs[0].shape) : null),
  Transpose: (g, node) => transposeBack(g, transposition(node.outputs[0])!.perm),
  Slice: (g, node, k) => {
    if (k !== 0) return null;
    const [from, to, axis] = [1, 2, 3].map((i) => constantIntegers(node.inputs[i])[0]);
    return pad(g, axis!, from!, node.inputs[0].shape[axis!] - to!);
  },
  Concat: (g, node, k) => {
    const axis = intOf(node, "axis", 0);
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

  // Rules for rows of a table, by numbers that have no gradient.
  Gather: (g, node, k) => {
    if (k !== 0) return null;
    const [table, ids] = node.inputs;
    return addRows(expand(scalar(g.graph, 0), table!.shape), ids!, g);
  },
  ScatterND: (g, node, k) => [g, null, gather(g, idsOfPlaces(node.inputs[1]))][k]!,

  // Rules for reductions and running sums.
  ReduceSum: (g, node, k) => (k === 0 ? spread(g, node) : null),
  ReduceMean: (g, node) => {
    const count = sizeOf(node.inputs[0].shape) / sizeOf(node.outputs[0].shape);
    return spread(mul(g, 1 / count), node);
  },
  ReduceMax: shareAmongEqual,
  ReduceMin: shareAmongEqual,

  // Rules for matrix products: dA = g B', dB = A' g, summed over broadcast leading axes.
  MatMul: (g, node, k) => {
    const [a, b] = node.inputs;
    const part = k === 0 ? matMul(g, b!, { transposeB: true }) : matMul(a!, g, { transposeA: true });
    return sumTo(part, node.inputs[k].shape);
  },
  Gemm: (g, node, k) => {
    const [a, b] = node.inputs;
    const transA = intOf(node, "transA", 0) === 1;
    const transB = intOf(node, "transB", 0) === 1;
    if (k === 2) return sumTo(g, node.inputs[2].shape);
    if (k === 0) return transA ? gemm(b!, g, transB, true) : gemm(g, b!, false, !transB);
    return transB ? gemm(g, a!, true, transA) : gemm(a!, g, !transA, false);
  },

  // Rules for softmax and layer normalization.
  /** y (g - sum(g y)) */
  Softmax: (g, node) => {
    const y = node.outputs[0];
    const gy = mul(g, y);
    return sub(gy, mul(y, sum(gy, [intOf(node, "axis", -1)], true)));
  },
  LayerNormalization: (g, node, k, output) => {
    const [x, gain, bias] = node.inputs;
    if (output === 1) return k === 0 ? expand(mul(g, 1 / x!.shape.at(-1)!), x!.shape) : null;
    if (output === 2) return k === 0 ? ofInverseDeviation(g, node) : null;
    if (k === 2) return sumTo(g, bias!.shape);
    if (k === 1) return sumTo(mul(g, normalized(node)), gain!.shape);
    // With z = (x - mean) r and h = g gain: dx = r (h - mean(h) - z mean(h z)).
    const z = normalized(node);
    const h = mul(g, gain!);
    const centered = sub(h, mean(h, [-1], true));
    return mul(node.outputs[2], sub(centered, mul(z, mean(mul(h, z), [-1], true))));
  },
};

/** g where input k of a maximum or minimum was taken; `second` says where the second one was. */
function chosen(g: Tensor, node: Node, k: number, second: Tensor): Tensor {
  const part = k === 0 ? where(second, 0, g) : where(second, g, 0);
  return sumTo(part, node.inputs[k].shape);
}

const x = (node: Node): Tensor => node.inputs[0];
const y = (node: Node): Tensor => node.outputs[0];

/** The inverse permutation; a product (A B)' is built as B' A', whose transposes fuse or cancel. */
function transposeBack(g: Tensor, perm: readonly number[]): Tensor {
  const inverse = perm.map((_, i) => perm.indexOf(i));
  const n = perm.length;
  const product = producerOf(g);
  const swapsLast = perm[n - 1] === n - 2 && perm.every((axis, i) => i >= n - 2 || axis === i);
  if (product?.op !== "MatMul" || !swapsLast) return transpose(g, inverse);
  return matMul(swapLast(product.inputs[1]), swapLast(product.inputs[0]));
}

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

/** z = (x - mean) r, of mean 0 and variance 1. */
function normalized(node: Node): Tensor {
  return mul(sub(node.inputs[0], node.outputs[1]), node.outputs[2]);
}

/** dr/dx_i = -r^2 z_i / D */
function ofInverseDeviation(g: Tensor, node: Node): Tensor {
  const r = node.outputs[2];
  return neg(mul(mul(mul(g, mul(r, r)), 1 / node.inputs[0].shape.at(-1)!), normalized(node)));
}
