import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";
import { copyBeside, listModels } from "./build/copy-beside.ts";
import { foxgloveSchemas } from "./build/foxglove-schemas.ts";
import { neededShaders } from "./build/needed-shaders.ts";
import { notices } from "./build/notices.ts";
import { pureClasses } from "./build/pure-classes.ts";
import { singleFile } from "./build/single-file.ts";
import { TREE_SHAKING } from "./build/tree-shaking.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const pages = ["index", "demo"].filter((page) => existsSync(here(`./${page}.html`)));

// ONNX Runtime's files are copied, not bundled.
const { seen, written } = notices([here("../node_modules/onnxruntime-web")]);

/** ONNX Runtime's WebAssembly has a place of its own and a fixed name: Node runs the same copy of it. */
const assetFileNames = ({ names }: { readonly names: readonly string[] }): string =>
  names.some((name) => name.endsWith(".wasm")) ? "ort/[name][extname]" : "assets/[name]-[hash][extname]";

/** The viewer, as files that work from any folder of any server. */
export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  cacheDir: here("../.cache/vite"),
  worker: {
    format: "es",
    plugins: () => [pureClasses(), seen()],
    rolldownOptions: {
      treeshake: TREE_SHAKING,
      checks: { pluginTimings: false },
      output: { assetFileNames },
    },
  },
  // The demo uses the library by its public names.
  resolve: {
    alias: [
      { find: /^mnemosyne-mpc\/([\w-]+)$/, replacement: `${here("../src")}/$1/index.ts` },
      { find: /^\.\/restore\.ts$/, replacement: here("./src/demo/no-restoration.ts") },
      { find: /^\.\/leave-saddle\.ts$/, replacement: here("./src/demo/no-saddle.ts") },
      { find: /^\.\/simd\/engine\.ts$/, replacement: here("./src/demo/no-simd-engine.ts") },
    ],
    // rxjs's modules in the language of today instead of ES5.
    conditions: ["es2015", ...defaultClientConditions],
  },
  plugins: [
    pureClasses(),
    foxgloveSchemas(),
    neededShaders(),
    singleFile(),
    seen(),
    written(),
    copyBeside(".", [here("./sample.mcap")]),
    copyBeside("models", listModels(here("../models"))),
    copyBeside("ort", [here("../node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs")]),
  ],
  build: {
    outDir: here("../dist/viewer"),
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      treeshake: TREE_SHAKING,
      checks: { pluginTimings: false },
      output: { assetFileNames },
      input: Object.fromEntries(pages.map((page) => [page, here(`./${page}.html`)])),
    },
  },
});
