import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const SCHEMAS = fileURLToPath(
  new URL("../../node_modules/@foxglove/schemas/dist/jsonschema/index.js", import.meta.url),
);

/** Foxglove's schemas are one CommonJS file; as a module, those that no log has are left out of the page. */
export function foxgloveSchemas(): Plugin {
  return {
    name: "mnemosyne-foxglove-schemas",
    enforce: "pre",
    resolveId: (source) => (source === "@foxglove/schemas/jsonschema.js" ? SCHEMAS : undefined),
    transform(code, id) {
      if (id !== SCHEMAS) return undefined;
      const begin = code.search(/^exports\.\w+ = \{/m);
      return code
        .slice(begin)
        .replace(/^exports\.(\w+) = exports\.(\w+);/gm, "export const $1 = $2;")
        .replace(/^exports\.(\w+) = /gm, "export const $1 = ");
    },
  };
}
