import { FormatError } from "../base/index.ts";
import { type OnnxValue, readOnnxMetadata } from "../graph/index.ts";
import { netShapes } from "./net-inference.ts";
import { NET_METADATA_KEY, type NetMetadata, parseNetMetadata } from "./net-metadata.ts";
import type { NetSpec } from "./net-spec.ts";

/** FLOAT of ONNX's TensorProto.DataType. */
const FLOAT32 = 1;

/**
 * Reads what a network's file says about it, without running it.
 *
 * @param bytes a whole .onnx file
 * @throws FormatError for bytes that are no network of this program, or not all of one
 */
export function readNetMetadata(bytes: Uint8Array): NetMetadata {
  const { properties, inputs, outputs } = readOnnxMetadata(bytes);
  const entry = properties.get(NET_METADATA_KEY);
  if (entry === undefined) {
    const keys = [...properties.keys()].join(", ") || "none";
    throw new FormatError(
      `an ONNX model, but not one of this program: it has no property "${NET_METADATA_KEY}" (properties: ${keys})`,
    );
  }
  const metadata = parseNetMetadata(entry);
  checkPorts(metadata.spec, inputs, outputs);
  return metadata;
}

/** @throws FormatError where the model's inputs or outputs are not what its specification says */
function checkPorts(spec: NetSpec, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): void {
  const { trajectories, scores, ...read } = netShapes(spec);
  const check = (
    what: string,
    { name, elementType, shape }: OnnxValue,
    legal: Readonly<Record<string, readonly number[]>>,
  ): void => {
    const expected = Object.hasOwn(legal, name) ? legal[name] : undefined;
    if (expected === undefined)
      throw new FormatError(`${what} is named "${name}", expected one of ${Object.keys(legal).join(", ")}`);
    if (elementType !== FLOAT32 || String(shape) !== String(expected))
      throw new FormatError(
        `${what} "${name}" has type ${elementType} and shape (${shape.join(", ")}), expected ${FLOAT32} (float32) and (${expected.join(", ")})`,
      );
  };
  for (const value of inputs) check("an input", value, read);
  for (const value of outputs) check("an output", value, { trajectories, scores });
  for (const name of ["trajectories", "scores"]) {
    if (!outputs.some((value) => value.name === name))
      throw new FormatError(`the model has no output "${name}"`);
  }
}
