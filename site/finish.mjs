import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { listSourcePage } from "./source-page.mjs";

/** All HTML pages below a folder, as paths in it. */
export function listHtml(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".html"))
    .map((entry) => posix.join(entry.parentPath.slice(folder.length + 1), entry.name));
}

/**
 * Address, from the site's root, of what `repo:PATH` stands for: a door's page for a room, the reference's page for an
 * export that the link is written as, else a listing of the file or folder.
 */
export function addressOf(path, label, isPage) {
  const room = /^src\/([\w-]+)(?:\/index\.ts)?$/.exec(path)?.[1];
  if (room !== undefined && isPage(`api/${room}.html`)) return `api/${room}.html`;
  const home = /^src\/([\w-]+)\//.exec(path)?.[1];
  const name = `api/${home}/${label}.html`;
  if (home !== undefined && label !== undefined && isPage(name)) return name;
  return `source/${path}.html`;
}

const PLACEHOLDER = /(<a\b[^>]*?\bhref=")(repo|site):([^"#]*)(#[^"]*)?("[^>]*>)(?:<code>(\w+)<\/code>)?/g;

/**
 * Makes links of all `repo:` and `site:` placeholders of a built site, relative to their pages, so that the site works from
 * any folder of any server, and writes a page for every file of the repository that is linked to.
 */
export function finishLinks(root, out) {
  const pages = listHtml(out);
  const present = new Set(pages);
  const sources = new Set();
  for (const page of pages) {
    const file = join(out, page);
    const text = readFileSync(file, "utf8");
    const done = text.replace(PLACEHOLDER, (whole, open, kind, target, anchor = "", close, label) => {
      const path = decodeURI(target);
      const address = kind === "site" ? path : addressOf(path, label, (page) => present.has(page));
      if (address.startsWith("source/")) sources.add(path);
      const kept = address.startsWith("api/") ? "" : anchor;
      const body = whole.slice(whole.indexOf(close) + close.length);
      return `${open}${posix.relative(posix.dirname(page), address)}${kept}${close.replace(/ (class="external"|target="_blank")/g, "")}${body}`;
    });
    const linked = page.startsWith("api/") ? linkPages(done, page, present) : done;
    if (linked !== text) writeFileSync(file, linked);
  }
  writeSources(root, out, sources);
}

/** Makes links of the pages that doc comments name: `docs/solver.md#gains`. */
function linkPages(html, page, present) {
  return html.replace(/(?<=[\s(>])docs\/([\w-]+)\.md(#[\w-]+)?/g, (text, name, anchor = "") => {
    const address = `docs/${name}.html`;
    if (!present.has(address)) return text;
    return `<a href="${posix.relative(posix.dirname(page), address)}${anchor}">${text}</a>`;
  });
}

/** Pages of files and folders; a folder's page links to what is in it. */
function writeSources(root, out, wanted) {
  const todo = [...wanted];
  const done = new Set();
  while (todo.length > 0) {
    const path = todo.pop();
    if (done.has(path) || !existsSync(join(root, path))) continue; // what is not there the check of links tells
    done.add(path);
    const { html, entries } = listSourcePage(root, path);
    const file = join(out, "source", `${path}.html`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, html);
    todo.push(...entries);
  }
}
