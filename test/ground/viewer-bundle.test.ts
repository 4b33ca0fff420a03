import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const folder = new URL("../../dist/viewer/", import.meta.url).pathname;
const built = existsSync(join(folder, "index.html"));
/** Most bytes of the viewer, gzipped, without the ONNX runtime. */
const BUDGET = 300_000;
/** The ONNX runtime, and what is loaded with it, on demand, to run a network. */
const WITH_RUNTIME = /\/(ort[.-]|fetch-model-|compute-attention-)/;

/** Files that a page needs, directly or through others: named in its text or in theirs. */
function filesOf(page: string): string[] {
  const assets = readdirSync(join(folder, "assets"));
  const needed = new Set<string>([page]);
  for (const file of needed) {
    if (!/\.(html|js|css)$/.test(file)) continue;
    const text = readFileSync(join(folder, file), "utf8");
    for (const asset of assets) if (text.includes(asset)) needed.add(join("assets", asset));
  }
  return [...needed].filter((file) => !WITH_RUNTIME.test(file));
}

describe.skipIf(!built)("the built viewer (skipped where dist/viewer is not built: npm run build)", () => {
  for (const page of ["index.html", "demo.html"]) {
    it.skipIf(!existsSync(join(folder, page)))(
      `${page} needs at most 300 kB, gzipped, without the ONNX runtime`,
      () => {
        // The demo drives in the page: the reader of logs is loaded only for one that is dropped on it.
        const files = filesOf(page).filter((file) => page !== "demo.html" || !file.includes("log-worker"));
        const sizes = files.map((file) => [file, gzipSync(readFileSync(join(folder, file))).length] as const);
        const total = sizes.reduce((sum, [, size]) => sum + size, 0);
        expect(sizes.length).toBeGreaterThan(2);
        expect(total, sizes.map(([file, size]) => `${file} ${size}`).join("\n")).toBeLessThanOrEqual(BUDGET);
      },
    );
  }

  it("index.html asks for nothing from another server", () => {
    const page = readFileSync(join(folder, "index.html"), "utf8");
    for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g))
      expect(address).toMatch(/^(\.\/|data:)/);
  });
});
