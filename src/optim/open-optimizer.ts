import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError, didYouMean, FormatError } from "../base/index.ts";
import { getOptimizer, OPTIMIZERS, type Optimizer, type TensorPlaces } from "../rules/index.ts";
import { LEARNED_ENDING, readLearnedWeights } from "./learned/learned-file.ts";
import { createLearnedOptimizer } from "./learned/learned-optimizer.ts";
import { isSteered, readSteeredWeights } from "./steered/steered-file.ts";
import { createSteeredOptimizer } from "./steered/steered-optimizer.ts";

/** The folder of the package with the optimizers that come with it. */
const MODELS_FOLDER = fileURLToPath(new URL("../../models/", import.meta.url));
const PREFIX = "optimizer-";

/** Names of the learned optimizers that come with the package, in order. */
export function shippedOptimizers(folder = MODELS_FOLDER): string[] {
  let files: string[] = [];
  try {
    files = readdirSync(folder);
  } catch {
    // No such folder: nothing comes with the package.
  }
  return files
    .filter((file) => file.startsWith(PREFIX) && file.endsWith(LEARNED_ENDING))
    .map((file) => file.slice(PREFIX.length, -LEARNED_ENDING.length))
    .sort();
}

/** The file of a learned optimizer that comes with the package. */
export function shippedOptimizerFile(name: string, folder = MODELS_FOLDER): string {
  return join(folder, `${PREFIX}${name}${LEARNED_ENDING}`);
}

/** What a run knows before it begins; an optimizer takes of it what it can use. */
export type RunKnowledge = {
  /** The tensors of the flat vector. */
  readonly layout?: TensorPlaces;
  /** Updates of the whole run. */
  readonly horizon?: number;
};

/** Options of an optimizer's own, and what a run knows. */
type OpenOptions = Readonly<Record<string, unknown>> & RunKnowledge;

/**
 * An optimizer by its name, analytic or learned, or out of a file.
 *
 * @param name `adam`, `mnemosyne`, `path/to/my.mnos`
 * @param options of its own: `AdamOptions` for "adam", `LearnedOptions` for learned ones, `FeedbackOptions` for those
 *   whose steps are found by feedback; and a run's layout and horizon, which any optimizer may be told
 * @param folder where the learned ones of the package are
 * @throws ConfigError that lists the legal names, options or values; FormatError for a damaged file; the file
 *   system's error where it cannot be read
 */
export async function openOptimizer(
  name: string,
  options: OpenOptions = {},
  folder = MODELS_FOLDER,
): Promise<Optimizer> {
  return (await openOptimizerMaker(name, folder))(options);
}

/**
 * Reads an optimizer once, to be made when its tensors are known: `createTfOptimizer(tf, (layout) => make({ layout, horizon }))`.
 *
 * @returns makes one of the options that {@link openOptimizer} takes, with its errors for them
 * @throws as {@link openOptimizer} for the name and the file
 */
export async function openOptimizerMaker(
  name: string,
  folder = MODELS_FOLDER,
): Promise<(options?: OpenOptions) => Optimizer> {
  if (Object.hasOwn(OPTIMIZERS, name)) return (options = {}) => makeAnalytic(name, options);
  const shipped = shippedOptimizers(folder);
  const isFile = name.toLowerCase().endsWith(LEARNED_ENDING);
  if (!isFile && !shipped.includes(name)) {
    const names = [...Object.keys(OPTIMIZERS), ...shipped];
    throw new ConfigError(
      `optimizer is "${name}", expected one of ${names.join(", ")}, or a file that ends in ${LEARNED_ENDING}${didYouMean(name, names)}`,
    );
  }
  const file = isFile ? name : shippedOptimizerFile(name, folder);
  const bytes = await readFile(file);
  try {
    if (isSteered(bytes)) {
      const weights = readSteeredWeights(bytes);
      return (options) => createSteeredOptimizer(weights, options);
    }
    const weights = readLearnedWeights(bytes);
    return ({ layout: _, horizon: __, ...own } = {}) => createLearnedOptimizer(weights, own);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new FormatError(`${file}: ${cause.message}`, { cause });
  }
}

function makeAnalytic(name: string, { layout, horizon, ...own }: OpenOptions): Optimizer {
  const { options: legal } = OPTIMIZERS[name];
  return getOptimizer(name, {
    ...own,
    ...(legal.includes("layout") && { layout }),
    ...(legal.includes("horizon") && { horizon }),
  });
}
