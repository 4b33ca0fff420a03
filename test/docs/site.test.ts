import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const part = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(ROOT, "site", name)).href);

const folder = mkdtempSync(join(tmpdir(), "site-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(pages: Readonly<Record<string, string>>): void {
  for (const [page, text] of Object.entries(pages)) {
    mkdirSync(dirname(join(folder, page)), { recursive: true });
    writeFileSync(join(folder, page), text);
  }
}

test("a dead link, a dead anchor, an absolute path and a picture of another host are told", async () => {
  const { findDeadLinks } = await part("check.mjs");
  write({
    "index.html":
      '<p id="here"><a href="docs/a.html#top">a</a> <a href="#here">here</a> <a href="https://x.org">x</a>',
    "docs/a.html":
      '<h1 id="top">A</h1><a href="b.html">b</a><a href="../index.html#gone">c</a><a href="/abs.html">d</a>' +
      '<img src="https://x.org/y.png"><a href="repo:src/x.ts">e</a><script>"<a href=nowhere>"</script>',
  });
  expect(findDeadLinks(folder)).toEqual([
    "docs/a.html: b.html is not there",
    "docs/a.html: ../index.html#gone has no such anchor",
    "docs/a.html: /abs.html works nowhere",
    "docs/a.html: img src loads https://x.org/y.png",
    "docs/a.html: repo:src/x.ts works nowhere",
  ]);
});

test("a link to the code leads to the reference where it is written as an export, else to the source", async () => {
  const { addressOf } = await part("finish.mjs");
  const isPage = (page: string): boolean => ["api/sqp.html", "api/sqp/solve.html"].includes(page);
  expect(addressOf("src/sqp", undefined, isPage)).toBe("api/sqp.html");
  expect(addressOf("src/sqp/solve.ts", "solve", isPage)).toBe("api/sqp/solve.html");
  expect(addressOf("src/sqp/solve.ts", "others", isPage)).toBe("source/src/sqp/solve.ts.html");
  expect(addressOf("src/cli", undefined, isPage)).toBe("source/src/cli.html");
});

test("links among pages stay, links to the code are marked, blocks of code are left alone", async () => {
  const { rewriteLinks } = await part("stage.mjs");
  const text = "[a](solver.md#gains) [b](../src/sqp) [c](https://x.org)\n```\n[d](../src/x.ts)\n```\n";
  expect(rewriteLinks(text, "docs/walk.md", (path: string) => path === "docs/solver.md")).toBe(
    "[a](solver.md#gains) [b](repo:src/sqp) [c](https://x.org)\n```text\n[d](../src/x.ts)\n```\n",
  );
});

test("every page of docs/ is in the site, once", async () => {
  const { FRONT, listPages, slugOf } = await part("pages.mjs");
  const pages: string[] = listPages(ROOT).map(({ page }: { page: string }) => page);
  const files = readdirSync(join(ROOT, "docs")).filter((file) => file.endsWith(".md"));
  for (const file of files) expect([FRONT, ...pages], file).toContain(`docs/${file}`);
  expect(new Set(pages.map(slugOf)).size).toBe(pages.length);
});

test("every door that a page names is one of the package", () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const files = readdirSync(join(ROOT, "docs")).filter((file) => file.endsWith(".md"));
  const unknown = ["README.md", ...files.map((file) => `docs/${file}`)].flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/(?<!\/)\bmnemosyne-mpc\/([a-z-]+(?:\/node)?)/g)]
      .filter(([, door]) => door !== "schemas" && exports[`./${door}`] === undefined)
      .map(([name]) => `${page}: ${name}`),
  );
  expect(unknown).toEqual([]);
});
