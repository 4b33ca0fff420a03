import { ConfigError } from "../base/index.ts";
import type { Constant, Graph, Node, Tensor } from "./graph.ts";
import { prune } from "./prune.ts";
import { type TfjsModule, type TfTensor, tidyTensors } from "./tfjs-module.ts";
import { STATIC_INPUTS, type TfjsOp, tfjsOp } from "./tfjs-ops.ts";

/** One node, the names of the values it reads, and the names of those nothing reads after it. */
type Step = {
  readonly node: Node;
  readonly op: TfjsOp;
  /** One name per input; undefined where the operation reads that input from the graph. */
  readonly reads: readonly (string | undefined)[];
  readonly frees: readonly string[];
};

/** The part of a graph that its outputs need, in order. */
export type TfjsProgram = {
  readonly inputs: readonly Tensor[];
  readonly constants: readonly Constant[];
  readonly steps: readonly Step[];
};

/**
 * Picks what the outputs need of a graph and finds when each value is last read.
 *
 * @throws ConfigError for an operation that tfjs lacks, no outputs, or an output of another graph
 */
export function compileTfjs(graph: Graph, outputs: Readonly<Record<string, Tensor>>): TfjsProgram {
  const ends = Object.entries(outputs);
  if (ends.length === 0) throw new ConfigError("outputs are empty, expected at least one tensor");
  for (const [name, tensor] of ends)
    if (tensor.graph !== graph) throw new ConfigError(`output ${name} belongs to another graph`);

  const tensors = Object.values(outputs);
  const { nodes, inputs } = prune(graph, tensors);
  const later = new Set(tensors.map((x) => x.name)); // what is read after this node, or returned
  const steps: Step[] = [];
  for (const node of [...nodes].reverse()) {
    const fixed = STATIC_INPUTS[node.op] ?? [];
    const reads = node.inputs.map((x, i) => (fixed.includes(i) ? undefined : x.name));
    const frees = node.outputs.filter((x) => !later.has(x.name)).map((x) => x.name);
    for (const name of reads) {
      if (name === undefined || later.has(name)) continue;
      frees.push(name);
      later.add(name);
    }
    steps.push({ node, op: tfjsOp(node), reads, frees });
  }
  return {
    inputs,
    // Bounds, axes and shapes are read in the graph, not uploaded.
    constants: [...graph.constants.values()].filter(({ tensor }) => later.has(tensor.name)),
    steps: steps.reverse(),
  };
}

/**
 * Computes tensors of the graph; to be called within `tf.tidy`. Values are disposed as soon as nothing
 * needs them, so that a training step does not hold all its intermediates at once.
 *
 * @param bound values of inputs and constants by name; entries are added and removed
 * @param borrowed values that belong to someone else and must live on
 * @returns new tensors, one per element of `outputs`, to be disposed by the caller
 */
export function runTfjs(
  tf: TfjsModule,
  program: TfjsProgram,
  bound: Map<string, TfTensor>,
  borrowed: ReadonlySet<TfTensor>,
  outputs: readonly Tensor[],
): TfTensor[] {
  for (const { node, op, reads, frees } of program.steps) {
    const values = reads.map((name) => (name === undefined ? undefined : bound.get(name)!));
    const results = tidyTensors(tf, () => {
      const result = op(tf, values as TfTensor[], node);
      return Array.isArray(result) ? [...result] : [result as TfTensor];
    });
    node.outputs.forEach((x, i) => {
      bound.set(x.name, results[i]);
    });
    for (const name of frees) {
      const value = bound.get(name)!;
      bound.delete(name);
      if (!borrowed.has(value)) value.dispose();
    }
  }
  return outputs.map((x) => tf.clone(bound.get(x.name)!));
}
