import { ConfigError, ShapeError } from "../base/index.ts";
import { add } from "./elementwise.ts";
import { constantIntegers, filled, type Node, producerOf, scalar, type Tensor } from "./graph.ts";
import { concat, expand, pad } from "./shape-ops.ts";
import { shapeText, sizeOf } from "./shapes.ts";
import { VJPS, type Vjp } from "./vjps.ts";

/**
 * Reverse-mode differentiation: appends to the loss's graph the nodes that compute its gradients.
 * Only paths from `wrt` to the loss are built. The results are ordinary tensors, so the gradient of
 * a function of gradients works.
 *
 * @param loss float32 of one element
 * @param wrt inputs, constants or intermediate results of the same graph
 * @returns one tensor for each of `wrt`, of its shape; zeros where the loss does not depend on it
 * @throws ShapeError for a loss of several elements; ConfigError for a tensor of another graph
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  const g = loss.graph;
  if (loss.dtype !== "float32" || sizeOf(loss.shape) !== 1)
    throw new ShapeError(
      `gradients: loss is ${loss.dtype} of shape ${shapeText(loss.shape)}, expected float32 of one element`,
    );
  for (const t of wrt)
    if (t.graph !== g || t.dtype !== "float32")
      throw new ConfigError(
        `gradients: tensor ${t.name} is ${t.dtype}, expected float32 of the loss's graph`,
      );

  const parts = new Map<string, Tensor[]>([[loss.name, [filled(g, 1, loss.shape)]]]);
  const totals = new Map<string, Tensor>();
  const total = (t: Tensor): Tensor | undefined => {
    const known = totals.get(t.name);
    if (known) return known;
    const all = parts.get(t.name);
    if (!all) return undefined;
    const out = sumParts(all, t.shape);
    totals.set(t.name, out);
    return out;
  };

  // Nodes stand in an order of evaluation, so that backwards every part is known before it is used.
  const path = dependents(wrt);
  for (const node of [...g.nodes].reverse()) {
    const vjp = VJPS[node.op];
    if (!vjp || !node.outputs.some((t) => path.has(t.name))) continue;
    for (const [i, output] of node.outputs.entries()) {
      const gradient = total(output);
      if (gradient) distribute(gradient, node, i, vjp, path, parts);
    }
  }
  return wrt.map((t) => total(t) ?? expand(scalar(g, 0), t.shape));
}

function distribute(
  gradient: Tensor,
  node: Node,
  output: number,
  vjp: Vjp,
  path: ReadonlySet<string>,
  parts: Map<string, Tensor[]>,
): void {
  for (const [k, x] of node.inputs.entries()) {
    if (!path.has(x.name)) continue;
    const part = vjp(gradient, node, k, output);
    if (!part) continue;
    const known = parts.get(x.name);
    if (known) known.push(part);
    else parts.set(x.name, [part]);
  }
}

/** Names of `wrt` and of everything computed from it that a gradient passes through. */
function dependents(wrt: readonly Tensor[]): Set<string> {
  const path = new Set(wrt.map((t) => t.name));
  for (const node of wrt[0]?.graph.nodes ?? []) {
    const vjp = VJPS[node.op];
    if (vjp === undefined)
      throw new ConfigError(
        `gradients: no derivative for ${node.op}; known: ${Object.keys(VJPS).join(", ")}`,
      );
    if (vjp && node.inputs.some((t) => path.has(t.name))) for (const t of node.outputs) path.add(t.name);
  }
  return path;
}

/** The sum of a tensor's parts. Slices of it give padded parts: disjoint ones are joined, not added. */
function sumParts(parts: readonly Tensor[], shape: readonly number[]): Tensor {
  const byAxis = new Map<number, Piece[]>();
  const rest: Tensor[] = [];
  for (const part of parts) {
    const piece = pieceOf(part);
    if (!piece) rest.push(part);
    else if (byAxis.has(piece.axis)) byAxis.get(piece.axis)!.push(piece);
    else byAxis.set(piece.axis, [piece]);
  }
  for (const [axis, pieces] of byAxis) rest.push(...joinPieces(pieces, axis, shape[axis]));
  return rest.reduce((a, b) => add(a, b));
}

/** A part that is zero outside of from <= i < to on one axis. */
type Piece = { readonly data: Tensor; readonly axis: number; readonly from: number; readonly to: number };

function pieceOf(part: Tensor): Piece | undefined {
  const node = producerOf(part);
  if (node?.op !== "Pad") return undefined;
  const data = node.inputs[0];
  const pads = constantIntegers(node.inputs[1]);
  const rank = data.shape.length;
  const padded = data.shape.flatMap((_, i) => (pads[i] + pads[rank + i] > 0 ? [i] : []));
  if (padded.length !== 1) return undefined;
  const axis = padded[0];
  return { data, axis, from: pads[axis], to: pads[axis] + data.shape[axis] };
}

/** Joins pieces into as few full tensors as overlaps allow, gaps filled with zeros. */
function joinPieces(pieces: Piece[], axis: number, size: number): Tensor[] {
  pieces.sort((a, b) => a.from - b.from || a.to - b.to);
  const rows: Piece[][] = [];
  for (const piece of pieces) {
    const row = rows.find((r) => r.at(-1)!.to <= piece.from);
    if (row) row.push(piece);
    else rows.push([piece]);
  }
  return rows.map((row) => {
    const joined: Tensor[] = [];
    const first = row[0];
    let at = first.from;
    for (const { data, from, to } of row) {
      const gap = data.shape.map((d, i) => (i === axis ? from - at : d));
      if (from > at) joined.push(expand(scalar(data.graph, 0), gap));
      joined.push(data);
      at = to;
    }
    return pad(concat(joined, axis), axis, first.from, size - at);
  });
}
