export {
  add,
  div,
  equal,
  greater,
  less,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  sub,
  where,
} from "./elementwise.ts";
export * from "./executor.ts";
export * from "./functions.ts";
export * from "./gradients.ts";
export {
  type Attribute,
  type Constant,
  type ConstantData,
  constant,
  createGraph,
  type DType,
  type Graph,
  input,
  type Node,
  scalar,
  type Tensor,
} from "./graph.ts";
export { dense, type MatMulOptions, matMul } from "./linear.ts";
export * from "./normalize.ts";
export { type OnnxTensor, readOnnxGraph } from "./onnx-graph.ts";
export * from "./onnx-metadata.ts";
export * from "./onnx-read.ts";
export * from "./onnx-write.ts";
export * from "./parameters.ts";
export { max, mean, min, sum } from "./reductions.ts";
export { addRows, gather } from "./rows.ts";
export { concat, expand, pad, reshape, slice, transpose } from "./shape-ops.ts";
export * from "./tfjs-weights.ts";
export * from "./vjps.ts";
