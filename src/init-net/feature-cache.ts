import { FormatError } from "../base/index.ts";
import { FEATURE_ALIGNMENT, type FeatureRows, featureRowsBytes, viewFeatureRows } from "./feature-rows.ts";
import {
  BASES,
  featureSizes,
  type NetSpec,
  PATH_POINTS,
  PATH_STEP,
  PROBE_STAGES,
  PROBES,
} from "./net-spec.ts";
import { DISTANCE_BYTE } from "./scene-features.ts";

/** Raised whenever the features of the same scene change. */
const FEATURES_VERSION = 2;
const MAGIC = "MNFEAT01";
/** Bytes before the header: the magic, the header's length, and the body's checksum. */
const PRELUDE = 16;

/** What a file of features says about itself. */
export type FeatureCacheHeader = {
  /** {@link featureKey} of the features. */
  readonly key: string;
  /** The shard they are of, as it was: name, size, time of its last change. */
  readonly source: { readonly name: string; readonly size: number; readonly modified: number };
  readonly length: number;
  /** Examples left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Kinds of scenes that `kind` counts. */
  readonly kinds: readonly string[];
};

/** Checksum of bytes, 32 bits; it is handed in, since browsers and Node have different ones. */
export type Checksum = (bytes: Uint8Array) => number;

/**
 * All that decides what the features of a scene are, as a text: two networks of the same key share features,
 * whatever their widths, layers or hypotheses.
 */
export function featureKey(spec: NetSpec): string {
  const { options, trainedOn: _, ...problem } = spec;
  const { window, reach, channels, grid, bases } = options;
  const { robots } = options;
  const constants = { BASES, PATH_POINTS, PATH_STEP, PROBE_STAGES, PROBES, DISTANCE_BYTE };
  return JSON.stringify({
    version: FEATURES_VERSION,
    ...problem,
    robots,
    window,
    reach,
    channels,
    grid,
    bases,
    ...constants,
  });
}

/** The parts of a file of features: what comes before the rows, and the rows. */
export function encodeFeatureCache(
  header: FeatureCacheHeader,
  body: Uint8Array,
  checksum: Checksum,
): readonly [Uint8Array, Uint8Array] {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const front = new Uint8Array(bodyOffset(json.length)).fill(0x20, PRELUDE);
  front.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(front.buffer);
  view.setUint32(8, json.length, true);
  view.setUint32(12, checksum(body), true);
  front.set(json, PRELUDE);
  return [front, body];
}

/**
 * Opens a file of features; the rows are views of its bytes.
 *
 * @param bytes the whole file, beginning at a multiple of 8 in its buffer
 * @throws FormatError for bytes that are cut off, damaged, or something else
 */
export function openFeatureCache(
  bytes: Uint8Array,
  spec: NetSpec,
  checksum: Checksum,
): { readonly header: FeatureCacheHeader; readonly rows: FeatureRows } {
  const header = readFeatureHeader(bytes);
  if (header.key !== featureKey(spec))
    throw new FormatError("the features are of another network's kind: window, channels or robot differ");
  const sizes = featureSizes(spec);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = bodyOffset(view.getUint32(8, true));
  const expected = from + featureRowsBytes(sizes, spec.nx, header.length);
  if (bytes.length !== expected)
    throw new FormatError(`file of features has ${bytes.length} bytes, expected ${expected}: it is cut off`);
  if (checksum(bytes.subarray(from)) !== view.getUint32(12, true))
    throw new FormatError("file of features is damaged: its checksum is wrong");
  const rows = viewFeatureRows(bytes.buffer, bytes.byteOffset + from, sizes, spec.nx, header.length);
  return { header, rows };
}

/** What a file of features says about itself. @param bytes at least its beginning. @throws FormatError */
export function readFeatureHeader(bytes: Uint8Array): FeatureCacheHeader {
  const decoder = new TextDecoder();
  if (bytes.length < PRELUDE || decoder.decode(bytes.slice(0, MAGIC.length)) !== MAGIC)
    throw new FormatError(`not a file of features: it does not begin with ${MAGIC}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (bytes.length < PRELUDE + length) throw new FormatError("file of features is cut off in its header");
  try {
    return JSON.parse(decoder.decode(bytes.slice(PRELUDE, PRELUDE + length))) as FeatureCacheHeader;
  } catch (error) {
    throw new FormatError("file of features is damaged: its header is not JSON", { cause: error });
  }
}

function bodyOffset(jsonLength: number): number {
  return Math.ceil((PRELUDE + jsonLength) / FEATURE_ALIGNMENT) * FEATURE_ALIGNMENT;
}
