import { FormatError } from "../base/index.ts";
import { readOnnxGraph } from "../graph/index.ts";
import { readNetMetadata } from "./net-file.ts";
import type { NetSpec } from "./net-spec.ts";
import { netLayout } from "./training-models.ts";

/** A network that another begins with: what it is, and its weights by name. */
export type StartNet = {
  readonly spec: NetSpec;
  readonly weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
};

/** Reads a network that `writeInferenceModel` wrote. @throws FormatError for anything else */
export function readStartNet(bytes: Uint8Array): StartNet {
  const { spec } = readNetMetadata(bytes);
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const { name, shape, data } of readOnnxGraph(bytes).tensors)
    if (data instanceof Float32Array) weights.set(name, { shape, data });
  const absent = netLayout(spec).entries.find(({ name }) => !weights.has(name));
  if (absent !== undefined) throw new FormatError(`the network has no weights ${absent.name}`);
  return { spec, weights };
}

/**
 * Puts the weights of another network where they fit, by name and shape, and leaves the rest as it is.
 *
 * @param parameters (total) of a network by `spec`; overwritten
 * @returns names of what did not fit
 */
export function takeWeights(start: StartNet, spec: NetSpec, parameters: Float32Array): string[] {
  const left: string[] = [];
  for (const { name, shape, offset } of netLayout(spec).entries) {
    const found = start.weights.get(name);
    if (found !== undefined && String(found.shape) === String(shape)) parameters.set(found.data, offset);
    else left.push(name);
  }
  return left;
}
