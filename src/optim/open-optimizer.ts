import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError, didYouMean, FormatError } from "../base/index.ts";
import { getOptimizer, OPTIMIZERS, type Optimizer } from "../rules/index.ts";
import { LEARNED_ENDING, readLearnedOptimizer } from "./learned/learned-file.ts";

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

/**
 * An optimizer by its name, analytic or learned, or out of a file.
 *
 * @param name `adam`, `mnemosyne`, `path/to/my.mnos`
 * @param options of its own: `AdamOptions` for "adam", `LearnedOptions` for all learned ones
 * @param folder where the learned ones of the package are
 * @throws ConfigError that lists the legal names, options or values; FormatError for a damaged file; the file
 *   system's error where it cannot be read
 */
export async function openOptimizer(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  folder = MODELS_FOLDER,
): Promise<Optimizer> {
  if (Object.hasOwn(OPTIMIZERS, name)) return getOptimizer(name, options);
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
    return readLearnedOptimizer(bytes, options);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new FormatError(`${file}: ${cause.message}`, { cause });
  }
}
