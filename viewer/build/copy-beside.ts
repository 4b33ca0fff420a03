import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Plugin } from "vite";

/** Puts files as they are into a folder beside the pages. */
export function copyBeside(to: string, files: readonly string[]): Plugin {
  let folder = "";
  return {
    name: `mnemosyne-copy-${to}`,
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir, to);
    },
    closeBundle() {
      if (files.length > 0) mkdirSync(folder, { recursive: true });
      for (const file of files) copyFileSync(file, join(folder, basename(file)));
    },
  };
}

/** The networks in a folder, where there are any. */
export function listModels(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name.endsWith(".onnx")).map((name) => join(folder, name));
}
