import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { copyModels } from "./build/copy-models.ts";
import { singleFile } from "./build/single-file.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const pages = ["index", "demo"].filter((page) => existsSync(here(`./${page}.html`)));

/** The viewer, as files that work from any folder of any server. */
export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  cacheDir: here("../.cache/vite"),
  worker: { format: "es" },
  // The demo uses the library by its public names.
  resolve: { alias: [{ find: /^mnemosyne-mpc\/([\w-]+)$/, replacement: `${here("../src")}/$1/index.ts` }] },
  plugins: [singleFile(here("../dist/viewer")), copyModels(here("../models"), here("../dist/viewer"))],
  build: {
    outDir: here("../dist/viewer"),
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: Object.fromEntries(pages.map((page) => [page, here(`./${page}.html`)])) },
  },
});
