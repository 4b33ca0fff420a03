import type { Node } from "./graph.ts";
import { gemm, matMul } from "./linear.ts";
import { sumTo } from "./reductions.ts";
import type { VjpTable } from "./vjp.ts";

/** Rules for matrix products: dA = g B', dB = A' g, summed over broadcast leading axes. */
export const LINEAR_VJPS: VjpTable = {
  MatMul: (g, node, k) => {
    const [a, b] = node.inputs;
    const part = k === 0 ? matMul(g, b!, { transposeB: true }) : matMul(a!, g, { transposeA: true });
    return sumTo(part, node.inputs[k].shape);
  },
  Gemm: (g, node, k) => {
    const [a, b] = node.inputs;
    const transA = isSet(node, "transA");
    const transB = isSet(node, "transB");
    if (k === 2) return sumTo(g, node.inputs[2].shape);
    if (k === 0) return transA ? gemm(b!, g, transB, true) : gemm(g, b!, false, !transB);
    return transB ? gemm(g, a!, true, transA) : gemm(a!, g, !transA, false);
  },
};

function isSet(node: Node, name: string): boolean {
  const value = node.attributes[name];
  return value !== undefined && "int" in value && value.int !== 0;
}
