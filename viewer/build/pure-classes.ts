import type { Plugin } from "vite";

/**
 * Lets classes that TypeScript compiled to ES5 be left out where nobody uses them: what makes one has no effect, but
 * only the compiler's own mark says so. (heap-js brings two heaps, of which the log reader uses one.)
 */
export function pureClasses(): Plugin {
  return {
    name: "mnemosyne-pure-classes",
    transform: {
      filter: { id: /node_modules\/heap-js\// },
      handler: (code) => ({ code: code.replaceAll("/** @class */", "/* @__PURE__ */"), map: null }),
    },
  };
}
