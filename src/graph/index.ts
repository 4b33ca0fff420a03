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
