import type { Graph, Node, Tensor } from "./graph.ts";

/** The part of a graph that some outputs need. */
export type NeededGraph = {
  /** In the graph's order. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly Tensor[];
  /** Names of all tensors that a needed node or an output reads. */
  readonly read: ReadonlySet<string>;
};

/** Finds what the outputs depend on; everything else need not be run, or written. */
export function prune(g: Graph, outputs: readonly Tensor[]): NeededGraph {
  const read = new Set(outputs.map((t) => t.name));
  const nodes: Node[] = [];
  for (const node of [...g.nodes].reverse()) {
    if (!node.outputs.some((t) => read.has(t.name))) continue;
    nodes.push(node);
    for (const t of node.inputs) read.add(t.name);
  }
  return { nodes: nodes.reverse(), inputs: g.inputs.filter((t) => read.has(t.name)), read };
}
