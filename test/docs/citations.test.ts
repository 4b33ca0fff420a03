import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDERS = ["src", "viewer/src", "viewer/build", "test", "examples", "scripts", "bin"];

/** A document that a text names, with the heading where it names one. */
type Citation = { readonly document: string; readonly anchor?: string };

/** Documents named in a text: `docs/solver.md#gains`, `CONTRIBUTING.md`. Files of users (`card.md`) do not count. */
function citationsIn(text: string): Citation[] {
  return [
    ...text.matchAll(/(?<![\w/.])((?:[a-z][\w-]*\/)+[\w-]+\.md|[A-Z][A-Z_-]{2,}\.md)(?:#([\w-]+))?/g),
  ].map(([, document, anchor]) => ({ document: document!, ...(anchor === undefined ? {} : { anchor }) }));
}

/** Names of documents that were never part of this repository, cited as if everybody had them. */
function privateNamesIn(text: string): string[] {
  return [...text.matchAll(/\bMATH\b|\bARCHITECTURE\b|\bSTYLE\b guide|\bsection \d of the design\b/g)].map(
    ([name]) => name,
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...page.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[`*_]|[^\p{L}\p{N} -]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

function complaintsAbout(text: string): string[] {
  const broken = citationsIn(text).flatMap(({ document, anchor }) => {
    if (!existsSync(join(ROOT, document))) return [`${document} is not there`];
    const page = readFileSync(join(ROOT, document), "utf8");
    return anchor === undefined || anchorsOf(page).includes(anchor) ? [] : [`${document} has no #${anchor}`];
  });
  return [...broken, ...privateNamesIn(text).map((name) => `${name} is no document of this repository`)];
}

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name)),
);

test("every document that a comment cites is in the repository, with the heading it names", () => {
  const complaints = sources.flatMap((file) =>
    parseSync(file, readFileSync(file, "utf8")).comments.flatMap(({ value }) =>
      complaintsAbout(value).map((complaint) => `${file.slice(ROOT.length)}: ${complaint}`),
    ),
  );
  expect(complaints).toEqual([]);
});

test("every heading that a page links to is there", () => {
  const pages = ["README.md", "CONTRIBUTING.md", "datasets/README.md"].concat(
    readdirSync(join(ROOT, "docs"))
      .filter((file) => file.endsWith(".md"))
      .map((file) => `docs/${file}`),
  );
  const complaints = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)#:]*\.md)?#([^)]+)\)/g)].flatMap(
      ([, target, anchor]) => {
        const file = target === undefined ? page : join(page, "..", target);
        return existsSync(join(ROOT, file)) &&
          anchorsOf(readFileSync(join(ROOT, file), "utf8")).includes(anchor!)
          ? []
          : [`${page} links to ${target ?? ""}#${anchor}`];
      },
    ),
  );
  expect(complaints).toEqual([]);
});

test("a citation of what is not there is seen", () => {
  expect(complaintsAbout("as in docs/no-such-page.md#merit says")).toEqual([
    "docs/no-such-page.md is not there",
  ]);
  expect(complaintsAbout("docs/architecture.md#no-such-heading")).toEqual([
    "docs/architecture.md has no #no-such-heading",
  ]);
  expect(complaintsAbout("MATH section 4")).toEqual(["MATH is no document of this repository"]);
  expect(complaintsAbout("what CLI.md asks")).toEqual(["CLI.md is not there"]);
  expect(complaintsAbout("writes card.md beside it; docs/architecture.md")).toEqual([]);
  expect(anchorsOf("# One `QP`, two ways\n```\n# no heading\n```\n## 3. Largest share (`full`)\n")).toEqual([
    "one-qp-two-ways",
    "3-largest-share-full",
  ]);
});
