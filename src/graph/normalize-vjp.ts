import { mul, neg, sub } from "./elementwise.ts";
import type { Node, Tensor } from "./graph.ts";
import { mean, sum, sumTo } from "./reductions.ts";
import { expand } from "./shape-ops.ts";
import type { VjpTable } from "./vjp.ts";

/** Rules for softmax and layer normalization. */
export const NORMALIZE_VJPS: VjpTable = {
  /** y (g - sum(g y)) */
  Softmax: (g, node) => {
    const y = node.outputs[0];
    const axis = node.attributes.axis;
    const gy = mul(g, y);
    return sub(gy, mul(y, sum(gy, [axis && "int" in axis ? axis.int : -1], true)));
  },
  LayerNormalization: (g, node, k, output) => {
    const [x, gain, bias] = node.inputs;
    if (output === 1) return k === 0 ? expand(mul(g, 1 / x!.shape.at(-1)!), x!.shape) : null;
    if (output === 2) return k === 0 ? ofInverseDeviation(g, node) : null;
    if (k === 2) return sumTo(g, bias!.shape);
    if (k === 1) return sumTo(mul(g, normalized(node)), gain!.shape);
    // With z = (x - mean) r and h = g gain: dx = r (h - mean(h) - z mean(h z)).
    const z = normalized(node);
    const h = mul(g, gain!);
    const centered = sub(h, mean(h, [-1], true));
    return mul(node.outputs[2], sub(centered, mul(z, mean(mul(h, z), [-1], true))));
  },
};

/** z = (x - mean) r, of mean 0 and variance 1. */
function normalized(node: Node): Tensor {
  return mul(sub(node.inputs[0], node.outputs[1]), node.outputs[2]);
}

/** dr/dx_i = -r^2 z_i / D */
function ofInverseDeviation(g: Tensor, node: Node): Tensor {
  const r = node.outputs[2];
  return neg(mul(mul(mul(g, mul(r, r)), 1 / node.inputs[0].shape.at(-1)!), normalized(node)));
}
