import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

/** What the file says of one package. */
type PackageNotice = { readonly title: string; readonly text: string };

/** Owners of the packages that are under the MIT licence and bring no file with it. */
const MIT_OWNERS: Readonly<Record<string, string>> = {
  "onnxruntime-web": "Microsoft Corporation",
  "@foxglove/schemas": "Foxglove Technologies Inc",
};

/**
 * Writes `licenses.md` beside the pages: every package whose code is in the bundles, workers included, with its
 * licence's text. Two plugins share what they see: `seen()` goes to pages and workers, `written()` to the pages.
 */
export function notices(extra: readonly string[] = []): { seen(): Plugin; written(): Plugin } {
  const folders = new Set(extra.map((folder) => realpathSync(folder)));
  const seen = (): Plugin => ({
    name: "mnemosyne-notices-seen",
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
          const folder = packageFolder(id);
          if (folder !== undefined && renderedLength > 0) folders.add(folder);
        }
      }
    },
  });
  const written = (): Plugin => ({
    name: "mnemosyne-notices",
    apply: "build",
    generateBundle: {
      order: "post",
      handler() {
        const parts = [...folders].map(readNotice).sort((a, b) => (a.title < b.title ? -1 : 1));
        const source = [
          "# What these pages are made of besides Mnemosyne MPC",
          "",
          ...parts.flatMap(({ title, text }) => [`## ${title}`, "", text.trim(), ""]),
        ].join("\n");
        this.emitFile({ type: "asset", fileName: "licenses.md", source });
      },
    },
  });
  return { seen, written };
}

/** Folder of the package that a module belongs to; `undefined` for our own modules. */
function packageFolder(id: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replace(/^\0/, ""))?.[0];
}

function readNotice(folder: string): PackageNotice {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
  if (texts.length === 0 && license === "MIT" && name in MIT_OWNERS) texts.push(mitOf(MIT_OWNERS[name]));
  if (texts.length === 0) throw new Error(`${name} is bundled and brings no licence: name its owner here`);
  return { title: `${name} ${version} (${license})`, text: texts.join("\n\n") };
}

/** The MIT licence's text, which is our own with another owner. */
function mitOf(owner: string): string {
  const own = readFileSync(fileURLToPath(new URL("../../LICENSE", import.meta.url)), "utf8");
  return own.replace(/^Copyright .*$/m, `Copyright (c) ${owner}`);
}
