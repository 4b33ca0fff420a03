import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of this package: the clone, or the installed package. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Name and version of this package, out of its package.json. */
export function readPackageJson(): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(`${PACKAGE_ROOT}/package.json`, "utf8"));
}
