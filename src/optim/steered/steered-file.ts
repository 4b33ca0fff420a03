import { ConfigError, checkKeys, checkLength, FormatError, MpcError } from "../../base/index.ts";
import { type PlainData, packState, unpackState } from "../../rules/index.ts";
import { createSteeredModel } from "./steered-model.ts";
import type { SteeredWeights } from "./steered-optimizer.ts";

/** An evolved optimizer as it is shipped. */
export type SteeredFile = SteeredWeights & {
  /** How it was evolved. Kept as it is, not interpreted. */
  readonly training?: PlainData;
};

const FORMAT = "mnemosyne-steered";
const VERSION = 1;
const FIELDS = ["format", "version", "name", "spec", "weights", "training"] as const;

/**
 * An evolved optimizer as bytes: `packState` of `{format, version, name, spec, weights, training}`, in a file that ends as
 * those of other learned optimizers.
 *
 * @throws ConfigError for an illegal spec, ShapeError for another number of weights
 */
export function writeSteeredOptimizer({ name, spec, weights, training }: SteeredFile): Uint8Array {
  checkSteered(spec, weights);
  return packState({ format: FORMAT, version: VERSION, name, spec, weights, training });
}

/** Whether some bytes are an evolved optimizer's; false for those that are damaged. */
export function isSteered(bytes: Uint8Array): boolean {
  try {
    return unpackState<{ format?: unknown } | null>(bytes)?.format === FORMAT;
  } catch {
    return false;
  }
}

/**
 * What {@link writeSteeredOptimizer} was given.
 *
 * @throws FormatError for bytes that were changed or cut short, are something else, or name an optimizer that cannot be
 */
export function readSteeredWeights(bytes: Uint8Array): SteeredFile {
  const data = unpackState<(SteeredFile & { format?: unknown; version?: unknown }) | null>(bytes);
  if (data?.format !== FORMAT)
    throw new FormatError(
      `packed data has format ${JSON.stringify(data?.format)}, expected "${FORMAT}", an evolved optimizer, as \`evolve\` writes it`,
    );
  if (data.version !== VERSION)
    throw new FormatError(`evolved optimizer has version ${data.version}, expected ${VERSION}`);
  const { name, spec, weights, training } = data;
  try {
    checkKeys("evolved optimizer", data, FIELDS);
    checkSteered(spec, weights);
  } catch (cause) {
    if (!(cause instanceof MpcError)) throw cause;
    throw new FormatError(cause.message, { cause });
  }
  return { name, spec, weights, ...(training !== undefined && { training }) };
}

function checkSteered(spec: SteeredFile["spec"], weights: Float32Array): void {
  const { total } = createSteeredModel(spec).layout;
  checkLength("weights", weights.length, total, "those of its spec");
  const bad = weights.findIndex((w) => !Number.isFinite(w));
  if (bad >= 0) throw new ConfigError(`weights[${bad}] is ${weights[bad]}, expected finite numbers`);
}
