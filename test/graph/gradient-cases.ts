import { integers } from "../../src/graph/graph.ts";
import {
  abs,
  add,
  addRows,
  clip,
  concat,
  cos,
  dense,
  div,
  exp,
  expand,
  gather,
  gelu,
  greater,
  layerNorm,
  less,
  log,
  matMul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  pad,
  reciprocal,
  relu,
  reshape,
  sigmoid,
  sin,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  where,
} from "../../src/graph/index.ts";

/** One function of some inputs, to be checked in value and gradient. */
export type OpCase = {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly build: (...inputs: Tensor[]) => Tensor;
  /** Inputs are drawn uniformly from here; [-2, 2] where absent. */
  readonly range?: readonly [number, number];
};

type Build = (...inputs: Tensor[]) => Tensor;

function unaryCase(name: string, build: (x: Tensor) => Tensor, range?: readonly [number, number]): OpCase {
  return { name, shapes: [[2, 5]], build: build as Build, ...(range && { range }) };
}

/** One operation with operands of equal shape, broadcast both ways, and with a number. */
function binaryCases(
  name: string,
  op: (a: Tensor | number, b: Tensor | number) => Tensor,
  range?: readonly [number, number],
): OpCase[] {
  const of = (what: string, shapes: number[][], build: Build): OpCase => ({
    name: `${name} ${what}`,
    shapes,
    build,
    ...(range && { range }),
  });
  return [
    of(
      "of equal shapes",
      [
        [2, 3],
        [2, 3],
      ],
      (a, b) => op(a!, b!),
    ),
    of("of a matrix and a row", [[2, 3], [3]], (a, b) => op(a!, b!)),
    of(
      "of a column and a row",
      [
        [2, 1],
        [1, 3],
      ],
      (a, b) => op(a!, b!),
    ),
    of("of a row and a stack", [[3], [2, 2, 3]], (a, b) => op(a!, b!)),
    of("of a scalar and a matrix", [[], [2, 3]], (a, b) => op(a!, b!)),
    of("with a number second", [[2, 3]], (a) => op(a!, 1.5)),
    of("with a number first", [[2, 3]], (a) => op(1.5, a!)),
    of("with itself", [[2, 3]], (a) => op(a!, a!)),
  ];
}

/** Every operation of the room, alone and in the combinations that networks use. */
export const GRADIENT_CASES: readonly OpCase[] = [
  ...binaryCases("add", add),
  ...binaryCases("sub", sub),
  ...binaryCases("mul", mul),
  ...binaryCases("div", div, [0.5, 2]),
  ...binaryCases("maximum", maximum).filter((c) => !c.name.endsWith("itself")),
  ...binaryCases("minimum", minimum).filter((c) => !c.name.endsWith("itself")),
  unaryCase("neg", neg),
  unaryCase("exp", exp),
  unaryCase("log", log, [0.3, 3]),
  unaryCase("sqrt", sqrt, [0.3, 3]),
  unaryCase("square", square),
  unaryCase("reciprocal", reciprocal, [0.5, 2]),
  unaryCase("abs", abs),
  unaryCase("tanh", tanh),
  unaryCase("sigmoid", sigmoid),
  unaryCase("relu", relu),
  unaryCase("gelu", gelu),
  unaryCase("softplus", softplus),
  unaryCase("sin", sin),
  unaryCase("cos", cos),
  unaryCase("clip", (x) => clip(x, -0.7, 1.1)),
  {
    name: "where with both branches",
    shapes: [[2, 3], [2, 3], [3]],
    build: (c, a, b) => where(greater(c!, 0), mul(a!, c!), b!),
  },
  {
    name: "where with a broadcast condition",
    shapes: [[3], [2, 3]],
    build: (c, a) => where(less(c!, 0.2), a!, 0),
  },
  { name: "reshape", shapes: [[2, 6]], build: (x) => square(reshape(x!, [3, 4])) },
  { name: "reshape to a scalar", shapes: [[1, 1]], build: (x) => exp(reshape(x!, [])) },
  { name: "transpose", shapes: [[2, 3, 4]], build: (x) => square(transpose(x!, [2, 0, 1])) },
  {
    name: "transpose twice",
    shapes: [[2, 3, 4]],
    build: (x) => square(transpose(square(transpose(x!, [1, 2, 0])), [1, 0, 2])),
  },
  {
    name: "slices of a concat, within a piece and across two",
    shapes: [
      [2, 3],
      [4, 3],
    ],
    build: (a, b) => {
      const joined = concat([square(a!), b!], 0);
      return mul(slice(joined, 0, 3, 5), slice(joined, 0, 1, 3));
    },
  },
  { name: "slice", shapes: [[3, 5]], build: (x) => square(slice(x!, 1, 1, 4)) },
  {
    name: "disjoint slices with a gap",
    shapes: [[7]],
    build: (x) => mul(slice(x!, 0, 0, 2), square(slice(x!, 0, 4, 6))),
  },
  {
    name: "slices that overlap",
    shapes: [[2, 6]],
    build: (x) => mul(mul(slice(x!, -1, 0, 4), slice(x!, -1, 2, 6)), slice(x!, -1, 1, 5)),
  },
  {
    name: "slices on two axes",
    shapes: [[4, 4]],
    build: (x) => matMul(slice(x!, 0, 1, 3), slice(x!, 1, 0, 2)),
  },
  { name: "a tensor and its slice", shapes: [[2, 4]], build: (x) => mul(x!, slice(x!, 1, 2, 3)) },
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    build: (a, b, c) => square(concat([a!, b!, c!, a!], 1)),
  },
  {
    name: "concat of many",
    shapes: [
      [1, 2],
      [1, 2],
    ],
    build: (a, b) =>
      square(
        concat(
          Array.from({ length: 19 }, (_, i) => mul(i % 3 ? a! : b!, i + 1)),
          0,
        ),
      ),
  },
  { name: "expand", shapes: [[2, 1]], build: (x) => exp(expand(x!, [3, 2, 4])) },
  {
    name: "expand of a scalar",
    shapes: [[]],
    build: (x) => mul(expand(x!, [2, 2]), expand(exp(x!), [3, 2, 2])),
  },
  {
    name: "gather with rows named twice and not at all",
    shapes: [[4, 3]],
    build: (x) => exp(gather(x!, reshape(integers(x!.graph, [2, 0, 2, 3]), [2, 2]))),
  },
  {
    name: "addRows",
    shapes: [
      [4, 2],
      [3, 2],
    ],
    build: (table, rows) => square(addRows(table!, integers(table!.graph, [1, 3, 1]), rows!)),
  },
  { name: "pad", shapes: [[2, 3]], build: (x) => exp(pad(x!, 1, 2, 1)) },
  ...(
    [
      ["sum", sum],
      ["mean", mean],
      ["max", max],
      ["min", min],
    ] as const
  ).flatMap(([name, op]): OpCase[] => [
    { name: `${name} over one axis`, shapes: [[2, 3, 4]], build: (x) => square(op(x!, [1])) },
    {
      name: `${name} over several axes, kept`,
      shapes: [[2, 3, 4]],
      build: (x) => mul(x!, op(x!, [0, -1], true)),
    },
    { name: `${name} over all axes`, shapes: [[2, 3]], build: (x) => square(op(x!, [0, 1])) },
    { name: `${name} over an axis of size 1`, shapes: [[2, 1, 3]], build: (x) => square(op(x!, [1])) },
  ]),
  {
    name: "matMul of matrices",
    shapes: [
      [2, 3],
      [3, 4],
    ],
    build: (a, b) => matMul(a!, b!),
  },
  {
    name: "matMul, first transposed",
    shapes: [
      [3, 2],
      [3, 4],
    ],
    build: (a, b) => matMul(a!, b!, { transposeA: true }),
  },
  {
    name: "matMul, second transposed",
    shapes: [
      [2, 3],
      [4, 3],
    ],
    build: (a, b) => matMul(a!, b!, { transposeB: true }),
  },
  {
    name: "matMul, both transposed",
    shapes: [
      [3, 2],
      [4, 3],
    ],
    build: (a, b) => matMul(a!, b!, { transposeA: true, transposeB: true }),
  },
  {
    name: "matMul of stacks",
    shapes: [
      [2, 2, 2, 3],
      [2, 2, 3, 2],
    ],
    build: (a, b) => matMul(a!, b!),
  },
  {
    name: "matMul of stacks, first transposed",
    shapes: [
      [2, 3, 2],
      [2, 3, 4],
    ],
    build: (a, b) => matMul(a!, b!, { transposeA: true }),
  },
  {
    name: "matMul of stacks, second transposed",
    shapes: [
      [2, 2, 3],
      [2, 4, 3],
    ],
    build: (a, b) => matMul(a!, b!, { transposeB: true }),
  },
  {
    name: "matMul of stacks, both transposed",
    shapes: [
      [2, 3, 2],
      [2, 4, 3],
    ],
    build: (a, b) => matMul(a!, b!, { transposeA: true, transposeB: true }),
  },
  {
    name: "matMul of broadcast stacks",
    shapes: [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
    build: (a, b) => matMul(a!, b!),
  },
  {
    name: "matMul of a stack and a matrix",
    shapes: [
      [2, 2, 3],
      [3, 4],
    ],
    build: (a, b) => matMul(a!, b!),
  },
  {
    name: "matMul of a stack and a transposed matrix",
    shapes: [
      [2, 2, 3],
      [4, 3],
    ],
    build: (a, b) => matMul(a!, b!, { transposeB: true }),
  },
  {
    name: "matMul of a matrix and a stack",
    shapes: [
      [2, 3],
      [2, 3, 2],
    ],
    build: (a, b) => matMul(a!, b!),
  },
  { name: "matMul with itself", shapes: [[2, 3]], build: (a) => matMul(a!, a!, { transposeB: true }) },
  { name: "dense on rows", shapes: [[4, 3], [3, 2], [2]], build: (x, w, b) => dense(x!, w!, b!) },
  { name: "dense on a stack", shapes: [[2, 2, 3], [3, 2], [2]], build: (x, w, b) => dense(x!, w!, b!) },
  { name: "dense on a vector", shapes: [[3], [3, 2], [2]], build: (x, w, b) => dense(x!, w!, b!) },
  {
    name: "dense without bias",
    shapes: [
      [2, 2, 3],
      [3, 2],
    ],
    build: (x, w) => dense(x!, w!),
  },
  { name: "softmax", shapes: [[2, 4]], build: (x) => softmax(x!) },
  { name: "softmax over the first axis", shapes: [[3, 2]], build: (x) => softmax(x!, 0) },
  { name: "layerNorm", shapes: [[2, 2, 5], [5], [5]], build: (x, gain, bias) => layerNorm(x!, gain!, bias!) },
  {
    name: "layerNorm with a large epsilon",
    shapes: [[3, 4], [4], [4]],
    build: (x, gain, bias) => layerNorm(x!, gain!, bias!, 0.5),
  },
  {
    name: "an attention head",
    shapes: [
      [1, 2, 3, 2],
      [1, 2, 3, 2],
      [1, 2, 3, 2],
    ],
    build: (q, k, v) => matMul(softmax(matMul(q!, k!, { transposeB: true })), v!),
  },
  {
    name: "a block of a network",
    shapes: [[2, 3, 4], [4], [4], [4, 5], [5]],
    build: (x, gain, bias, w, b) => gelu(dense(layerNorm(x!, gain!, bias!), w!, b!)),
  },
];
