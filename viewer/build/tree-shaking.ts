import { fileURLToPath } from "node:url";

const LIBRARY = fileURLToPath(new URL("../../src", import.meta.url));
const PURE_PACKAGES = /node_modules\/(@mcap|@foxglove|heap-js|rxjs|tslib|yaml)\//;

/** Only the viewer's own files do something by being imported: whatever else is not used may be left out. */
export const TREE_SHAKING = {
  moduleSideEffects: (id: string): boolean => !(id.startsWith(LIBRARY) || PURE_PACKAGES.test(id)),
};
