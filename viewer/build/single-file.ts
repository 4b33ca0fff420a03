import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";
import { foxgloveSchemas } from "./foxglove-schemas.ts";
import { TREE_SHAKING } from "./tree-shaking.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Makes one more page, `single.html`: the whole viewer in one file, from which exports are made.
 */
export function singleFile(): Plugin {
  let folder = "";
  return {
    name: "mnemosyne-single-file",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const result = await build({
        configFile: false,
        logLevel: "warn",
        root: here(".."),
        base: "./",
        publicDir: false,
        plugins: [foxgloveSchemas()],
        resolve: {
          alias: [
            { find: /^\.\/start-worker\.ts$/, replacement: here("../src/run/start-worker-inline.ts") },
            { find: /^\.\/ort-session\.ts$/, replacement: here("../src/net/no-ort-session.ts") },
          ],
        },
        // A classic worker: browsers refuse modules from a page that was opened from disk.
        worker: {
          format: "iife",
          rolldownOptions: { treeshake: TREE_SHAKING, checks: { pluginTimings: false } },
        },
        build: {
          write: false,
          target: "es2022",
          assetsInlineLimit: Number.MAX_SAFE_INTEGER,
          cssCodeSplit: false,
          modulePreload: false,
          rolldownOptions: {
            treeshake: TREE_SHAKING,
            checks: { pluginTimings: false },
            input: here("../src/main.ts"),
            output: { codeSplitting: false },
          },
        },
      });
      const outputs = [result].flat().flatMap((part) => ("output" in part ? part.output : []));
      const scripts = outputs.flatMap((file) => (file.type === "chunk" ? [file.code] : []));
      const styles = outputs.flatMap((file) =>
        file.type === "asset" && file.fileName.endsWith(".css") ? [String(file.source)] : [],
      );
      const page = readFileSync(here("../index.html"), "utf8");
      writeFileSync(`${folder}/single.html`, inlined(page, scripts, styles));
    },
  };
}

/** The page with its script and styles in it. Replacements are functions: code is full of `$`. */
function inlined(page: string, scripts: readonly string[], styles: readonly string[]): string {
  const style = `<style>\n${styles.join("\n").replaceAll("</style", "<\\/style")}\n</style>`;
  const script = scripts
    .map(
      (code) =>
        `<script type="module">\n${code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--")}\n</script>`,
    )
    .join("\n");
  return page
    .replace(/<script type="module" src="[^"]*"><\/script>/, () => script)
    .replace("</head>", () => `${style}\n</head>`);
}
