import { type Attribute, type Graph, type Node, producerOf, type Tensor } from "../../src/graph/graph.ts";
import { erf } from "./erf.ts";

/** Float64 values of tensors; bools are 0 and 1. */
export type Value = { readonly shape: readonly number[]; readonly data: Float64Array };

/**
 * Evaluates tensors of a graph in float64, element by element, straight from the ONNX texts: slow, and
 * independent of every executor. The tests' oracle, exact enough for finite differences.
 */
export function interpret(
  g: Graph,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  outputs: readonly Tensor[],
): Value[] {
  const known = new Map<string, Value>();
  for (const { tensor, data } of g.constants.values())
    known.set(tensor.name, {
      shape: tensor.shape,
      data: Float64Array.from(data as Iterable<number | bigint>, Number),
    });
  for (const t of g.inputs)
    if (feeds[t.name]) known.set(t.name, { shape: t.shape, data: Float64Array.from(feeds[t.name]) });
  const evaluated = (t: Tensor): Value => {
    const value = known.get(t.name);
    if (value) return value;
    const node = producerOf(t);
    if (!node) throw new Error(`no feed for ${t.name}`);
    const values = evaluate(node, node.inputs.map(evaluated));
    node.outputs.forEach((out, i) => {
      if (values[i].shape.join() !== out.shape.join())
        throw new Error(`${node.op} gave shape (${values[i].shape}), the graph says (${out.shape})`);
      known.set(out.name, values[i]);
    });
    return known.get(t.name)!;
  };
  return outputs.map(evaluated);
}

const UNARY: Record<string, (x: number) => number> = {
  Neg: (x) => -x,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Abs: Math.abs,
  Sign: Math.sign,
  Tanh: Math.tanh,
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Relu: (x) => Math.max(x, 0),
  Erf: erf,
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Sin: Math.sin,
  Cos: Math.cos,
  Identity: (x) => x,
};

const ELEMENTWISE: Record<string, (...x: number[]) => number> = {
  Add: (a, b) => a! + b!,
  Sub: (a, b) => a! - b!,
  Mul: (a, b) => a! * b!,
  Div: (a, b) => a! / b!,
  Max: (a, b) => Math.max(a!, b!),
  Min: (a, b) => Math.min(a!, b!),
  Greater: (a, b) => Number(a! > b!),
  Less: (a, b) => Number(a! < b!),
  Equal: (a, b) => Number(a! === b!),
  Where: (c, a, b) => (c ? a! : b!),
  Clip: (x, lo, hi) => Math.min(Math.max(x!, lo!), hi!),
};

const REDUCE: Record<string, (xs: number[]) => number> = {
  ReduceSum: (xs) => xs.reduce((a, b) => a + b, 0),
  ReduceMean: (xs) => xs.reduce((a, b) => a + b, 0) / xs.length,
  ReduceMax: (xs) => Math.max(...xs),
  ReduceMin: (xs) => Math.min(...xs),
};

function evaluate(node: Node, inputs: Value[]): Value[] {
  const { op, attributes } = node;
  const [x, y, z] = inputs as [Value, Value, Value];
  if (UNARY[op]) return [{ shape: x.shape, data: x.data.map(UNARY[op]) }];
  if (ELEMENTWISE[op]) {
    const shape = inputs.map((v) => v.shape).reduce(broadcast);
    return [build(shape, (i) => ELEMENTWISE[op](...inputs.map((v) => at(v, i))))];
  }
  if (REDUCE[op]) {
    const axes = (inputs[1] ? [...y.data] : ints(attributes.axes)).map((a) =>
      a < 0 ? a + x.shape.length : a,
    );
    return [reduce(x, axes, int(attributes.keepdims) === 1, REDUCE[op])];
  }
  switch (op) {
    case "Reshape":
      return [{ shape: [...y.data], data: x.data }];
    case "Transpose": {
      const perm = ints(attributes.perm);
      return [
        build(
          perm.map((p) => x.shape[p]),
          (i) =>
            at(
              x,
              x.shape.map((_, d) => i[perm.indexOf(d)]),
            ),
        ),
      ];
    }
    case "Slice": {
      const [from, to, axis] = [y.data[0], z.data[0], inputs[3].data[0]];
      const shape = x.shape.map((d, k) => (k === axis ? to - from : d));
      return [
        build(shape, (i) =>
          at(
            x,
            i.map((j, k) => (k === axis ? j + from : j)),
          ),
        ),
      ];
    }
    case "Concat":
      return [concat(inputs, int(attributes.axis))];
    case "Expand":
      return [build(broadcast(x.shape, [...y.data]), (i) => at(x, i))];
    case "Pad": {
      const n = x.shape.length;
      const shape = x.shape.map((d, k) => d + y.data[k] + y.data[n + k]);
      const inside = (i: number[]): boolean => i.every((j, k) => j >= 0 && j < x.shape[k]);
      return [
        build(shape, (i) => {
          const source = i.map((j, k) => j - y.data[k]);
          return inside(source) ? at(x, source) : 0;
        }),
      ];
    }
    case "Gather":
      return [
        build([...y.shape, ...x.shape.slice(1)], (i) =>
          at(x, [at(y, i.slice(0, y.shape.length)), ...i.slice(y.shape.length)]),
        ),
      ];
    case "ScatterND": {
      const data = x.data.slice();
      const width = x.shape[1];
      y.data.forEach((row, n) => {
        for (let j = 0; j < width; j++) data[row * width + j] += z.data[n * width + j];
      });
      return [{ shape: x.shape, data }];
    }
    case "MatMul":
      return [matMul(x, y)];
    case "Gemm": {
      const a = int(attributes.transA) ? swap(x) : x;
      const b = int(attributes.transB) ? swap(y) : y;
      const product = matMul(a, b);
      return [build(product.shape, (i) => at(product, i) + (z ? at(z, i) : 0))];
    }
    case "Softmax": {
      const axis = int(attributes.axis);
      const e: Value = { shape: x.shape, data: x.data.map((v) => Math.exp(v - Math.max(...x.data))) };
      const total = reduce(e, [axis], true, REDUCE.ReduceSum!);
      return [build(x.shape, (i) => at(e, i) / at(total, i))];
    }
    case "LayerNormalization": {
      const epsilon = attributes.epsilon as { float: number };
      const last = [x.shape.length - 1];
      const mean = reduce(x, last, true, REDUCE.ReduceMean!);
      const centered = build(x.shape, (i) => at(x, i) - at(mean, i));
      const variance = reduce(
        { shape: x.shape, data: centered.data.map((v) => v * v) },
        last,
        true,
        REDUCE.ReduceMean!,
      );
      const inverse = { shape: mean.shape, data: variance.data.map((v) => 1 / Math.sqrt(v + epsilon.float)) };
      return [build(x.shape, (i) => at(centered, i) * at(inverse, i) * at(y, i) + at(z, i)), mean, inverse];
    }
    default:
      throw new Error(`the test interpreter does not know ${op}`);
  }
}

/** Element at an index that may have more, and larger, entries than v's shape (broadcasting). */
function at(v: Value, index: readonly number[]): number {
  let offset = 0;
  const skip = index.length - v.shape.length;
  for (let k = 0; k < v.shape.length; k++)
    offset = offset * v.shape[k] + (v.shape[k] === 1 ? 0 : index[skip + k]);
  return v.data[offset];
}

function build(shape: readonly number[], element: (index: number[]) => number): Value {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  for (let n = 0; n < data.length; n++) {
    data[n] = element(index);
    for (let k = shape.length - 1; k >= 0 && ++index[k] === shape[k]; k--) index[k] = 0;
  }
  return { shape, data };
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const n = Math.max(a.length, b.length);
  return Array.from({ length: n }, (_, i) => Math.max(a[a.length - n + i] ?? 1, b[b.length - n + i] ?? 1));
}

function reduce(x: Value, axes: readonly number[], keep: boolean, f: (xs: number[]) => number): Value {
  const groups = new Map<string, number[]>();
  build(x.shape, (i) => {
    const key = i.map((j, k) => (axes.includes(k) ? 0 : j)).join();
    groups.set(key, [...(groups.get(key) ?? []), at(x, i)]);
    return 0;
  });
  const shape = keep
    ? x.shape.map((d, k) => (axes.includes(k) ? 1 : d))
    : x.shape.filter((_, k) => !axes.includes(k));
  return { shape, data: Float64Array.from([...groups.values()].map(f)) };
}

function concat(xs: readonly Value[], axis: number): Value {
  const size = xs.reduce((n, x) => n + x.shape[axis], 0);
  const shape = xs[0].shape.map((d, k) => (k === axis ? size : d));
  return build(shape, (i) => {
    let j = i[axis];
    let n = 0;
    while (j >= xs[n].shape[axis]) j -= xs[n++].shape[axis];
    return at(
      xs[n],
      i.map((v, k) => (k === axis ? j : v)),
    );
  });
}

function matMul(a: Value, b: Value): Value {
  const K = a.shape.at(-1)!;
  const leading = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return build([...leading, a.shape.at(-2)!, b.shape.at(-1)!], (i) => {
    const [row, column] = i.slice(-2) as [number, number];
    const lead = i.slice(0, -2);
    let total = 0;
    for (let k = 0; k < K; k++) total += at(a, [...lead, row, k]) * at(b, [...lead, k, column]);
    return total;
  });
}

function swap(x: Value): Value {
  return build([x.shape[1], x.shape[0]], ([i, j]) => at(x, [j!, i!]));
}

function int(attribute: Attribute | undefined): number {
  return attribute && "int" in attribute ? attribute.int : 0;
}

function ints(attribute: Attribute | undefined): readonly number[] {
  return attribute && "ints" in attribute ? attribute.ints : [];
}
