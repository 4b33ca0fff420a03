import { FormatError } from "../../base/index.ts";
import type { ParameterLayout } from "../../graph/index.ts";

/** Tensors by name, row-major float32. */
export type NamedWeights = Readonly<Record<string, Float32Array>>;

/** Bytes before the header: its length. */
const LENGTH_BYTES = 8;

/**
 * The parameters of a layout as a safetensors file: the header's length as u64, a JSON header of each tensor's type, shape and place, the
 * numbers, little-endian float32.
 *
 * @param params (layout.total)
 *
 * Source: the description of the safetensors format.
 */
export function writeWeights({ entries, total }: ParameterLayout, params: Float32Array): Uint8Array {
  const header = Object.fromEntries(
    entries.map(({ name, shape, offset, size }) => [
      name,
      { dtype: "F32", shape, data_offsets: [4 * offset, 4 * (offset + size)] },
    ]),
  );
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(LENGTH_BYTES + padded + 4 * total).fill(
    0x20,
    LENGTH_BYTES,
    LENGTH_BYTES + padded,
  );
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(json, LENGTH_BYTES);
  file.set(new Uint8Array(params.buffer, params.byteOffset, 4 * total), LENGTH_BYTES + padded);
  return file;
}

/**
 * The float32 tensors of a safetensors file by name; metadata is left out.
 *
 * @throws FormatError for bytes that are no such file, or tensors of another type
 */
export function readWeights(file: Uint8Array): NamedWeights {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < LENGTH_BYTES)
    throw new FormatError(`safetensors file of ${file.length} bytes, expected ${LENGTH_BYTES} or more`);
  const length = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + length;
  if (length < 2 || start > file.length)
    throw new FormatError(
      `safetensors file of ${file.length} bytes says its header has ${length}, expected 2 or more that are there`,
    );
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(LENGTH_BYTES, start)));
  } catch (cause) {
    throw new FormatError(`safetensors file: the header is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new FormatError("safetensors file: the header is no object");
  const { __metadata__: _, ...tensors } = header as Record<string, unknown>;
  const data = new Uint8Array(file.subarray(start)); // a copy, and so aligned; slice() of a Buffer is none
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, readTensor(name, tensor, data)]),
  );
}

function readTensor(name: string, tensor: unknown, data: Uint8Array): Float32Array {
  const { dtype, shape, data_offsets: place } = (tensor ?? {}) as Record<string, unknown>;
  const isList = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (dtype !== "F32")
    throw new FormatError(`safetensors file: tensor ${name} is ${JSON.stringify(dtype)}, expected "F32"`);
  if (!isList(shape) || !isList(place) || place.length !== 2)
    throw new FormatError(`safetensors file: tensor ${name} has no shape or no place`);
  const [from, to] = place;
  const size = shape.reduce((product, d) => product * d, 1);
  if (to - from !== 4 * size || to > data.length || from % 4 !== 0)
    throw new FormatError(
      `safetensors file: tensor ${name} of shape (${shape.join(", ")}) lies at ${from}..${to}, expected ${4 * size} bytes within ${data.length}`,
    );
  return new Float32Array(data.buffer, from, size);
}
