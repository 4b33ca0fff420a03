import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "vite";

/** Puts the networks that come with the package beside the demo page, where there are any. */
export function copyModels(from: string): Plugin {
  let folder = "";
  return {
    name: "mnemosyne-copy-models",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      const models = existsSync(from) ? readdirSync(from).filter((name) => name.endsWith(".onnx")) : [];
      if (models.length === 0) return;
      mkdirSync(join(folder, "models"), { recursive: true });
      for (const name of models) copyFileSync(join(from, name), join(folder, "models", name));
    },
  };
}
