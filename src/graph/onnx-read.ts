import { FormatError, MpcError } from "../base/index.ts";
import {
  constant,
  createGraph,
  type DType,
  type Graph,
  input,
  integers,
  scalar,
  type Tensor,
} from "./graph.ts";
import { ONNX_BUILDERS } from "./onnx-builders.ts";
import { type OnnxNode, type OnnxTensor, readOnnxGraph } from "./onnx-graph.ts";
import { type OnnxValue, readOnnxMetadata } from "./onnx-metadata.ts";

/** A model as a graph of this room. */
export type OnnxModel = { readonly graph: Graph; readonly outputs: Record<string, Tensor> };

const DTYPES: Readonly<Record<number, DType>> = { 1: "float32", 7: "int64", 9: "bool" };

/**
 * Reads a model that `writeOnnx` wrote, or one that keeps to the same operations, back into a graph: to
 * differentiate it, or to run it with something other than ONNX Runtime. Shapes are worked out again and
 * checked.
 *
 * @throws FormatError for bytes that are no ONNX model, an operation this room does not have, or nodes
 *   that do not fit together
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const { inputs, outputs } = readOnnxMetadata(bytes);
  const { nodes, tensors } = readOnnxGraph(bytes);
  try {
    const graph = createGraph();
    const values = new Map<string, Tensor>();
    for (const value of inputs) values.set(value.name, readInput(graph, value));
    for (const tensor of tensors) values.set(tensor.name, readConstant(graph, tensor));
    for (const node of nodes) readNode(node, values);
    return {
      graph,
      outputs: Object.fromEntries(
        outputs.map(({ name }) => [name, lookUp(values, name, "the model's outputs")]),
      ),
    };
  } catch (error) {
    if (!(error instanceof MpcError) || error instanceof FormatError) throw error;
    throw new FormatError(`the model's nodes do not fit together: ${error.message}`, { cause: error });
  }
}

function readInput(graph: Graph, { name, elementType, shape }: OnnxValue): Tensor {
  const dtype = DTYPES[elementType];
  if (dtype === undefined)
    throw new FormatError(
      `input ${name} is of type ${elementType}, expected 1 (float32), 7 (int64) or 9 (bool)`,
    );
  const sizes = shape.map((size) => {
    if (typeof size === "number") return size;
    throw new FormatError(`input ${name} has the open size ${size ?? "?"}, expected static shapes`);
  });
  return input(graph, name, sizes, dtype);
}

/** Integers are shapes, axes and bounds: vectors. A named constant keeps its name. */
function readConstant(graph: Graph, { name, shape, data }: OnnxTensor): Tensor {
  if (data instanceof Float32Array && shape.length === 0 && !isName(name)) return scalar(graph, data[0]);
  if (data instanceof Float32Array) return constant(graph, data, shape, isName(name) ? name : undefined);
  if (data instanceof BigInt64Array && shape.length === 1) return integers(graph, Array.from(data, Number));
  throw new FormatError(
    `weight ${name} of shape (${shape.join(", ")}) is neither float32 nor an int64 vector`,
  );
}

/** Whether a name was given by someone; the writer's own begin with an underscore. */
function isName(name: string): boolean {
  return /^[A-Za-z]/.test(name);
}

function readNode({ op, inputs, outputs, attributes }: OnnxNode, values: Map<string, Tensor>): void {
  const build = Object.hasOwn(ONNX_BUILDERS, op) ? ONNX_BUILDERS[op] : undefined;
  if (build === undefined)
    throw new FormatError(`the model has operation ${op}, expected ${Object.keys(ONNX_BUILDERS).join(", ")}`);
  const read = inputs.map((name) => lookUp(values, name, op));
  let built: Tensor | readonly Tensor[];
  try {
    built = build(read, { attributes });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause; // of an input that is not there
    throw new FormatError(`${op} has ${inputs.length} inputs, needs more`, { cause });
  }
  const results: readonly Tensor[] = Array.isArray(built) ? built : [built];
  outputs.forEach((name, i) => {
    if (name !== "" && results[i] !== undefined) values.set(name, results[i]);
  });
}

function lookUp(values: ReadonlyMap<string, Tensor>, name: string, reader: string): Tensor {
  const value = values.get(name);
  if (value === undefined)
    throw new FormatError(`tensor ${name}, read by ${reader}, is computed nowhere before`);
  return value;
}
