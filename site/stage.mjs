import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { FRONT, listPages, slugOf, TITLES } from "./pages.mjs";

const LINK = /(\]\()([^()\s#]+)(#[^()\s]*)?(\))/g;

/** Title of a page: its first heading, without marks. */
export function titleOf(text) {
  return (/^# (.*)$/m.exec(text)?.[1] ?? "").replace(/[`*]/g, "");
}

/**
 * A page as TypeDoc takes it: links to what is no page or picture of the site become `repo:PATH`, which `finish.mjs`
 * turns into links to the API reference or to a listing of the source. Blocks of code stay as they are; those that name no
 * language are text.
 *
 * @param text Markdown
 * @param page its path in the repository
 * @param isOnSite whether a path in the repository is a page or a picture
 */
export function rewriteLinks(text, page, isOnSite) {
  const rewrite = (_, open, target, anchor = "", close) => {
    if (/^[a-z]+:/i.test(target)) return open + target + anchor + close;
    const path = posix.normalize(posix.join(posix.dirname(page), target)).replace(/\/$/, "");
    return isOnSite(path) ? open + target + anchor + close : `${open}repo:${path}${anchor}${close}`;
  };
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) =>
      part.startsWith("```") ? part.replace(/^```\n/, "```text\n") : part.replace(LINK, rewrite),
    )
    .join("");
}

/** Writes all pages below `folder`, each where it is in the repository, and returns their paths there. */
export function stagePages(root, folder) {
  rmSync(folder, { recursive: true, force: true });
  const pages = listPages(root).filter(({ page }) => existsSync(join(root, page)));
  const known = new Set([FRONT, ...pages.map(({ page }) => page)]);
  const isOnSite = (path) => known.has(path) || /\.(svg|png|jpg)$/.test(path);
  for (const { page, chapter } of [{ page: FRONT, chapter: "" }, ...pages]) {
    const text = readFileSync(join(root, page), "utf8");
    const head = Object.entries({
      title: TITLES[page] ?? titleOf(text),
      category: chapter,
      slug: slugOf(page),
    });
    const lines = head.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    const matter = page === FRONT ? "" : `---\n${lines.join("")}---\n`;
    const file = join(folder, page);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, matter + rewriteLinks(text, page, isOnSite));
  }
  for (const pictures of ["docs/figures", "docs/viewer", "docs/run.svg"])
    cpSync(join(root, pictures), join(folder, pictures), { recursive: true });
  return { front: join(folder, FRONT), documents: pages.map(({ page }) => join(folder, page)) };
}
