import { ConfigError } from "../base/index.ts";
import { type ConstantData, constantData, constantIntegers, type Node, type Tensor } from "./graph.ts";
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
  Slice: [1, 2, 3, 4],
  Pad: [1, 2],
  CumSum: [1],
  ReduceSum: [1],
  Split: [1],
  Squeeze: [1],
  Unsqueeze: [1],
};

type Binary = (tf: TfjsModule, a: TfTensor, b: TfTensor) => TfTensor;
type Reduction = (tf: TfjsModule, x: TfTensor, axes: number[], keepDims: boolean) => TfTensor;

/**
 * The operations of ai.onnx opset 17 that this room's graphs are made of, and close relatives, in
 * terms of tfjs. Written from the ONNX operator specification, independently of ONNX Runtime.
 */
export const TFJS_OPS: Readonly<Record<string, TfjsOp>> = {
  Add: (tf, [a, b]) => tf.add(a!, b!),
  Sub: (tf, [a, b]) => tf.sub(a!, b!),
  Mul: (tf, [a, b]) => tf.mul(a!, b!),
  Div: (tf, [a, b]) => tf.div(a!, b!),
  Pow: (tf, [a, b]) => tf.pow(a!, b!),
  Max: fold((tf, a, b) => tf.maximum(a, b)),
  Min: fold((tf, a, b) => tf.minimum(a, b)),
  Sum: fold((tf, a, b) => tf.add(a, b)),
  Greater: (tf, [a, b]) => tf.greater(a!, b!),
  Less: (tf, [a, b]) => tf.less(a!, b!),
  GreaterOrEqual: (tf, [a, b]) => tf.greaterEqual(a!, b!),
  LessOrEqual: (tf, [a, b]) => tf.lessEqual(a!, b!),
  Equal: (tf, [a, b]) => tf.equal(a!, b!),
  And: (tf, [a, b]) => tf.logicalAnd(a!, b!),
  Or: (tf, [a, b]) => tf.logicalOr(a!, b!),
  Not: (tf, [x]) => tf.logicalNot(x!),
  Where: (tf, [condition, a, b]) => tf.where(condition!, a!, b!),
  Clip: (tf, [x, low, high]) => {
    const raised = low === undefined ? x! : tf.maximum(x!, low);
    return high === undefined ? raised : tf.minimum(raised, high);
  },

  Identity: (tf, [x]) => tf.clone(x!),
  Neg: (tf, [x]) => tf.neg(x!),
  Exp: (tf, [x]) => tf.exp(x!),
  Log: (tf, [x]) => tf.log(x!),
  Sqrt: (tf, [x]) => tf.sqrt(x!),
  Reciprocal: (tf, [x]) => tf.reciprocal(x!),
  Abs: (tf, [x]) => tf.abs(x!),
  Sign: (tf, [x]) => tf.sign(x!),
  Floor: (tf, [x]) => tf.floor(x!),
  Ceil: (tf, [x]) => tf.ceil(x!),
  Tanh: (tf, [x]) => tf.tanh(x!),
  Sigmoid: (tf, [x]) => tf.sigmoid(x!),
  Relu: (tf, [x]) => tf.relu(x!),
  Softplus: (tf, [x]) => tf.softplus(x!),
  Erf: (tf, [x]) => tf.erf(x!),
  Sin: (tf, [x]) => tf.sin(x!),
  Cos: (tf, [x]) => tf.cos(x!),
  Cast: (tf, [x], node) => tf.cast(x!, TYPES[node.outputs[0].dtype]),

  Reshape: reshapeToOutput,
  Squeeze: reshapeToOutput,
  Unsqueeze: reshapeToOutput,
  Expand: (tf, [x], node) => tf.broadcastTo(x!, [...node.outputs[0].shape]),
  Transpose: (tf, [x], node) => tf.transpose(x!, ints(node, "perm") ?? reversedAxes(x!.shape.length)),
  Concat: (tf, xs, node) => tf.concat([...xs], axisOf(node, xs[0].shape.length, 0)),
  Split: (tf, [x], node) => {
    const axis = axisOf(node, x!.shape.length, 0);
    return tf.split(
      x!,
      node.outputs.map((part) => part.shape[axis]),
      axis,
    );
  },
  Gather: (tf, [x, indices], node) => tf.gather(x!, indices!, axisOf(node, x!.shape.length, 0)),
  Slice: slice,
  Pad: pad,

  ReduceSum: reduce((tf, x, axes, keepDims) => tf.sum(x, axes, keepDims)),
  ReduceMean: reduce((tf, x, axes, keepDims) => tf.mean(x, axes, keepDims)),
  ReduceMax: reduce((tf, x, axes, keepDims) => tf.max(x, axes, keepDims)),
  ReduceMin: reduce((tf, x, axes, keepDims) => tf.min(x, axes, keepDims)),
  ReduceProd: reduce((tf, x, axes, keepDims) => tf.prod(x, axes, keepDims)),
  CumSum: (tf, [x], node) => {
    const axis = fromFront(numbers(node, 1)![0], x!.shape.length);
    return tf.cumsum(x!, axis, int(node, "exclusive", 0) === 1, int(node, "reverse", 0) === 1);
  },

  MatMul: matMul,
  Gemm: (tf, [a, b, c], node) => {
    const product = tf.matMul(a!, b!, int(node, "transA", 0) === 1, int(node, "transB", 0) === 1);
    const scaled = times(tf, product, float(node, "alpha", 1));
    return c === undefined ? scaled : tf.add(scaled, times(tf, c, float(node, "beta", 1)));
  },
  Softmax: (tf, [x], node) => {
    const axes = [axisOf(node, x!.shape.length, -1)];
    const e = tf.exp(tf.sub(x!, tf.max(x!, axes, true)));
    return tf.div(e, tf.sum(e, axes, true));
  },
  LayerNormalization: layerNormalization,
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

function fold(combine: Binary): TfjsOp {
  return (tf, xs) => (xs.length === 1 ? tf.clone(xs[0]) : xs.reduce((sum, x) => combine(tf, sum, x)));
}

function reshapeToOutput(tf: TfjsModule, [x]: readonly TfTensor[], node: Node): TfTensor {
  return tf.reshape(x!, [...node.outputs[0].shape]);
}

/** Axes are an attribute, or for ReduceSum a second input; none at all means every axis. */
function reduce(reduction: Reduction): TfjsOp {
  return (tf, [x], node) => {
    const rank = x!.shape.length;
    const axes = ints(node, "axes") ?? numbers(node, 1) ?? Array.from({ length: rank }, (_, axis) => axis);
    return reduction(
      tf,
      x!,
      axes.map((axis) => fromFront(axis, rank)),
      int(node, "keepdims", 1) === 1,
    );
  };
}

function slice(tf: TfjsModule, [x]: readonly TfTensor[], node: Node): TfTensor {
  const rank = x!.shape.length;
  const starts = numbers(node, 1)!;
  const axes = numbers(node, 3) ?? starts.map((_, axis) => axis);
  if (numbers(node, 4)?.some((step) => step !== 1))
    throw new ConfigError("tfjs cannot run Slice with a step; legal: 1");
  const begin = new Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    const size = x!.shape[fromFront(axis, rank)];
    const start = starts[i];
    begin[fromFront(axis, rank)] = Math.min(start < 0 ? start + size : start, size);
  });
  return tf.slice(x!, begin, [...node.outputs[0].shape]);
}

function pad(tf: TfjsModule, [x]: readonly TfTensor[], node: Node): TfTensor {
  const rank = x!.shape.length;
  const pads = numbers(node, 1)!;
  const paddings = x!.shape.map((_, axis): [number, number] => [pads[axis], pads[rank + axis]]);
  return tf.pad(x!, paddings, numbers(node, 2)?.[0] ?? 0);
}

/** tfjs multiplies batches only of equal leading sizes, and else gives too few of them without a word. */
function matMul(tf: TfjsModule, [a, b]: readonly TfTensor[], node: Node): TfTensor {
  const leading = node.outputs[0].shape.slice(0, -2);
  const tiled = (x: TfTensor): TfTensor => tf.broadcastTo(x, [...leading, ...x.shape.slice(-2)]);
  return tf.matMul(tiled(a!), tiled(b!), false, false);
}

/** y = (x - mean) / sqrt(variance + epsilon) * gain + bias over the axes from `axis` on; also mean and 1/std. */
function layerNormalization(tf: TfjsModule, [x, gain, bias]: readonly TfTensor[], node: Node): TfTensor[] {
  const rank = x!.shape.length;
  const first = axisOf(node, rank, -1);
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  const mean = tf.mean(x!, axes, true);
  const centred = tf.sub(x!, mean);
  const variance = tf.mean(tf.square(centred), axes, true);
  const epsilon = tf.tensor(Float32Array.of(float(node, "epsilon", 1e-5)), [], "float32");
  const inverseStd = tf.rsqrt(tf.add(variance, epsilon));
  const scaled = tf.mul(tf.mul(centred, inverseStd), gain!);
  return [bias === undefined ? scaled : tf.add(scaled, bias), mean, inverseStd].slice(0, node.outputs.length);
}

function times(tf: TfjsModule, x: TfTensor, factor: number): TfTensor {
  return factor === 1 ? x : tf.mul(x, tf.tensor(Float32Array.of(factor), [], "float32"));
}

function int(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute !== undefined && "int" in attribute ? attribute.int : otherwise;
}

function float(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute !== undefined && "float" in attribute ? attribute.float : otherwise;
}

function ints(node: Node, name: string): number[] | undefined {
  const attribute = node.attributes[name];
  return attribute !== undefined && "ints" in attribute ? [...attribute.ints] : undefined;
}

/** The numbers of a static input, undefined where the node has no such input. */
function numbers(node: Node, index: number): number[] | undefined {
  const source: Tensor | undefined = node.inputs[index];
  if (source === undefined) return undefined;
  if (source.dtype === "int64") return constantIntegers(source);
  const data: ConstantData | undefined = constantData(source);
  if (data === undefined)
    throw new ConfigError(`tfjs can run ${node.op} only with constant ${source.name}; legal: a constant`);
  return Array.from(data as Float32Array);
}

function axisOf(node: Node, rank: number, otherwise: number): number {
  return fromFront(int(node, "axis", otherwise), rank);
}

function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function reversedAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => rank - 1 - i);
}
