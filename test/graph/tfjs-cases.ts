import type * as tf from "@tensorflow/tfjs";
import { integers } from "../../src/graph/graph.ts";
import type { Operand, Tensor } from "../../src/graph/index.ts";
import * as g from "../../src/graph/index.ts";

type Tf = typeof tf;

/** One function, written once in this room's operations and once in tfjs's own. */
export type TfjsCase = {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly ours: (x: Tensor[]) => Tensor;
  readonly theirs: (tf: Tf, x: tf.Tensor[]) => tf.Tensor;
  /** Where the numbers of the inputs are drawn from, away from poles and kinks. Default [-2, 2]. */
  readonly range?: readonly [number, number];
  /** Absolute tolerance beside the relative one, where float32 cancels. */
  readonly absolute?: number;
};

type Range = TfjsCase["range"];
const POSITIVE = [0.2, 3] as const;
const FAR = [-30, 30] as const;
const MATRIX = [[3, 4]] as const;
const ALIKE = [
  [3, 4],
  [3, 4],
] as const;
const BROADCAST = [
  [2, 3, 4],
  [3, 1],
] as const;

/** A copy that tfjs does not differentiate: it has no gradient for comparisons, nor a stopGradient. */
const detached = (tf: Tf, x: tf.Tensor): tf.Tensor => tf.tensor(x.dataSync().slice(), x.shape);

const unary = (
  name: string,
  ours: (x: Tensor) => Tensor,
  theirs: (tf: Tf, x: tf.Tensor) => tf.Tensor,
  range?: Range,
): TfjsCase => ({
  name,
  shapes: MATRIX,
  ours: ([x]) => ours(x!),
  theirs: (tf, [x]) => theirs(tf, x!),
  ...(range && { range }),
});

const binary = (
  name: string,
  ours: (a: Operand, b: Operand) => Tensor,
  theirs: (tf: Tf, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  range?: Range,
): TfjsCase[] =>
  [ALIKE, BROADCAST].map((shapes) => ({
    name: `${name} of ${shapes.map((shape) => `(${shape})`).join(" and ")}`,
    shapes,
    ours: ([a, b]) => ours(a!, b!),
    theirs: (tf, [a, b]) => theirs(tf, a!, b!),
    ...(range && { range }),
  }));

const ELEMENTWISE: readonly TfjsCase[] = [
  ...binary("add", g.add, (tf, a, b) => tf.add(a, b)),
  ...binary("sub", g.sub, (tf, a, b) => tf.sub(a, b)),
  ...binary("mul", g.mul, (tf, a, b) => tf.mul(a, b)),
  ...binary("div", g.div, (tf, a, b) => tf.div(a, b), POSITIVE),
  // tfjs's gradients of maximum and minimum do not sum over what was broadcast: b is tiled by hand.
  ...binary("maximum", g.maximum, (tf, a, b) => tf.maximum(a, tf.broadcastTo(b, a.shape))),
  ...binary("minimum", g.minimum, (tf, a, b) => tf.minimum(a, tf.broadcastTo(b, a.shape))),
  ...binary(
    "where greater",
    (a, b) => g.where(g.greater(a, b), g.mul(a, 2), g.neg(b as Tensor)),
    (tf, a, b) => tf.where(tf.greater(detached(tf, a), detached(tf, b)), tf.mul(a, 2), tf.neg(b)),
  ),
  ...binary(
    "where less",
    (a, b) => g.where(g.less(a, b), g.mul(a, b), 3),
    (tf, a, b) => tf.where(tf.less(detached(tf, a), detached(tf, b)), tf.mul(a, b), tf.scalar(3)),
  ),
  ...binary(
    "where equal",
    (a, b) => g.where(g.equal(g.sign(a as Tensor), g.sign(b as Tensor)), a, g.exp(b as Tensor)),
    (tf, a, b) => {
      const same = tf.equal(tf.sign(detached(tf, a)), tf.sign(detached(tf, b)));
      return tf.where(same, tf.add(a, tf.mul(b, 0)), tf.add(tf.exp(b), tf.mul(a, 0)));
    },
  ),
  unary(
    "a number minus x, divided by a number",
    (x) => g.div(g.sub(1, x), 3),
    (tf, x) => tf.div(tf.sub(1, x), 3),
  ),
  unary(
    "a number divided by x",
    (x) => g.div(2, x),
    (tf, x) => tf.div(2, x),
    POSITIVE,
  ),
  unary(
    "x used three times",
    (x) => g.mul(g.add(x, x), g.sin(x)),
    (tf, x) => tf.mul(tf.add(x, x), tf.sin(x)),
  ),
];

const FUNCTIONS: readonly TfjsCase[] = [
  unary("neg", g.neg, (tf, x) => tf.neg(x)),
  unary("exp", g.exp, (tf, x) => tf.exp(x)),
  unary("log", g.log, (tf, x) => tf.log(x), POSITIVE),
  unary("sqrt", g.sqrt, (tf, x) => tf.sqrt(x), POSITIVE),
  unary("square", g.square, (tf, x) => tf.square(x)),
  unary("reciprocal", g.reciprocal, (tf, x) => tf.reciprocal(x), POSITIVE),
  unary("abs", g.abs, (tf, x) => tf.abs(x)),
  unary("tanh", g.tanh, (tf, x) => tf.tanh(x)),
  unary("sigmoid", g.sigmoid, (tf, x) => tf.sigmoid(x)),
  unary("sigmoid far out", g.sigmoid, (tf, x) => tf.sigmoid(x), FAR),
  unary("relu", g.relu, (tf, x) => tf.relu(x)),
  unary("erf", g.erf, (tf, x) => tf.erf(x)),
  unary("gelu", g.gelu, (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))),
  unary("softplus", g.softplus, (tf, x) => tf.softplus(x)),
  unary("softplus far out", g.softplus, (tf, x) => tf.softplus(x), FAR),
  unary("sin", g.sin, (tf, x) => tf.sin(x)),
  unary("cos", g.cos, (tf, x) => tf.cos(x)),
  unary(
    "sign",
    (x) => g.mul(g.sign(x), x),
    (tf, x) => tf.mul(tf.sign(detached(tf, x)), x),
  ),
  unary(
    "clip",
    (x) => g.clip(x, -0.7, 1.1),
    (tf, x) => tf.clipByValue(x, -0.7, 1.1),
  ),
  unary(
    "stopGradient",
    (x) => g.mul(g.stopGradient(g.exp(x)), x),
    (tf, x) => tf.mul(detached(tf, tf.exp(x)), x),
  ),
];

const SHAPE_OPS: readonly TfjsCase[] = [
  {
    name: "gather",
    shapes: [[4, 3]],
    ours: ([x]) => g.gather(g.square(x!), integers(x!.graph, [2, 0, 2])),
    theirs: (tf, [x]) => tf.gather(tf.square(x!), tf.tensor1d([2, 0, 2], "int32")),
  },
  {
    name: "addRows",
    shapes: [
      [4, 3],
      [2, 3],
    ],
    ours: ([x, rows]) => g.square(g.addRows(x!, integers(x!.graph, [1, 1]), rows!)),
    theirs: (tf, [x, rows]) => {
      const both = tf.sum(rows!, 0, true);
      return tf.square(tf.add(x!, tf.concat([tf.zeros([1, 3]), both, tf.zeros([2, 3])], 0)));
    },
  },
  unary(
    "reshape",
    (x) => g.reshape(g.square(x), [2, 6]),
    (tf, x) => tf.reshape(tf.square(x), [2, 6]),
  ),
  {
    name: "transpose",
    shapes: [[2, 3, 4]],
    ours: ([x]) => g.transpose(g.square(x!), [2, 0, 1]),
    theirs: (tf, [x]) => tf.transpose(tf.square(x!), [2, 0, 1]),
  },
  {
    name: "slice",
    shapes: [[2, 5, 3]],
    ours: ([x]) => g.slice(g.square(x!), 1, 1, 4),
    theirs: (tf, [x]) => tf.slice(tf.square(x!), [0, 1, 0], [2, 3, 3]),
  },
  {
    name: "slices that overlap",
    shapes: [[7]],
    ours: ([x]) => g.mul(g.slice(x!, 0, 0, 4), g.slice(x!, -1, 2, 6)),
    theirs: (tf, [x]) => tf.mul(tf.slice(x!, [0], [4]), tf.slice(x!, [2], [4])),
  },
  {
    name: "slices with a gap between",
    shapes: [[9, 2]],
    ours: ([x]) => g.mul(g.slice(x!, 0, 0, 3), g.slice(x!, 0, 5, 8)),
    theirs: (tf, [x]) => tf.mul(tf.slice(x!, [0, 0], [3, 2]), tf.slice(x!, [5, 0], [3, 2])),
  },
  {
    name: "pad",
    shapes: MATRIX,
    ours: ([x]) => g.pad(g.square(x!), 1, 2, 1),
    theirs: (tf, [x]) =>
      tf.pad(tf.square(x!), [
        [0, 0],
        [2, 1],
      ]),
  },
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 1],
      [2, 4],
    ],
    ours: (xs) => g.concat(xs.map(g.square), 1),
    theirs: (tf, xs) =>
      tf.concat(
        xs.map((x) => tf.square(x)),
        1,
      ),
  },
  {
    name: "concat of twenty",
    shapes: Array.from({ length: 20 }, (_, i) => [1 + (i % 3), 2]),
    ours: (xs) => g.concat(xs.map(g.sin), 0),
    theirs: (tf, xs) =>
      tf.concat(
        xs.map((x) => tf.sin(x)),
        0,
      ),
  },
  {
    name: "expand",
    shapes: [[3, 1]],
    ours: ([x]) => g.square(g.expand(x!, [2, 3, 4])),
    theirs: (tf, [x]) => tf.square(tf.broadcastTo(tf.reshape(x!, [1, 3, 1]), [2, 3, 4])),
  },
];

type Reduction = (x: Tensor, axes: readonly number[], keepDims?: boolean) => Tensor;
type TfReduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const reductionCases = (name: string, reduce: Reduction, theirs: (tf: Tf) => TfReduction): TfjsCase[] => [
  {
    name: `${name} over the last axis`,
    shapes: [[2, 3, 4]],
    ours: ([x]) => reduce(g.square(x!), [-1]),
    theirs: (tf, [x]) => theirs(tf)(tf.square(x!), -1),
  },
  {
    name: `${name} over two axes, kept`,
    shapes: [[2, 3, 4]],
    ours: ([x]) => reduce(g.square(x!), [0, 2], true),
    theirs: (tf, [x]) => theirs(tf)(tf.square(x!), [0, 2], true),
  },
  {
    name: `${name} over all axes`,
    shapes: [[2, 3, 4]],
    ours: ([x]) => reduce(g.square(x!), [0, 1, 2]),
    theirs: (tf, [x]) => theirs(tf)(tf.square(x!)),
  },
];

const REDUCTIONS: readonly TfjsCase[] = [
  ...reductionCases("sum", g.sum, (tf) => tf.sum),
  ...reductionCases("mean", g.mean, (tf) => tf.mean),
  ...reductionCases("max", g.max, (tf) => tf.max),
  ...reductionCases("min", g.min, (tf) => tf.min),
];

const FLAGS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

const PRODUCTS: readonly TfjsCase[] = FLAGS.flatMap(([transposeA, transposeB]) => {
  const matrix = (leading: number[], rows: number, columns: number, flip: boolean): number[] =>
    flip ? [...leading, columns, rows] : [...leading, rows, columns];
  /** tfjs multiplies batches of equal leading sizes only, so both are tiled. */
  const product = (name: string, left: number[], right: number[], leading: number[]): TfjsCase => ({
    name: `matMul of ${name}, ${transposeA ? "transposed" : "plain"} by ${transposeB ? "transposed" : "plain"}`,
    shapes: [matrix(left, 3, 4, transposeA), matrix(right, 4, 5, transposeB)],
    ours: ([a, b]) => g.matMul(a!, b!, { transposeA, transposeB }),
    theirs: (tf, xs) => {
      const [a, b] = xs.map((x) => {
        const own = [...leading.map(() => 1), ...x.shape].slice(-leading.length - 2);
        return tf.broadcastTo(tf.reshape(x, own), [...leading, ...x.shape.slice(-2)]);
      });
      return tf.matMul(a!, b!, transposeA, transposeB);
    },
  });
  return [
    product("matrices", [], [], []),
    product("batches", [2, 3], [2, 3], [2, 3]),
    product("a batch and one matrix", [2, 3], [], [2, 3]),
    product("one matrix and a batch", [], [2, 3], [2, 3]),
    product("batches that broadcast", [2, 1], [3], [2, 3]),
  ];
});

const LAYERS: readonly TfjsCase[] = [
  {
    name: "dense with a bias",
    shapes: [[2, 3, 4], [4, 5], [5]],
    ours: ([x, w, b]) => g.dense(x!, w!, b!),
    theirs: (tf, [x, w, b]) => tf.reshape(tf.add(tf.matMul(tf.reshape(x!, [6, 4]), w!), b!), [2, 3, 5]),
  },
  {
    name: "dense without a bias",
    shapes: [
      [3, 4],
      [4, 5],
    ],
    ours: ([x, w]) => g.dense(x!, w!),
    theirs: (tf, [x, w]) => tf.matMul(x!, w!),
  },
  {
    name: "softmax over the last axis",
    shapes: [[2, 3, 4]],
    ours: ([x]) => g.softmax(x!),
    theirs: (tf, [x]) => tf.softmax(x!),
  },
  {
    name: "softmax over the first axis",
    shapes: [[3, 4]],
    ours: ([x]) => g.softmax(x!, 0),
    theirs: (tf, [x]) => tf.transpose(tf.softmax(tf.transpose(x!))),
  },
  {
    name: "layerNorm",
    shapes: [[2, 3, 8], [8], [8]],
    ours: ([x, gain, bias]) => g.layerNorm(x!, gain!, bias!, 1e-3),
    theirs: (tf, [x, gain, bias]) => {
      const { mean, variance } = tf.moments(x!, -1, true);
      const normal = tf.div(tf.sub(x!, mean), tf.sqrt(tf.add(variance, 1e-3)));
      return tf.add(tf.mul(normal, gain!), bias!);
    },
    absolute: 1e-5,
  },
];

export const TFJS_CASES: readonly TfjsCase[] = [
  ...ELEMENTWISE,
  ...FUNCTIONS,
  ...SHAPE_OPS,
  ...REDUCTIONS,
  ...PRODUCTS,
  ...LAYERS,
];
