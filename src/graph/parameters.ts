import { ConfigError, checkLength, type Rng, ShapeError } from "../base/index.ts";
import type { Tensor } from "./graph.ts";
import { reshape, slice } from "./shape-ops.ts";
import { checkShape, sizeOf } from "./shapes.ts";

/** How a parameter starts; `normal` gives the standard deviation of a normal distribution of mean 0. */
export type ParameterInit = "zeros" | "ones" | { readonly normal: number };

export type ParameterSpec = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: ParameterInit;
};

/** Where one parameter lies in the flat vector: elements offset <= i < offset + size, row-major. */
export type ParameterEntry = ParameterSpec & { readonly offset: number; readonly size: number };

/** A model's parameters as one flat vector: one input, one gradient, one optimizer update. */
export type ParameterLayout = { readonly total: number; readonly entries: readonly ParameterEntry[] };

/**
 * Lays parameters one after the other, in the order given.
 *
 * @throws ConfigError for a repeated name or an illegal initialization; ShapeError for an illegal shape
 */
export function layoutParameters(specs: readonly ParameterSpec[]): ParameterLayout {
  const entries: ParameterEntry[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const { name, shape, init } of specs) {
    checkShape(`parameter ${name}`, shape);
    if (names.has(name)) throw new ConfigError(`parameter ${name} is given twice, expected each name once`);
    if (init !== "zeros" && init !== "ones" && !(typeof init === "object" && init.normal >= 0))
      throw new ConfigError(
        `parameter ${name}: init is ${JSON.stringify(init)}, expected "zeros", "ones" or { normal: standard deviation >= 0 }`,
      );
    names.add(name);
    const size = sizeOf(shape);
    entries.push({ name, shape: [...shape], offset, size, init });
    offset += size;
  }
  return { total: offset, entries };
}

/** Draws starting values, (total) float32, in the order of the layout. */
export function initParameters(layout: ParameterLayout, rng: Rng): Float32Array {
  const flat = new Float32Array(layout.total);
  for (const { offset, size, init } of layout.entries) {
    if (init === "zeros") continue;
    for (let i = offset; i < offset + size; i++) flat[i] = init === "ones" ? 1 : init.normal * rng.gauss();
  }
  return flat;
}

/** The numbers of each parameter, cut from the flat vector: views of it, by name. */
export function cutParameters(
  layout: Pick<ParameterLayout, "entries">,
  flat: Float32Array,
): Record<string, Float32Array> {
  return Object.fromEntries(
    layout.entries.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]),
  );
}

/**
 * The parameters as tensors of their own shapes, cut from the flat vector.
 *
 * @param flat (total)
 * @throws ShapeError unless flat is (total)
 */
export function unpackParameters(flat: Tensor, layout: ParameterLayout): Record<string, Tensor> {
  if (flat.shape.length !== 1)
    throw new ShapeError(`flat parameters have shape (${flat.shape.join(", ")}), expected (${layout.total})`);
  checkLength("flat parameters", flat.shape[0], layout.total, "total");
  const tensors: Record<string, Tensor> = {};
  for (const { name, shape, offset, size } of layout.entries)
    tensors[name] = reshape(slice(flat, 0, offset, offset + size), shape);
  return tensors;
}
