import { ConfigError, ShapeError } from "../base/index.ts";
import { checkShape, shapeText, sizeOf } from "./shapes.ts";

/** Element types: numbers, shapes and indices, and the results of comparisons. */
export type DType = "float32" | "int64" | "bool";

/** A value of a graph: a name, a static shape, and the graph it belongs to; it holds no numbers. */
export type Tensor = {
  readonly graph: Graph;
  readonly name: string;
  /** Sizes, every one at least 1; `[]` is a scalar. */
  readonly shape: readonly number[];
  readonly dtype: DType;
};

/** An ONNX attribute: an integer, integers, a float, or a text. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

/** One operation, named and shaped as in ai.onnx opset 17. */
export type Node = {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Readonly<Record<string, Attribute>>;
};

export type ConstantData = Float32Array | BigInt64Array | Uint8Array;

/** A tensor whose numbers are part of the graph. */
export type Constant = { readonly tensor: Tensor; readonly data: ConstantData };

/**
 * A static-shape tensor program. Nodes stand in an order in which they can be run: what a node
 * reads is an input, a constant, or an output of a node before it. Build one with the functions of
 * this room; the fields are for those who read it (writers, executors).
 */
export type Graph = {
  readonly inputs: Tensor[];
  /** By tensor name. */
  readonly constants: Map<string, Constant>;
  readonly nodes: Node[];
  /** The node that computes a tensor, by tensor name. */
  readonly producers: Map<string, Node>;
  /** Outputs of nodes by what they compute, so that the same expression is computed once. */
  readonly expressions: Map<string, readonly Tensor[]>;
  /** Inputs and named constants: their names are taken. */
  readonly names: Set<string>;
};

/** An empty graph. */
export function createGraph(): Graph {
  return {
    inputs: [],
    constants: new Map(),
    nodes: [],
    producers: new Map(),
    expressions: new Map(),
    names: new Set(),
  };
}

/**
 * Declares an input, fed at every run.
 *
 * @param name starts with a letter; letters, digits, `_ . / -`; unique within the graph
 * @throws ConfigError for a name that is taken or not legal; ShapeError for an illegal shape
 */
export function input(g: Graph, name: string, shape: readonly number[], dtype: DType = "float32"): Tensor {
  checkShape(`input ${name}`, shape);
  claimName(g, name, "input");
  const tensor: Tensor = { graph: g, name, shape: [...shape], dtype };
  g.inputs.push(tensor);
  return tensor;
}

/**
 * A float32 tensor with fixed numbers; they are copied.
 *
 * @param data row-major, as many numbers as `shape` has elements
 * @param name optional; a named constant can be found in the written model
 * @throws ShapeError where the length does not fit the shape
 */
export function constant(g: Graph, data: ArrayLike<number>, shape: readonly number[], name?: string): Tensor {
  const what = name === undefined ? "constant" : `constant ${name}`;
  checkShape(what, shape);
  if (data.length !== sizeOf(shape))
    throw new ShapeError(
      `${what} has ${data.length} numbers, expected ${sizeOf(shape)} for shape ${shapeText(shape)}`,
    );
  if (name !== undefined) claimName(g, name, "constant");
  return addConstant(g, Float32Array.from(data), shape, "float32", name);
}

/** A float32 scalar, shape `[]`; equal values share one tensor. */
export function scalar(g: Graph, value: number): Tensor {
  const rounded = Math.fround(value);
  const key = `scalar ${Object.is(rounded, -0) ? "-0" : rounded}`;
  return shared(g, key, () => addConstant(g, Float32Array.of(rounded), [], "float32"));
}

/** A float32 tensor of one repeated value; equal ones share one tensor. */
export function filled(g: Graph, value: number, shape: readonly number[]): Tensor {
  if (shape.length === 0) return scalar(g, value);
  checkShape("filled", shape);
  return shared(g, `filled ${Math.fround(value)} ${shape}`, () =>
    addConstant(g, new Float32Array(sizeOf(shape)).fill(value), shape, "float32"),
  );
}

/** An int64 vector (shapes, axes, bounds of slices); equal ones share one tensor. */
export function integers(g: Graph, values: readonly number[]): Tensor {
  return shared(g, `integers ${values}`, () =>
    addConstant(g, BigInt64Array.from(values, BigInt), [values.length], "int64"),
  );
}

/** An integer attribute. */
export function intOf({ attributes }: Pick<Node, "attributes">, name: string, otherwise: number): number {
  const value = attributes[name];
  return value && "int" in value ? value.int : otherwise;
}

/** A float attribute. */
export function floatOf({ attributes }: Pick<Node, "attributes">, name: string, otherwise: number): number {
  const value = attributes[name];
  return value && "float" in value ? value.float : otherwise;
}

/** An attribute that is a list of integers. */
export function intsOf(
  { attributes }: Pick<Node, "attributes">,
  name: string,
): readonly number[] | undefined {
  const value = attributes[name];
  return value && "ints" in value ? value.ints : undefined;
}

/** What a new node's output looks like. */
export type OutputType = { readonly shape: readonly number[]; readonly dtype?: DType };

/**
 * Appends a node with one output, or returns the tensor of the same node where there is one.
 * Shapes are the caller's business: only functions of this room call it.
 */
export function addNode(
  op: string,
  inputs: readonly [Tensor, ...Tensor[]],
  output: OutputType,
  attributes: Node["attributes"] = {},
): Tensor {
  return addNodeWithOutputs(op, inputs, [output], attributes)[0];
}

/** As {@link addNode}, for operations of several outputs. */
export function addNodeWithOutputs(
  op: string,
  inputs: readonly [Tensor, ...Tensor[]],
  outputs: readonly OutputType[],
  attributes: Node["attributes"] = {},
): readonly Tensor[] {
  const g = inputs[0].graph;
  for (const x of inputs)
    if (x.graph !== g) throw new ConfigError(`${op}: tensor ${x.name} belongs to another graph`);
  const key = `${op}(${inputs.map((x) => x.name)})${JSON.stringify(attributes)}`;
  const known = g.expressions.get(key);
  if (known) return known;
  const tensors = outputs.map(
    ({ shape, dtype = "float32" }, i): Tensor => ({
      graph: g,
      name: outputs.length === 1 ? `_${g.nodes.length}` : `_${g.nodes.length}_${i}`,
      shape,
      dtype,
    }),
  );
  const node: Node = { op, inputs: [...inputs], outputs: tensors, attributes };
  g.nodes.push(node);
  for (const t of tensors) g.producers.set(t.name, node);
  g.expressions.set(key, tensors);
  return tensors;
}

/** The node that computes `x`, undefined for inputs and constants. */
export function producerOf(x: Tensor): Node | undefined {
  return x.graph.producers.get(x.name);
}

/** The numbers of `x` where it is a constant. */
export function constantData(x: Tensor): ConstantData | undefined {
  return x.graph.constants.get(x.name)?.data;
}

/** The integers of a constant int64 tensor, such as the axes of a reduction. */
export function constantIntegers(x: Tensor): number[] {
  const data = constantData(x);
  if (!(data instanceof BigInt64Array)) throw new ConfigError(`tensor ${x.name} is not an int64 constant`);
  return Array.from(data, Number);
}

function addConstant(
  g: Graph,
  data: ConstantData,
  shape: readonly number[],
  dtype: DType,
  name = `_c${g.constants.size}`,
): Tensor {
  const tensor: Tensor = { graph: g, name, shape: [...shape], dtype };
  g.constants.set(name, { tensor, data });
  return tensor;
}

function shared(g: Graph, key: string, create: () => Tensor): Tensor {
  const known = g.expressions.get(key);
  if (known) return known[0];
  const tensor = create();
  g.expressions.set(key, [tensor]);
  return tensor;
}

function claimName(g: Graph, name: string, what: string): void {
  checkName(what, name);
  if (g.names.has(name))
    throw new ConfigError(
      `${what} name ${JSON.stringify(name)} is taken; names in this graph: ${[...g.names].join(", ")}`,
    );
  g.names.add(name);
}

/** @throws ConfigError unless the name starts with a letter and has only letters, digits and _ . / - */
export function checkName(what: string, name: string): void {
  if (!/^[A-Za-z][\w./-]*$/.test(name))
    throw new ConfigError(
      `${what} name ${JSON.stringify(name)} is not legal, expected a letter, then letters, digits or _ . / -`,
    );
}
