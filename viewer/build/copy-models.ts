import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Puts the networks that come with the package beside the demo page, where there are any. */
export function copyModels(from: string, folder: string): Plugin {
  return {
    name: "mnemosyne-copy-models",
    apply: "build",
    closeBundle() {
      const models = existsSync(from) ? readdirSync(from).filter((name) => name.endsWith(".onnx")) : [];
      if (models.length === 0) return;
      mkdirSync(join(folder, "models"), { recursive: true });
      for (const name of models) copyFileSync(join(from, name), join(folder, "models", name));
    },
  };
}
