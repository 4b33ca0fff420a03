import { FormatError } from "../base/index.ts";
import * as elementwise from "./elementwise.ts";
import * as functions from "./functions.ts";
import { constantIntegers, floatOf, intOf, intsOf, type Node, producerOf, type Tensor } from "./graph.ts";
import { gemm, matMul } from "./linear.ts";
import { layerNorm, softmax } from "./normalize.ts";
import { max, mean, min, sum } from "./reductions.ts";
import { addRows, gather, idsOfPlaces } from "./rows.ts";
import { concat, expand, pad, reshape, slice, transpose } from "./shape-ops.ts";

/** Builds a node again from its inputs and attributes: one tensor, or one per output. */
export type OnnxBuilder = (
  x: readonly Tensor[],
  node: Pick<Node, "attributes">,
) => Tensor | readonly Tensor[];

const unary =
  (build: (x: Tensor) => Tensor): OnnxBuilder =>
  ([x]) =>
    build(x!);
const binary =
  (build: (a: Tensor, b: Tensor) => Tensor): OnnxBuilder =>
  ([a, b]) =>
    build(a!, b!);
const reduction =
  (reduce: typeof sum): OnnxBuilder =>
  ([x, axes], node) => {
    const over = intsOf(node, "axes") ?? (axes ? constantIntegers(axes) : x!.shape.map((_, i) => i));
    return reduce(x!, over, intOf(node, "keepdims", 1) === 1);
  };

/** Every operation that this room's graphs are made of, in the form in which `writeOnnx` writes it. */
export const ONNX_BUILDERS: Readonly<Record<string, OnnxBuilder>> = {
  Add: binary(elementwise.add),
  Sub: binary(elementwise.sub),
  Mul: binary(elementwise.mul),
  Div: binary(elementwise.div),
  Max: binary(elementwise.maximum),
  Min: binary(elementwise.minimum),
  Greater: binary(elementwise.greater),
  Less: binary(elementwise.less),
  Equal: binary(elementwise.equal),
  Where: ([condition, a, b]) => elementwise.where(condition!, a!, b!),
  Neg: unary(elementwise.neg),

  Identity: ([x]) => (x!.dtype === "float32" ? functions.stopGradient(x!) : x!),
  Exp: unary(functions.exp),
  Log: unary(functions.log),
  Sqrt: unary(functions.sqrt),
  Reciprocal: unary(functions.reciprocal),
  Abs: unary(functions.abs),
  Sign: unary(functions.sign),
  Tanh: unary(functions.tanh),
  Sigmoid: unary(functions.sigmoid),
  Relu: unary(functions.relu),
  Erf: unary(functions.erf),
  Softplus: unary(functions.softplus),
  Sin: unary(functions.sin),
  Cos: unary(functions.cos),
  Clip: ([x, low, high]) => functions.clip(x!, numberOf(low), numberOf(high)),

  Reshape: ([x, shape]) => reshape(x!, constantIntegers(shape!)),
  Transpose: ([x], node) => transpose(x!, intsOf(node, "perm") ?? x!.shape.map((_, i) => -1 - i)),
  Slice: ([x, from, to, axes]) => {
    const [start, end, axis] = [from!, to!, axes!].map((t) => constantIntegers(t)[0]);
    return slice(x!, axis!, start!, end!);
  },
  Concat: (xs, node) => concat(xs, intOf(node, "axis", 0)),
  Expand: ([x, shape]) => expand(x!, constantIntegers(shape!)),
  Pad: ([x, pads]) => {
    const rank = x!.shape.length;
    const counts = constantIntegers(pads!);
    return x!.shape.reduce((y, _, axis) => pad(y, axis, counts[axis], counts[rank + axis]), x!);
  },

  Gather: ([table, ids], node) =>
    gather(table!, intOf(node, "axis", 0) === 0 ? ids! : refuse("Gather", "axis", "0")),
  ScatterND: ([table, places, rows], { attributes: { reduction: kind } }) =>
    kind && "text" in kind && kind.text === "add"
      ? addRows(table!, idsOfPlaces(places!), rows!)
      : refuse("ScatterND", "reduction", "add"),

  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),

  MatMul: binary(matMul),
  Gemm: ([a, b, c], node) => gemm(a!, b!, intOf(node, "transA", 0) === 1, intOf(node, "transB", 0) === 1, c),
  Softmax: ([x], node) => softmax(x!, intOf(node, "axis", -1)),
  LayerNormalization: ([x, gain, bias], node) => {
    const y = layerNorm(x!, gain!, bias!, floatOf(node, "epsilon", 1e-5));
    return producerOf(y)!.outputs;
  },
};

function refuse(op: string, attribute: string, expected: string): never {
  throw new FormatError(`${op} has another ${attribute}, expected ${expected}`);
}

function numberOf(x: Tensor | undefined): number {
  const value = x && elementwise.scalarValue(x);
  if (value === undefined) throw new FormatError("Clip has bounds that are no constants, expected constants");
  return value;
}
