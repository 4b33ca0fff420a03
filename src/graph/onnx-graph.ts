import {
  FormatError,
  type ProtobufMessage,
  protobufNumber,
  protobufText,
  readFields,
  readMessage,
} from "../base/index.ts";
import type { Attribute, ConstantData } from "./graph.ts";
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
const ATTRIBUTE = { name: 1, float: 2, int: 3, text: 4, ints: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, text: 3, ints: 7 } as const;
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
  const graph = readMessage(bytes, "ModelProto").message(MODEL.graph, "graph", "GraphProto");
  return {
    nodes: (graph?.messages(GRAPH.node, "graph.node", "NodeProto") ?? []).map(readNode),
    tensors: (graph?.messages(GRAPH.initializer, "graph.initializer", "TensorProto") ?? []).map(readTensor),
  };
}

function readNode(node: ProtobufMessage): OnnxNode {
  const domain = node.text(NODE.domain, "NodeProto.domain") ?? "";
  if (domain !== "" && domain !== "ai.onnx")
    throw new FormatError(`a node is of the operator set ${domain}, expected ai.onnx`);
  const texts = (field: number, where: string): string[] =>
    node.all(field).map((one) => protobufText(one, where));
  return {
    op: node.text(NODE.op, "NodeProto.op_type") ?? "",
    inputs: texts(NODE.input, "NodeProto.input"),
    outputs: texts(NODE.output, "NodeProto.output"),
    attributes: Object.fromEntries(
      node.messages(NODE.attribute, "NodeProto.attribute", "AttributeProto").map(readAttribute),
    ),
  };
}

function readAttribute(attribute: ProtobufMessage): [name: string, value: Attribute] {
  const name = attribute.text(ATTRIBUTE.name, "AttributeProto.name") ?? "";
  const type = attribute.number(ATTRIBUTE.type, "AttributeProto.type");
  if (type === ATTRIBUTE_TYPE.float)
    return [name, { float: floatOf(attribute.bytes(ATTRIBUTE.float, "AttributeProto.f")) }];
  if (type === ATTRIBUTE_TYPE.int)
    return [name, { int: attribute.number(ATTRIBUTE.int, "AttributeProto.i") ?? 0 }];
  if (type === ATTRIBUTE_TYPE.text)
    return [name, { text: attribute.text(ATTRIBUTE.text, "AttributeProto.s") ?? "" }];
  if (type === ATTRIBUTE_TYPE.ints)
    return [name, { ints: integersOf(attribute, ATTRIBUTE.ints, "AttributeProto.ints") }];
  throw new FormatError(
    `attribute ${name} is of type ${type ?? 0}, expected 1 (float), 2 (int), 3 (text) or 7 (ints)`,
  );
}

function readTensor(tensor: ProtobufMessage): OnnxTensor {
  const name = tensor.text(TENSOR.name, "TensorProto.name") ?? "";
  const type = tensor.number(TENSOR.type, "TensorProto.data_type") ?? 0;
  const shape = integersOf(tensor, TENSOR.dim, "TensorProto.dims");
  const raw = new Uint8Array(tensor.bytes(TENSOR.raw, "TensorProto.raw_data") ?? []); // a copy, and so aligned
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

/** Repeated integers: one per field, or packed into one. */
function integersOf(message: ProtobufMessage, number: number, where: string): number[] {
  return message.all(number).flatMap((field) => {
    if (field.kind === "value") return [field.value];
    // Packed numbers are the values of a message without tags: give each the tag of field 1.
    const out: number[] = [];
    let start = 0;
    field.bytes.forEach((byte, i) => {
      if (byte >= 0x80) return;
      const tagged = Uint8Array.of(8, ...field.bytes.subarray(start, i + 1));
      for (const value of readFields(tagged, where)) out.push(protobufNumber(value, where));
      start = i + 1;
    });
    return out;
  });
}

/** A float32 of fixed width; 0 where there is none. */
function floatOf(bytes: Uint8Array = new Uint8Array(4)): number {
  if (bytes.length !== 4) throw new FormatError(`AttributeProto.f has ${bytes.length} bytes, expected 4`);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
}
