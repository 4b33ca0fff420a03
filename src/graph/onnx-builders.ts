import { FormatError } from "../base/index.ts";
import * as elementwise from "./elementwise.ts";
import * as functions from "./functions.ts";
import { type Attribute, constantIntegers, producerOf, type Tensor } from "./graph.ts";
import { gemm, matMul } from "./linear.ts";
import { layerNorm, softmax } from "./normalize.ts";
import { max, mean, min, runningSum, sum } from "./reductions.ts";
import { concat, expand, pad, reshape, slice, transpose } from "./shape-ops.ts";
import { normalizeAxis } from "./shapes.ts";

type Attributes = Readonly<Record<string, Attribute>>;

/** Builds a node again from its inputs and attributes: one tensor, or one per output. */
export type OnnxBuilder = (x: readonly Tensor[], attributes: Attributes) => Tensor | readonly Tensor[];

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
  ([x, axes], attributes) => {
    const over = intsOf(attributes, "axes") ?? (axes ? constantIntegers(axes) : x!.shape.map((_, i) => i));
    return reduce(x!, over, intOf(attributes, "keepdims", 1) === 1);
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
  Transpose: ([x], attributes) => transpose(x!, intsOf(attributes, "perm") ?? x!.shape.map((_, i) => -1 - i)),
  Slice: ([x, from, to, axes]) => {
    const [start, end, axis] = [from!, to!, axes!].map((t) => constantIntegers(t)[0]);
    return slice(x!, axis!, start!, end!);
  },
  Concat: (xs, attributes) => concat(xs, intOf(attributes, "axis", 0)),
  Expand: ([x, shape]) => expand(x!, constantIntegers(shape!)),
  Pad: ([x, pads]) => {
    const rank = x!.shape.length;
    const counts = constantIntegers(pads!);
    return x!.shape.reduce((y, _, axis) => pad(y, axis, counts[axis], counts[rank + axis]), x!);
  },

  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  CumSum: ([x, axis], attributes) => {
    const at = normalizeAxis("CumSum", constantIntegers(axis!)[0], x!.shape.length);
    return runningSum(x!, at, intOf(attributes, "reverse", 0) === 1);
  },

  MatMul: binary(matMul),
  Gemm: ([a, b, c], attributes) =>
    gemm(a!, b!, intOf(attributes, "transA", 0) === 1, intOf(attributes, "transB", 0) === 1, c),
  Softmax: ([x], attributes) => softmax(x!, intOf(attributes, "axis", -1)),
  LayerNormalization: ([x, gain, bias], attributes) => {
    const { epsilon } = attributes;
    const y = layerNorm(x!, gain!, bias!, epsilon && "float" in epsilon ? epsilon.float : 1e-5);
    return producerOf(y)!.outputs;
  },
};

function intOf(attributes: Attributes, name: string, otherwise: number): number {
  const value = attributes[name];
  return value && "int" in value ? value.int : otherwise;
}

function intsOf(attributes: Attributes, name: string): readonly number[] | undefined {
  const value = attributes[name];
  return value && "ints" in value ? value.ints : undefined;
}

function numberOf(x: Tensor | undefined): number {
  const value = x && elementwise.scalarValue(x);
  if (value === undefined) throw new FormatError("Clip has bounds that are no constants, expected constants");
  return value;
}
