import type { Node, Tensor } from "./graph.ts";

/**
 * Vector-Jacobian product of one operation, built from nodes again so that it can itself be
 * differentiated.
 *
 * @param g the loss's gradient with respect to output `output` of the node, of that output's shape
 * @param k which input
 * @returns that output's part of the loss's gradient with respect to input k, of that input's shape;
 *   null where it is zero
 */
export type Vjp = (g: Tensor, node: Node, k: number, output: number) => Tensor | null;

/** Rules by ONNX operation name; null marks an operation that no gradient passes. */
export type VjpTable = Readonly<Record<string, Vjp | null>>;
