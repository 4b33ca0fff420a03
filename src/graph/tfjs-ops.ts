import { ConfigError } from "../base/index.ts";
import { constantIntegers, floatOf, intOf, intsOf, type Node } from "./graph.ts";
import { reducedAxes } from "./reductions.ts";
import type { TfjsModule, TfTensor } from "./tfjs-module.ts";

/**
 * Computes one node: `x` are its inputs' values, undefined where the operation takes that input as a
 * constant out of the graph (see {@link STATIC_INPUTS}).
 */
export type TfjsOp = (tf: TfjsModule, x: readonly TfTensor[], node: Node) => TfTensor | readonly TfTensor[];

/** Inputs that say how (shapes, axes, bounds), by operation: read from the graph, never uploaded. */
export const STATIC_INPUTS: Readonly<Record<string, readonly number[]>> = {
  Reshape: [1],
  Expand: [1],
  Slice: [1, 2, 3],
  Pad: [1],
  ReduceSum: [1],
};

/**
 * The operations of ai.onnx opset 17 that this room's graphs are made of, in terms of tfjs, in the form in which
 * this room makes their nodes. Written from the ONNX operator specification, independently of ONNX Runtime.
 */
export const TFJS_OPS: Readonly<Record<string, TfjsOp>> = {
  Add: (tf, [a, b]) => tf.add(a!, b!),
  Sub: (tf, [a, b]) => tf.sub(a!, b!),
  Mul: (tf, [a, b]) => tf.mul(a!, b!),
  Div: (tf, [a, b]) => tf.div(a!, b!),
  Max: (tf, [a, b]) => tf.maximum(a!, b!),
  Min: (tf, [a, b]) => tf.minimum(a!, b!),
  Greater: (tf, [a, b]) => tf.greater(a!, b!),
  Less: (tf, [a, b]) => tf.less(a!, b!),
  Equal: (tf, [a, b]) => tf.equal(a!, b!),
  Where: (tf, [condition, a, b]) => tf.where(condition!, a!, b!),
  Clip: (tf, [x, low, high]) => tf.minimum(tf.maximum(x!, low!), high!),

  Identity: (tf, [x]) => tf.clone(x!),
  Neg: (tf, [x]) => tf.neg(x!),
  Exp: (tf, [x]) => tf.exp(x!),
  Log: (tf, [x]) => tf.log(x!),
  Sqrt: (tf, [x]) => tf.sqrt(x!),
  Reciprocal: (tf, [x]) => tf.reciprocal(x!),
  Abs: (tf, [x]) => tf.abs(x!),
  Sign: (tf, [x]) => tf.sign(x!),
  Tanh: (tf, [x]) => tf.tanh(x!),
  Sigmoid: (tf, [x]) => tf.sigmoid(x!),
  Relu: (tf, [x]) => tf.relu(x!),
  Softplus: (tf, [x]) => tf.softplus(x!),
  Erf: (tf, [x]) => tf.erf(x!),
  Sin: (tf, [x]) => tf.sin(x!),
  Cos: (tf, [x]) => tf.cos(x!),

  Reshape: (tf, [x], node) => tf.reshape(x!, [...node.outputs[0].shape]),
  Expand: (tf, [x], node) => tf.broadcastTo(x!, [...node.outputs[0].shape]),
  Transpose: (tf, [x], node) => tf.transpose(x!, [...intsOf(node, "perm")!]),
  Concat: (tf, xs, node) => tf.concat([...xs], intOf(node, "axis", 0)),
  Slice: (tf, [x], node) => {
    const [from, axis] = [1, 3].map((i) => constantIntegers(node.inputs[i])[0]);
    const begin = x!.shape.map((_, i) => (i === axis ? from! : 0));
    return tf.slice(x!, begin, [...node.outputs[0].shape]);
  },
  Pad: (tf, [x], node) => {
    const pads = constantIntegers(node.inputs[1]);
    const rank = x!.shape.length;
    return tf.pad(
      x!,
      x!.shape.map((_, axis) => [pads[axis], pads[rank + axis]]),
      0,
    );
  },

  Gather: (tf, [table, ids]) => tf.gather(table!, ids!),
  /** tfjs's adds what is named twice, as "add" does. */
  ScatterND: (tf, [table, places, rows]) => tf.add(table!, tf.scatterND(places!, rows!, table!.shape)),

  ReduceSum: (tf, [x], node) => tf.sum(x!, ...reduction(node)),
  ReduceMean: (tf, [x], node) => tf.mean(x!, ...reduction(node)),
  ReduceMax: (tf, [x], node) => tf.max(x!, ...reduction(node)),
  ReduceMin: (tf, [x], node) => tf.min(x!, ...reduction(node)),

  // tfjs multiplies batches only of equal leading sizes, and else gives too few of them without a word.
  MatMul: (tf, [a, b], node) => {
    const leading = node.outputs[0].shape.slice(0, -2);
    const tiled = (x: TfTensor): TfTensor => tf.broadcastTo(x, [...leading, ...x.shape.slice(-2)]);
    return tf.matMul(tiled(a!), tiled(b!), false, false);
  },
  Gemm: (tf, [a, b, c], node) => {
    const product = tf.matMul(a!, b!, intOf(node, "transA", 0) === 1, intOf(node, "transB", 0) === 1);
    return c === undefined ? product : tf.add(product, c);
  },
  Softmax: (tf, [x], node) => {
    const axes = [intOf(node, "axis", -1)];
    const e = tf.exp(tf.sub(x!, tf.max(x!, axes, true)));
    return tf.div(e, tf.sum(e, axes, true));
  },
  /** y = (x - mean) / sqrt(variance + epsilon) * gain + bias over the last axis; also mean and 1/std. */
  LayerNormalization: (tf, [x, gain, bias], node) => {
    const mean = tf.mean(x!, [-1], true);
    const centred = tf.sub(x!, mean);
    const variance = tf.mean(tf.square(centred), [-1], true);
    const epsilon = tf.tensor(Float32Array.of(floatOf(node, "epsilon", 1e-5)), [], "float32");
    const inverseStd = tf.rsqrt(tf.add(variance, epsilon));
    return [tf.add(tf.mul(tf.mul(centred, inverseStd), gain!), bias!), mean, inverseStd];
  },
};

/** tfjs's names of our element types; it has no 64-bit integers. */
export const TYPES = { float32: "float32", int64: "int32", bool: "bool" } as const;

/**
 * The function that computes `node`.
 *
 * @throws ConfigError where this interpreter does not know the operation
 */
export function tfjsOp(node: Node): TfjsOp {
  const op = Object.hasOwn(TFJS_OPS, node.op) ? TFJS_OPS[node.op] : undefined;
  if (op === undefined)
    throw new ConfigError(
      `tfjs cannot run operation ${node.op}; it knows ${Object.keys(TFJS_OPS).sort().join(", ")}`,
    );
  return op;
}

/** The axes of a reduction, and whether it leaves them as size 1. */
function reduction(node: Node): [axes: number[], keepDims: boolean] {
  return [[...reducedAxes(node)], intOf(node, "keepdims", 1) === 1];
}
