import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const folder = new URL("../../dist/viewer/", import.meta.url).pathname;
const built = existsSync(join(folder, "index.html"));
/**
 * Most bytes of the viewer, gzipped, without the ONNX runtime and what undoes the compression of other writers' logs. 15 kB of it
 * read, compute and plot what other programs logged, and drive by hand.
 */
const BUDGET = 320_000;
/**
 * The demo plans for cars, too: their route (Hybrid A*, Reeds and Shepp's words) is 9 kB of it, people who walk there 6 kB, their
 * tracks, zones and a route in slices 5 kB.
 */
const DEMO_BUDGET = 328_000;
/** The ONNX runtime itself; and what only a compressed log asks for. */
const RUNTIME = /\/(ort[.-]wasm|(zstd|lz4)-)/;

/** Files whose names stand in a file, as it is or as it may ask for them later. */
function namedIn(file: string): string[] {
  if (!/\.(html|js|css)$/.test(file)) return [];
  const text = readFileSync(join(folder, file), "utf8");
  return readdirSync(join(folder, "assets"))
    .filter((asset) => text.includes(asset))
    .map((asset) => join("assets", asset));
}

/** Everything a page may ever load but for the runtime. */
function filesOf(page: string): Set<string> {
  const needed = new Set([page]);
  for (const file of needed) for (const other of namedIn(file)) if (!RUNTIME.test(other)) needed.add(other);
  return needed;
}

/** What a page loads when it is opened, with the worker that it starts then. */
function filesAtFirst(page: string, worker: string): Set<string> {
  const workers = [...filesOf(page)].filter((file) => file.includes(`/${worker}-`));
  expect(workers.length).toBe(1);
  return new Set([page, ...namedIn(page), ...workers]);
}

const listOf = (files: ReadonlySet<string>) =>
  [...files].map((file) => [file, gzipSync(readFileSync(join(folder, file))).length] as const);

function expectWithin(budget: number, files: ReadonlySet<string>): void {
  const sizes = listOf(files);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  expect(sizes.length).toBeGreaterThan(2);
  expect(total, sizes.map(([file, size]) => `${file} ${size}`).join("\n")).toBeLessThanOrEqual(budget);
}

describe.skipIf(!built)("the built viewer (skipped where dist/viewer is not built: npm run build)", () => {
  it("all that it may ever load is at most 320 kB, gzipped, without the ONNX runtime and decompression", () => {
    expectWithin(BUDGET, filesOf("index.html"));
  });

  it("the demo begins with at most 328 kB, gzipped, and a log is shown with at most 245 kB", () => {
    expectWithin(DEMO_BUDGET, filesAtFirst("demo.html", "demo-worker"));
    expectWithin(245_000, filesAtFirst("index.html", "log-worker"));
  });

  it("index.html asks for nothing from another server", () => {
    const page = readFileSync(join(folder, "index.html"), "utf8");
    for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g))
      expect(address).toMatch(/^(\.\/|data:)/);
  });

  it("licenses.md beside it has the licence of every package in its pages and workers", () => {
    const parts = readFileSync(join(folder, "licenses.md"), "utf8").split(/^## /m).slice(1);
    const names = parts.map((part) => part.slice(0, part.indexOf(" ")));
    expect(names).toEqual(
      expect.arrayContaining(["@mcap/core", "onnxruntime-web", "rxjs", "three", "uplot"]),
    );
    for (const part of parts) expect(part).toMatch(/copyright[\s\S]{300}/i);
  });
});
