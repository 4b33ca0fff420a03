import { readFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package: the clone, or the installed package. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The networks and learned optimizers that come with the package. */
export const MODELS_FOLDER = join(PACKAGE_ROOT, "models");

/** Whether a file came with this package, so that nobody else can have written it. */
export function isOurs(file: string): boolean {
  return resolve(file).startsWith(MODELS_FOLDER + sep);
}

/** Name and version of this package, out of its package.json. */
export function readPackageJson(): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(`${PACKAGE_ROOT}/package.json`, "utf8"));
}
