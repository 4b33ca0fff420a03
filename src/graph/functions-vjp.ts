import { div, equal, greater, mul, neg, sub, where } from "./elementwise.ts";
import { cos, exp, sigmoid, sign, sin, square } from "./functions.ts";
import type { Node, Tensor } from "./graph.ts";
import type { VjpTable } from "./vjp.ts";

/** Rules for functions of one tensor; where the output serves as well as the input, it is used. */
export const FUNCTIONS_VJPS: VjpTable = {
  Exp: (g, node) => mul(g, y(node)),
  Log: (g, node) => div(g, x(node)),
  Sqrt: (g, node) => div(mul(g, 0.5), y(node)),
  Reciprocal: (g, node) => neg(mul(g, square(y(node)))),
  Abs: (g, node) => mul(g, sign(x(node))),
  Sign: null,
  Tanh: (g, node) => mul(g, sub(1, square(y(node)))),
  Sigmoid: (g, node) => mul(g, mul(y(node), sub(1, y(node)))),
  Relu: (g, node) => where(greater(y(node), 0), g, 0),
  Erf: (g, node) => mul(g, mul(exp(neg(square(x(node)))), 2 / Math.sqrt(Math.PI))),
  Softplus: (g, node) => mul(g, sigmoid(x(node))),
  Sin: (g, node) => mul(g, cos(x(node))),
  Cos: (g, node) => neg(mul(g, sin(x(node)))),
  /** Inside the bounds the value is its own clipped one. */
  Clip: (g, node, k) => (k === 0 ? where(equal(x(node), y(node)), g, 0) : null),
  Identity: null,
};

const x = (node: Node): Tensor => node.inputs[0];
const y = (node: Node): Tensor => node.outputs[0];
