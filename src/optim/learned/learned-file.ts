import { ConfigError, checkKeys, FormatError, MpcError } from "../../base/index.ts";
import { type Optimizer, type PlainData, packState, unpackState } from "../../rules/index.ts";
import { createLearnedModel } from "./learned-model.ts";
import { createLearnedOptimizer, type LearnedOptions, type LearnedWeights } from "./learned-optimizer.ts";
import type { LearnedSpec } from "./learned-spec.ts";

/** A meta-trained optimizer as it is shipped. */
export type LearnedFile = LearnedWeights & {
  /** How it was trained: data, seeds, options, figures. Kept as it is, not interpreted. */
  readonly training?: PlainData;
};

/** The ending of such files. */
export const LEARNED_ENDING = ".mnos";

/** What the packed data says it is, and the version of the fields below. */
const FORMAT = "mnemosyne-optimizer";
const VERSION = 1;
const FIELDS = ["format", "version", "name", "spec", "weights", "training"] as const;
const MAX_NAME = 100;

/**
 * A meta-trained optimizer as bytes: `packState` of `{format, version, name, spec, weights, training}`. Same
 * optimizer, same bytes.
 *
 * @throws ConfigError for an illegal name or spec, another number of weights, or weights that are not finite
 */
export function writeLearnedOptimizer({ name, spec, weights, training }: LearnedFile): Uint8Array {
  checkLearned(name, spec, weights);
  return packState({ format: FORMAT, version: VERSION, name, spec, weights, training });
}

/**
 * What {@link writeLearnedOptimizer} was given.
 *
 * @throws FormatError for bytes that were changed or cut short, are something else, or name an optimizer that
 *   cannot be; the message says what was got and what was expected
 */
export function readLearnedWeights(bytes: Uint8Array): LearnedFile {
  const data = unpackState<unknown>(bytes);
  if (!isRecord(data) || data.format !== FORMAT)
    throw new FormatError(
      `packed data has format ${quote(isRecord(data) ? data.format : data)}, expected "${FORMAT}", a coordinate-wise optimizer, as \`meta-train\` writes it`,
    );
  if (data.version !== VERSION)
    throw new FormatError(
      `learned optimizer has version ${quote(data.version)}, expected ${VERSION}: written by another version`,
    );
  const { name, spec, weights, training } = data;
  try {
    checkKeys("learned optimizer", data, FIELDS);
    checkLearned(name, spec, weights);
  } catch (cause) {
    if (!(cause instanceof MpcError)) throw cause;
    throw new FormatError(cause.message, { cause });
  }
  return {
    name: name as string,
    spec: spec as LearnedSpec,
    weights: weights as Float32Array,
    ...(training !== undefined && { training: training as PlainData }),
  };
}

/**
 * A meta-trained optimizer out of its file.
 *
 * @throws as {@link readLearnedWeights} and `createLearnedOptimizer`
 */
export function readLearnedOptimizer(bytes: Uint8Array, options?: LearnedOptions): Optimizer {
  return createLearnedOptimizer(readLearnedWeights(bytes), options);
}

function checkLearned(name: unknown, spec: unknown, weights: unknown): void {
  if (typeof name !== "string" || name.length === 0 || name.length > MAX_NAME)
    throw new ConfigError(
      `name of the learned optimizer is ${quote(name)}, expected 1 to ${MAX_NAME} characters`,
    );
  if (!(weights instanceof Float32Array))
    throw new ConfigError(`weights are ${quote(weights)}, expected a Float32Array`);
  if (!isRecord(spec)) throw new ConfigError(`spec is ${quote(spec)}, expected the design of an optimizer`);
  const { total, entries } = createLearnedModel(spec as LearnedSpec).layout;
  if (weights.length !== total)
    throw new ConfigError(`weights has length ${weights.length}, expected ${total}, those of its spec`);
  const bad = weights.findIndex((w) => !Number.isFinite(w));
  if (bad < 0) return;
  const tensor = entries.find(({ offset, size }) => bad < offset + size)?.name;
  throw new ConfigError(`weights[${bad}], of ${tensor}, is ${weights[bad]}, expected finite numbers`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** A value in a message, cut to a readable length. */
function quote(value: unknown): string {
  const text = ArrayBuffer.isView(value) ? value.constructor.name : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
