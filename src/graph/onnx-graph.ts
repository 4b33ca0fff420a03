import { FormatError } from "../base/index.ts";
import type { Attribute, ConstantData } from "./graph.ts";
import { bytesOf, numberOf, type ProtobufField, readFields, textOf } from "./protobuf-reader.ts";
import { sizeOf } from "./shapes.ts";

/** A node as its file has it: tensors by name, "" for one that is left out. */
export type OnnxNode = {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
};

/** An initializer: a tensor with its numbers. */
export type OnnxTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ConstantData;
};

/** Numbers of the fields that are read (onnx.proto, IR version 3 and later). */
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5 } as const;
const NODE = { input: 1, output: 2, op: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, float: 2, int: 3, ints: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;
const TENSOR = { dim: 1, type: 2, name: 8, raw: 9 } as const;

/** Array types by TensorProto.DataType. */
const ARRAYS = { 1: Float32Array, 7: BigInt64Array, 9: Uint8Array } as const;

/**
 * Reads the nodes and the weights of an ONNX model.
 *
 * @throws FormatError for bytes that are no ONNX model, an operation outside of ai.onnx, or a weight or an
 *   attribute of a type that this room does not use
 */
export function readOnnxGraph(bytes: Uint8Array): { nodes: OnnxNode[]; tensors: OnnxTensor[] } {
  const nodes: OnnxNode[] = [];
  const tensors: OnnxTensor[] = [];
  for (const field of readFields(bytes, "ModelProto")) {
    if (field.number !== MODEL.graph) continue;
    for (const part of readFields(bytesOf(field, "graph"), "GraphProto")) {
      if (part.number === GRAPH.node) nodes.push(readNode(bytesOf(part, "graph.node")));
      if (part.number === GRAPH.initializer) tensors.push(readTensor(bytesOf(part, "graph.initializer")));
    }
  }
  return { nodes, tensors };
}

function readNode(bytes: Uint8Array): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, Attribute> = {};
  let op = "";
  for (const field of readFields(bytes, "NodeProto")) {
    if (field.number === NODE.input) inputs.push(textOf(field, "NodeProto.input"));
    if (field.number === NODE.output) outputs.push(textOf(field, "NodeProto.output"));
    if (field.number === NODE.op) op = textOf(field, "NodeProto.op_type");
    if (field.number === NODE.attribute) {
      const { name, value } = readAttribute(bytesOf(field, "NodeProto.attribute"));
      attributes[name] = value;
    }
    if (field.number !== NODE.domain) continue;
    const domain = textOf(field, "NodeProto.domain");
    if (domain !== "" && domain !== "ai.onnx")
      throw new FormatError(`a node is of the operator set ${domain}, expected ai.onnx`);
  }
  return { op, inputs, outputs, attributes };
}

function readAttribute(bytes: Uint8Array): { name: string; value: Attribute } {
  let name = "";
  let type = 0;
  let float = 0;
  let int = 0;
  const ints: number[] = [];
  for (const field of readFields(bytes, "AttributeProto")) {
    if (field.number === ATTRIBUTE.name) name = textOf(field, "AttributeProto.name");
    if (field.number === ATTRIBUTE.type) type = numberOf(field, "AttributeProto.type");
    if (field.number === ATTRIBUTE.float) float = floatOf(field);
    if (field.number === ATTRIBUTE.int) int = numberOf(field, "AttributeProto.i");
    if (field.number === ATTRIBUTE.ints) ints.push(...integersOf(field, "AttributeProto.ints"));
  }
  if (type === ATTRIBUTE_TYPE.float) return { name, value: { float } };
  if (type === ATTRIBUTE_TYPE.int) return { name, value: { int } };
  if (type === ATTRIBUTE_TYPE.ints) return { name, value: { ints } };
  throw new FormatError(`attribute ${name} is of type ${type}, expected 1 (float), 2 (int) or 7 (ints)`);
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  let name = "";
  let type = 0;
  let raw = new Uint8Array();
  const shape: number[] = [];
  for (const field of readFields(bytes, "TensorProto")) {
    if (field.number === TENSOR.dim) shape.push(...integersOf(field, "TensorProto.dims"));
    if (field.number === TENSOR.type) type = numberOf(field, "TensorProto.data_type");
    if (field.number === TENSOR.name) name = textOf(field, "TensorProto.name");
    if (field.number === TENSOR.raw) raw = bytesOf(field, "TensorProto.raw_data").slice(); // and so aligned
  }
  const make = type in ARRAYS ? ARRAYS[type as keyof typeof ARRAYS] : undefined;
  if (make === undefined)
    throw new FormatError(`weight ${name} is of type ${type}, expected 1 (float32), 7 (int64) or 9 (bool)`);
  const expected = sizeOf(shape) * make.BYTES_PER_ELEMENT;
  if (raw.length !== expected)
    throw new FormatError(
      `weight ${name} of shape (${shape.join(", ")}) has ${raw.length} raw bytes, expected ${expected}`,
    );
  return { name, shape, data: new make(raw.buffer) };
}

/** A repeated integer: one per field, or packed into one. */
function integersOf(field: ProtobufField, where: string): number[] {
  if (field.kind === "value") return [field.value];
  // Packed numbers are the values of a message without tags: give each the tag of field 1.
  const out: number[] = [];
  let start = 0;
  field.bytes.forEach((byte, i) => {
    if (byte >= 0x80) return;
    const tagged = Uint8Array.of(8, ...field.bytes.subarray(start, i + 1));
    for (const value of readFields(tagged, where)) out.push(numberOf(value, where));
    start = i + 1;
  });
  return out;
}

/** A float32 of fixed width. */
function floatOf(field: ProtobufField): number {
  const bytes = bytesOf(field, "AttributeProto.f");
  if (bytes.length !== 4) throw new FormatError(`AttributeProto.f has ${bytes.length} bytes, expected 4`);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
}
