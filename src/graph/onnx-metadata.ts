import { FormatError, type ProtobufMessage, readMessage } from "../base/index.ts";

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
  const model = readMessage(bytes, "ModelProto");
  const irVersion = model.number(MODEL.irVersion, "ir_version") ?? 0;
  const producer = model.text(MODEL.producer, "producer_name") ?? "";
  const graph = model.message(MODEL.graph, "graph", "GraphProto");
  // The version of the default domain alone.
  const opset = model
    .messages(MODEL.opset, "opset_import", "opset_import")
    .findLast((set) => ["", "ai.onnx"].includes(set.text(OPSET.domain, "opset_import.domain") ?? ""))
    ?.number(OPSET.version, "opset_import.version");
  const properties = model
    .messages(MODEL.properties, "metadata_props", "metadata_props")
    .map((property): [string, string] => {
      const key = property.text(PROPERTY.key, "metadata_props.key") ?? "";
      return [key, property.text(PROPERTY.value, `metadata_props "${key}"`) ?? ""];
    });
  if (irVersion < 1) throw new FormatError("it has no ir_version");
  if (graph === undefined) throw new FormatError("it has no graph");
  if (opset === undefined || opset < 1) throw new FormatError("it imports no operator set ai.onnx");
  return { irVersion, opset, producer, properties: new Map(properties), ...readPorts(graph) };
}

function readPorts(graph: ProtobufMessage): Pick<OnnxMetadata, "inputs" | "outputs"> {
  const given = new Set(
    graph
      .messages(GRAPH.initializer, "graph.initializer", "TensorProto")
      .map((tensor) => tensor.text(TENSOR.name, "graph.initializer.name")),
  );
  const inputs = graph.messages(GRAPH.input, "graph.input", "ValueInfoProto").map(readValue);
  const outputs = graph.messages(GRAPH.output, "graph.output", "ValueInfoProto").map(readValue);
  return { inputs: inputs.filter(({ name }) => !given.has(name)), outputs };
}

function readValue(value: ProtobufMessage): OnnxValue {
  const type = value
    .message(VALUE.type, "ValueInfoProto.type", "TypeProto")
    ?.message(TYPE.tensor, "TypeProto.tensor_type", "TypeProto.Tensor");
  const dims = type
    ?.message(TENSOR_TYPE.shape, "shape", "TensorShapeProto")
    ?.messages(SHAPE.dim, "dim", "TensorShapeProto.Dimension");
  return {
    name: value.text(VALUE.name, "ValueInfoProto.name") ?? "",
    elementType: type?.number(TENSOR_TYPE.elementType, "elem_type") ?? 0,
    shape: (dims ?? []).map((dim) => dim.text(DIM.param, "dim_param") ?? dim.number(DIM.value, "dim_value")),
  };
}
