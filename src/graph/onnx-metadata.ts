import { FormatError } from "../base/index.ts";
import { bytesOf, numberOf, readFields, textOf } from "./protobuf-reader.ts";

/** An input or output of a model, as its file declares it. */
export type OnnxValue = {
  readonly name: string;
  /** As in ONNX's TensorProto.DataType: 1 float32, 7 int64, 9 bool; 0 where the model does not say. */
  readonly elementType: number;
  /** Sizes; a name where the size is free, undefined where the model does not say. */
  readonly shape: readonly (number | string | undefined)[];
};

/** What an ONNX file says about itself. */
export type OnnxMetadata = {
  readonly irVersion: number;
  /** Version of the default operator set (ai.onnx). */
  readonly opset: number;
  readonly producer: string;
  /** `metadata_props`. */
  readonly properties: ReadonlyMap<string, string>;
  /** Inputs that must be fed: without those that an initializer gives a value. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
};

/** Numbers of the fields that are read (onnx.proto, IR version 3 and later). */
const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8, properties: 14 } as const;
const OPSET = { domain: 1, version: 2 } as const;
const PROPERTY = { key: 1, value: 2 } as const;
const GRAPH = { initializer: 5, input: 11, output: 12 } as const;
const TENSOR = { name: 8 } as const;
const VALUE = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
const SHAPE = { dim: 1 } as const;
const DIM = { value: 1, param: 2 } as const;

/**
 * Reads the metadata, inputs and outputs of an ONNX file without running it; ONNX Runtime's JavaScript
 * interface does not tell them. Weights are passed over, not copied.
 *
 * @param bytes a whole .onnx file
 * @throws FormatError for bytes that are no ONNX model, or only the beginning of one
 * Source: github.com/onnx/onnx, onnx/onnx.proto (ModelProto, GraphProto, ValueInfoProto)
 */
export function readOnnxMetadata(bytes: Uint8Array): OnnxMetadata {
  if (bytes.length === 0) throw new FormatError("not an ONNX model: the file is empty");
  try {
    return readModel(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`not an ONNX model, or only part of one: ${error.message}`, { cause: error });
  }
}

function readModel(bytes: Uint8Array): OnnxMetadata {
  let irVersion = 0;
  let opset = 0;
  let producer = "";
  let graph: ReturnType<typeof readGraph> | undefined;
  const properties = new Map<string, string>();
  for (const field of readFields(bytes, "ModelProto")) {
    switch (field.number) {
      case MODEL.irVersion:
        irVersion = numberOf(field, "ir_version");
        break;
      case MODEL.producer:
        producer = textOf(field, "producer_name");
        break;
      case MODEL.graph:
        graph = readGraph(bytesOf(field, "graph"));
        break;
      case MODEL.opset:
        opset = readOpset(bytesOf(field, "opset_import")) ?? opset;
        break;
      case MODEL.properties: {
        const { key, value } = readProperty(bytesOf(field, "metadata_props"));
        properties.set(key, value);
        break;
      }
    }
  }
  if (irVersion < 1) throw new FormatError("it has no ir_version");
  if (graph === undefined) throw new FormatError("it has no graph");
  if (opset < 1) throw new FormatError("it imports no operator set ai.onnx");
  return { irVersion, opset, producer, properties, ...graph };
}

/** The version, of the default domain only. */
function readOpset(bytes: Uint8Array): number | undefined {
  let domain = "";
  let version: number | undefined;
  for (const field of readFields(bytes, "opset_import")) {
    if (field.number === OPSET.domain) domain = textOf(field, "opset_import.domain");
    if (field.number === OPSET.version) version = numberOf(field, "opset_import.version");
  }
  return domain === "" || domain === "ai.onnx" ? version : undefined;
}

function readProperty(bytes: Uint8Array): { key: string; value: string } {
  let key = "";
  let value = "";
  for (const field of readFields(bytes, "metadata_props")) {
    if (field.number === PROPERTY.key) key = textOf(field, "metadata_props.key");
    if (field.number === PROPERTY.value) value = textOf(field, `metadata_props "${key}"`);
  }
  return { key, value };
}

function readGraph(bytes: Uint8Array): Pick<OnnxMetadata, "inputs" | "outputs"> {
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const given = new Set<string>();
  for (const field of readFields(bytes, "GraphProto")) {
    if (field.number === GRAPH.input) inputs.push(readValue(bytesOf(field, "graph.input")));
    if (field.number === GRAPH.output) outputs.push(readValue(bytesOf(field, "graph.output")));
    if (field.number !== GRAPH.initializer) continue;
    for (const part of readFields(bytesOf(field, "graph.initializer"), "TensorProto"))
      if (part.number === TENSOR.name) given.add(textOf(part, "graph.initializer.name"));
  }
  return { inputs: inputs.filter(({ name }) => !given.has(name)), outputs };
}

function readValue(bytes: Uint8Array): OnnxValue {
  let name = "";
  let elementType = 0;
  let shape: OnnxValue["shape"] = [];
  for (const field of readFields(bytes, "ValueInfoProto")) {
    if (field.number === VALUE.name) name = textOf(field, "ValueInfoProto.name");
    if (field.number !== VALUE.type) continue;
    for (const type of readFields(bytesOf(field, "ValueInfoProto.type"), "TypeProto")) {
      if (type.number !== TYPE.tensor) continue;
      for (const part of readFields(bytesOf(type, "TypeProto.tensor_type"), "TypeProto.Tensor")) {
        if (part.number === TENSOR_TYPE.elementType) elementType = numberOf(part, "elem_type");
        if (part.number === TENSOR_TYPE.shape) shape = readShape(bytesOf(part, "shape"));
      }
    }
  }
  return { name, elementType, shape };
}

function readShape(bytes: Uint8Array): (number | string | undefined)[] {
  const shape: (number | string | undefined)[] = [];
  for (const field of readFields(bytes, "TensorShapeProto")) {
    if (field.number !== SHAPE.dim) continue;
    let size: number | string | undefined;
    for (const part of readFields(bytesOf(field, "dim"), "TensorShapeProto.Dimension")) {
      if (part.number === DIM.value) size = numberOf(part, "dim_value");
      if (part.number === DIM.param) size = textOf(part, "dim_param");
    }
    shape.push(size);
  }
  return shape;
}
