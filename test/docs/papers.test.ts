import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8").replaceAll("\\|", "|");

/** Pages whose equations name their function and the test that holds them. */
const pages = ["docs/solver.md", "docs/associative-memory.md"].map((page) => ({ page, text: read(page) }));

test("every function and type that an equation names is in the file it names", () => {
  for (const { page, text } of pages) {
    const named = [...text.matchAll(/\[`(\w+)`\]\(\.\.\/(src\/[\w/-]+\.ts)\)/g)];
    expect(named.length, page).toBeGreaterThan(3);
    for (const [, name, file] of named)
      expect(read(file!), `${name} in ${file}`).toMatch(
        new RegExp(`^export (function|type) ${name}\\b`, "m"),
      );
  }
});

test("every test that holds an equation is in the file it names", () => {
  for (const { page, text } of pages) {
    const held = [...text.replace(/\n/g, " ").matchAll(/\]\(\.\.\/(test\/[\w/.-]+\.ts)\), "([^"]+)"/g)];
    expect(held.length, page).toBeGreaterThan(3);
    for (const [, file, name] of held) expect(read(file!), file).toContain(`"${name}"`);
  }
});
