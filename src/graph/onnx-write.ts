import { ConfigError } from "../base/index.ts";
import {
  type Attribute,
  type Constant,
  checkName,
  type DType,
  type Graph,
  type Node,
  type Tensor,
} from "./graph.ts";
import { createMessage, type Message } from "./onnx-proto.ts";
import { prune } from "./prune.ts";

/** The operator set of every model written; its operations are all of ai.onnx. */
export const ONNX_OPSET = 17;

/** The file format's version that came with opset 17. */
const IR_VERSION = 8;

const DATA_TYPES: Readonly<Record<DType, number>> = { float32: 1, int64: 7, bool: 9 };

/** AttributeProto.type */
const FLOAT = 1;
const INT = 2;
const TEXT = 3;
const INTS = 7;

export type WriteOnnxOptions = {
  /** Texts stored in the model (metadata_props), by key. */
  readonly metadata?: Readonly<Record<string, string>>;
};

/**
 * Writes the part of a graph that computes `outputs` as an ONNX model: opset 17, only ai.onnx, float32
 * weights inside. Nodes and inputs that the outputs do not need are left out. The same graph and
 * outputs give the same bytes.
 *
 * @param outputs tensors of g by the name they get in the model; order is kept
 * @throws ConfigError for no output, an illegal or taken name, or a tensor of another graph
 */
export function writeOnnx(
  g: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  options: WriteOnnxOptions = {},
): Uint8Array {
  const { names, copies } = nameOutputs(g, outputs);
  const nameOf = (t: Tensor): string => names.get(t.name) ?? t.name;
  const needed = prune(g, Object.values(outputs));

  const graph = createMessage();
  for (const node of needed.nodes) graph.message(1, nodeMessage(node, nameOf, needed.read));
  for (const [name, t] of copies)
    graph.message(1, createMessage().text(1, nameOf(t)).text(2, name).text(4, "Identity"));
  graph.text(2, "mnemosyne");
  for (const { tensor, data } of g.constants.values())
    if (needed.read.has(tensor.name)) graph.message(5, tensorMessage(tensor, data));
  for (const t of needed.inputs) graph.message(11, valueMessage(t.name, t));
  for (const [name, t] of Object.entries(outputs)) graph.message(12, valueMessage(name, t));

  const model = createMessage()
    .int(1, IR_VERSION)
    .text(2, "mnemosyne-mpc")
    .message(7, graph)
    .message(8, createMessage().text(1, "").int(2, ONNX_OPSET));
  for (const [key, value] of Object.entries(options.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    model.message(14, createMessage().text(1, key).text(2, value));
  return model.finish();
}

/**
 * A computed tensor takes its output's name. An input, a constant or a tensor that is an output
 * already keeps its own and is copied.
 */
function nameOutputs(
  g: Graph,
  outputs: Readonly<Record<string, Tensor>>,
): { names: Map<string, string>; copies: [string, Tensor][] } {
  const names = new Map<string, string>();
  const copies: [string, Tensor][] = [];
  if (Object.keys(outputs).length === 0)
    throw new ConfigError("writeOnnx: no outputs, expected at least one");
  for (const [name, t] of Object.entries(outputs)) {
    checkName("output", name);
    if (t.graph !== g) throw new ConfigError(`writeOnnx: output ${name} belongs to another graph`);
    if (g.names.has(name))
      throw new ConfigError(
        `writeOnnx: output ${name} has the name of an input or constant; taken: ${[...g.names].join(", ")}`,
      );
    if (g.producers.has(t.name) && !names.has(t.name)) names.set(t.name, name);
    else copies.push([name, t]);
  }
  return { names, copies };
}

function nodeMessage(node: Node, nameOf: (t: Tensor) => string, read: ReadonlySet<string>): Message {
  const message = createMessage();
  for (const t of node.inputs) message.text(1, nameOf(t));
  // An output that nobody reads has an empty name, or none at the end of the list.
  const last = node.outputs.findLastIndex((t) => read.has(t.name));
  for (const t of node.outputs.slice(0, last + 1)) message.text(2, read.has(t.name) ? nameOf(t) : "");
  message.text(3, `${node.op}${node.outputs[0].name}`).text(4, node.op);
  for (const [name, value] of Object.entries(node.attributes))
    message.message(5, attributeMessage(name, value));
  return message;
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = createMessage().text(1, name);
  if ("float" in value) return message.float(2, value.float).int(20, FLOAT);
  if ("text" in value) return message.text(4, value.text).int(20, TEXT);
  if ("int" in value) return message.int(3, value.int).int(20, INT);
  for (const x of value.ints) message.int(8, x);
  return message.int(20, INTS);
}

function tensorMessage(tensor: Tensor, data: Constant["data"]): Message {
  const message = createMessage();
  for (const d of tensor.shape) message.int(1, d);
  message.int(2, DATA_TYPES[tensor.dtype]).text(8, tensor.name);
  return message.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** ValueInfoProto: a name with its element type and static shape. */
function valueMessage(name: string, t: Tensor): Message {
  const shape = createMessage();
  for (const d of t.shape) shape.message(1, createMessage().int(1, d));
  const tensorType = createMessage().int(1, DATA_TYPES[t.dtype]).message(2, shape);
  return createMessage().text(1, name).message(2, createMessage().message(1, tensorType));
}
