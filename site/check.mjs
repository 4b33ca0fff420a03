import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { listHtml } from "./finish.mjs";

const decode = (text) =>
  decodeURI(
    text
      .replace(/&amp;/g, "&")
      .replace(/&#(x?)([\da-f]+);/gi, (_, hex, n) => String.fromCodePoint(parseInt(n, hex ? 16 : 10))),
  );

/** Scripts stand apart: what they hold is not the page's text. */
const withoutScripts = (html) =>
  html.replace(/<script\b[^>]*>[\s\S]*?<\/script>/g, (script) => script.slice(0, script.indexOf(">") + 1));

/**
 * What is wrong with the links of a built site: targets and anchors that are not there, placeholders that were left, and
 * whatever a browser would load from elsewhere.
 *
 * @param folder root of the site
 * @returns a sentence for each
 */
export function findDeadLinks(folder) {
  const anchors = new Map();
  const anchorsOf = (page) => {
    if (!anchors.has(page)) {
      const text = withoutScripts(readFileSync(join(folder, page), "utf8"));
      anchors.set(page, new Set([...text.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => decode(id))));
    }
    return anchors.get(page);
  };
  const complaints = [];
  for (const page of listHtml(folder)) {
    const html = withoutScripts(readFileSync(join(folder, page), "utf8"));
    const base = posix.join(posix.dirname(page), /<base href="([^"]*)"/.exec(html)?.[1] ?? "");
    for (const [, tag, attribute, raw] of html.matchAll(/<(\w+)\b[^>]*?\s(href|src)="([^"]*)"/g)) {
      if (tag === "base") continue;
      const complaint = complaintAbout(tag, attribute, decode(raw), page, base);
      if (complaint !== undefined) complaints.push(`${page}: ${complaint}`);
    }
  }
  return complaints;

  function complaintAbout(tag, attribute, link, page, base) {
    if (/^data:/.test(link)) return undefined;
    if (/^(https?:)?\/\//.test(link)) return tag === "a" ? undefined : `${tag} ${attribute} loads ${link}`;
    if (/^mailto:/.test(link)) return undefined;
    if (/^[a-z]+:/i.test(link) || link.startsWith("/")) return `${link} works nowhere`;
    const [path, anchor = ""] = link.split("#");
    let target = path === "" ? page : posix.join(base, path.replace(/\?.*$/, ""));
    const full = join(folder, target);
    if (!existsSync(full)) return `${link} is not there`;
    if (statSync(full).isDirectory()) {
      target = posix.join(target, "index.html");
      if (!existsSync(join(folder, target))) return `${link} has no index.html`;
    }
    if (anchor === "" || !target.endsWith(".html")) return undefined;
    return anchorsOf(target).has(anchor) ? undefined : `${link} has no such anchor`;
  }
}
