import { FormatError, ShapeError } from "../base/index.ts";
import { sizeOf } from "./shapes.ts";

/** A tensor of a TensorFlow.js model file. */
export type TfjsWeight = { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array };

type WeightEntry = { readonly name: string; readonly shape: readonly number[]; readonly dtype: string };
type WeightGroup = { readonly paths: readonly string[]; readonly weights: readonly WeightEntry[] };

/** The files that hold a TensorFlow.js model's weights, in order. @param model the content of model.json @throws FormatError */
export function tfjsShards(model: unknown): string[] {
  return groupsOf(model).flatMap(({ paths }) => paths);
}

/**
 * The weights of a TensorFlow.js model by name, without TensorFlow.js: its groups lie one after the other in the shards.
 *
 * @param model the content of model.json
 * @param bytes of all shards, one after the other
 * @throws FormatError for a model without weights, weights that are not float32 or int32, or bytes too few or too many
 *
 * Source: the TensorFlow.js converter's description of `weightsManifest`.
 */
export function readTfjsWeights(model: unknown, bytes: Uint8Array): Map<string, TfjsWeight> {
  const weights = new Map<string, TfjsWeight>();
  let at = 0;
  for (const { name, shape, dtype } of groupsOf(model).flatMap((group) => group.weights)) {
    if (dtype !== "float32" && dtype !== "int32")
      throw new FormatError(`weight ${name} is ${dtype}, expected float32 or int32, not quantized`);
    const end = at + 4 * sizeOf(shape);
    if (end > bytes.length)
      throw new FormatError(
        `weights have ${bytes.length} bytes, expected ${end} or more: ${name} is cut off`,
      );
    const { buffer } = new Uint8Array(bytes.subarray(at, end)); // a copy, and so aligned
    const data = dtype === "float32" ? new Float32Array(buffer) : new Int32Array(buffer);
    weights.set(name, { shape, data });
    at = end;
  }
  if (at !== bytes.length) throw new FormatError(`weights have ${bytes.length} bytes, expected ${at}`);
  return weights;
}

/** The float32 numbers of one weight. @throws FormatError where there is none; ShapeError for another number of elements */
export function tfjsWeight(
  weights: ReadonlyMap<string, TfjsWeight>,
  name: string,
  size: number,
): Float32Array {
  const weight = weights.get(name);
  if (!(weight?.data instanceof Float32Array)) throw new FormatError(`there is no float32 weight ${name}`);
  if (weight.data.length !== size)
    throw new ShapeError(`weight ${name} has shape (${weight.shape.join(", ")}), expected ${size} elements`);
  return weight.data;
}

function groupsOf(model: unknown): readonly WeightGroup[] {
  const groups = (model as { weightsManifest?: unknown } | null)?.weightsManifest;
  const isText = (value: unknown): boolean => typeof value === "string";
  const isWeight = (weight: WeightEntry): boolean =>
    isText(weight?.name) &&
    isText(weight.dtype) &&
    Array.isArray(weight.shape) &&
    weight.shape.every(Number.isInteger);
  const isGroup = (group: WeightGroup): boolean =>
    Array.isArray(group?.paths) &&
    group.paths.every(isText) &&
    Array.isArray(group.weights) &&
    group.weights.every(isWeight);
  if (!Array.isArray(groups) || groups.length === 0 || !groups.every(isGroup))
    throw new FormatError(
      "model has no weightsManifest of paths and weights, expected a TensorFlow.js model.json",
    );
  return groups;
}
