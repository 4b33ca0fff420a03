import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

const escapeHtml = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Comments, strings and keywords of TypeScript and its kin; the rest is plain. */
const TOKENS =
  /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\b(import|export|from|const|let|function|return|type|if|else|for|of|in|while|new|throw|class|extends|async|await|readonly|switch|case|break|continue|default|try|catch|finally|typeof|as)\b/g;

function colour(text) {
  let html = "";
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    const kind = match[1] !== undefined ? "c" : match[2] !== undefined ? "s" : "k";
    const pieces = match[0].split("\n").map((line) => `<span class="${kind}">${escapeHtml(line)}</span>`);
    html += escapeHtml(text.slice(at, match.index)) + pieces.join("\n");
    at = match.index + match[0].length;
  }
  return html + escapeHtml(text.slice(at));
}

/** The largest file that is shown with its lines. [bytes] */
const MAX_SHOWN = 400_000;

/**
 * The page of a file or folder of the repository: lines with anchors `L1`, `L2`, ..., or what the folder holds.
 *
 * @returns `html`, and `entries`: the paths that the page links to
 */
export function listSourcePage(root, path) {
  const up = "../".repeat(path.split("/").length);
  const full = join(root, path);
  if (statSync(full).isDirectory()) {
    const entries = readdirSync(full, { withFileTypes: true })
      .filter(({ name }) => name !== "node_modules" && !name.startsWith("."))
      .filter((entry) => entry.isDirectory() || /\.(ts|mjs|json|md|sh|html|css|yaml)$/.test(entry.name))
      .map((entry) => posix.join(path, entry.name))
      .sort();
    const items = entries.map((entry) => {
      const name = posix.basename(entry);
      return `<li><a href="${posix.basename(path)}/${name}.html">${escapeHtml(name)}</a></li>`;
    });
    return { html: frame(path, up, `<ul>${items.join("")}</ul>`), entries };
  }
  const text = statSync(full).size > MAX_SHOWN ? "(too long to be shown)" : readFileSync(full, "utf8");
  const shown = /\.(ts|mjs|js)$/.test(path) ? colour(text) : escapeHtml(text);
  const lines = shown.replace(/\n$/, "").split("\n");
  const rows = lines.map((line, i) => `<span class="line" id="L${i + 1}">${line}</span>`);
  return { html: frame(path, up, `<pre class="source">${rows.join("\n")}</pre>`), entries: [] };
}

function frame(path, up, body) {
  return `<!doctype html>
<html class="default" lang="en">
<head>
<meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${escapeHtml(path)} | Mnemosyne MPC</title>
<link rel="icon" href="${up}assets/favicon.svg" type="image/svg+xml" />
<link rel="stylesheet" href="${up}assets/style.css" /><link rel="stylesheet" href="${up}assets/custom.css" />
</head>
<body>
<script>document.documentElement.dataset.theme = localStorage.getItem("tsd-theme") || "os"</script>
<header class="tsd-page-toolbar"><div class="tsd-toolbar-contents container"><a class="title" href="${up}index.html">Mnemosyne MPC</a></div></header>
<main class="container source-page"><h1>${escapeHtml(path)}</h1>
${body}
</main>
</body>
</html>
`;
}
