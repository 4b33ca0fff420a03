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
export { DEVICES, type Device, type Executor, type StatefulExecutor, type TensorData } from "./executor.ts";
export {
  abs,
  clip,
  cos,
  erf,
  exp,
  gelu,
  log,
  reciprocal,
  relu,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  stopGradient,
  tanh,
} from "./functions.ts";
export { gradients, VJPS } from "./gradients.ts";
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
export { layerNorm, softmax } from "./normalize.ts";
export { type OnnxMetadata, type OnnxValue, readOnnxMetadata } from "./onnx-metadata.ts";
export { type OnnxModel, readOnnx } from "./onnx-read.ts";
export { ONNX_OPSET, type WriteOnnxOptions, writeOnnx } from "./onnx-write.ts";
export {
  initParameters,
  layoutParameters,
  type ParameterEntry,
  type ParameterInit,
  type ParameterLayout,
  type ParameterSpec,
  unpackParameters,
} from "./parameters.ts";
export { cumsum, max, mean, min, sum } from "./reductions.ts";
export { concat, expand, pad, reshape, slice, transpose } from "./shape-ops.ts";
export type { Vjp, VjpTable } from "./vjp.ts";
