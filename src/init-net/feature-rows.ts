import type { FeatureSizes } from "./net-spec.ts";

/** Examples as features, column by column; row i of a column begins at i * its width. */
export type FeatureRows = {
  readonly length: number;
  /** (length, nx) the scene's state, zeros behind it where the network knows more speeds than the robot has. */
  readonly x: Float32Array;
  /** (length) what a unit of length is, see `netFrame`. [m] */
  readonly unit: Float32Array;
  /** (length, FeatureSizes.vector) */
  readonly vector: Float32Array;
  /** (length, FeatureSizes.bases) */
  readonly bases: Float32Array;
  /** (length, FeatureSizes.target) */
  readonly target: Float32Array;
  /** (length) seed of the world. */
  readonly world: Int32Array;
  /** (length) place of the example in its shard. */
  readonly index: Uint32Array;
  /** (length) number of the world's family. */
  readonly family: Uint8Array;
  /** (length) number of the kind of scene. */
  readonly kind: Uint8Array;
  /** (length) 1 where the world is held out. */
  readonly heldOut: Uint8Array;
  /** (length, FeatureSizes.grid) */
  readonly grid: Uint8Array;
};

type Column = {
  readonly name: Exclude<keyof FeatureRows, "length">;
  readonly width: number;
  readonly bytes: 1 | 4;
};

/** The columns in the order of a file, widest elements first. */
function columns(sizes: FeatureSizes, nx: number): Column[] {
  return [
    { name: "x", width: nx, bytes: 4 },
    { name: "unit", width: 1, bytes: 4 },
    { name: "vector", width: sizes.vector, bytes: 4 },
    { name: "bases", width: sizes.bases, bytes: 4 },
    { name: "target", width: sizes.target, bytes: 4 },
    { name: "world", width: 1, bytes: 4 },
    { name: "index", width: 1, bytes: 4 },
    { name: "family", width: 1, bytes: 1 },
    { name: "kind", width: 1, bytes: 1 },
    { name: "heldOut", width: 1, bytes: 1 },
    { name: "grid", width: sizes.grid, bytes: 1 },
  ];
}

/** Columns begin at multiples of this. [bytes] */
export const FEATURE_ALIGNMENT = 8;

const padded = (bytes: number): number => Math.ceil(bytes / FEATURE_ALIGNMENT) * FEATURE_ALIGNMENT;

/** Bytes that `length` rows take. */
export function featureRowsBytes(sizes: FeatureSizes, nx: number, length: number): number {
  return columns(sizes, nx).reduce((sum, { width, bytes }) => sum + padded(width * bytes * length), 0);
}

/**
 * Rows that lie in a buffer, shared between threads or not.
 *
 * @param offset where they begin, a multiple of {@link FEATURE_ALIGNMENT} [bytes]
 */
export function viewFeatureRows(
  buffer: ArrayBufferLike,
  offset: number,
  sizes: FeatureSizes,
  nx: number,
  length: number,
): FeatureRows {
  const rows: Record<string, unknown> = { length };
  let at = offset;
  for (const { name, width, bytes } of columns(sizes, nx)) {
    const count = width * length;
    if (bytes === 1) rows[name] = new Uint8Array(buffer, at, count);
    else if (name === "world") rows[name] = new Int32Array(buffer, at, count);
    else if (name === "index") rows[name] = new Uint32Array(buffer, at, count);
    else rows[name] = new Float32Array(buffer, at, count);
    at += padded(bytes * count);
  }
  return rows as FeatureRows;
}

/** Rows in memory of their own, for `capacity` examples; {@link shrinkFeatureRows} drops what was not needed. */
export function createFeatureRows(sizes: FeatureSizes, nx: number, capacity: number): FeatureRows {
  return viewFeatureRows(new ArrayBuffer(featureRowsBytes(sizes, nx, capacity)), 0, sizes, nx, capacity);
}

/** The first `length` rows, copied into memory of their own. */
export function shrinkFeatureRows(
  rows: FeatureRows,
  sizes: FeatureSizes,
  nx: number,
  length: number,
): { readonly rows: FeatureRows; readonly bytes: Uint8Array } {
  const buffer = new ArrayBuffer(featureRowsBytes(sizes, nx, length));
  const small = viewFeatureRows(buffer, 0, sizes, nx, length);
  for (const { name, width } of columns(sizes, nx)) small[name].set(rows[name].subarray(0, width * length));
  return { rows: small, bytes: new Uint8Array(buffer) };
}
