import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { copyModels } from "./build/copy-models.ts";
import { singleFile } from "./build/single-file.ts";
import { TREE_SHAKING } from "./build/tree-shaking.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const pages = ["index", "demo"].filter((page) => existsSync(here(`./${page}.html`)));

/** The viewer, as files that work from any folder of any server. */
export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  cacheDir: here("../.cache/vite"),
  worker: { format: "es", rolldownOptions: { treeshake: TREE_SHAKING } },
  // The demo uses the library by its public names.
  resolve: { alias: [{ find: /^mnemosyne-mpc\/([\w-]+)$/, replacement: `${here("../src")}/$1/index.ts` }] },
  plugins: [singleFile(), copyModels(here("../models"))],
  build: {
    outDir: here("../dist/viewer"),
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      treeshake: TREE_SHAKING,
      input: Object.fromEntries(pages.map((page) => [page, here(`./${page}.html`)])),
    },
  },
});
