import { decodeBase64Text, encodeBase64Bytes } from "./base64-bytes.ts";

/** A log inside of a page. */
export type EmbeddedLog = { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };

const ID = "mnemosyne-log";

/** The logs that this page was exported with, in order; none in the viewer itself. */
export function embeddedLogs(root: ParentNode = document): EmbeddedLog[] {
  return [...root.querySelectorAll<HTMLElement>(`script[data-${ID}]`)].map((script) => ({
    name: script.getAttribute(`data-${ID}`) ?? "run",
    bytes: decodeBase64Text(script.textContent ?? ""),
  }));
}

/**
 * A page with logs in it.
 *
 * @param page the viewer in a single file
 * @param fragment of the address: the view it opens with
 */
export function embedLogs(page: string, logs: readonly EmbeddedLog[], fragment = ""): string {
  const scripts = logs.map(
    ({ name, bytes }) =>
      `<script type="application/mcap+base64" data-${ID}="${attribute(name)}">${encodeBase64Bytes(bytes)}</script>`,
  );
  const view =
    fragment === ""
      ? ""
      : `<script>if (!location.hash) location.hash = ${JSON.stringify(fragment).replaceAll("<", "\\u003c")};</script>`;
  const at = page.indexOf("<script");
  if (at < 0) throw new Error("the page to export into has no script");
  return `${page.slice(0, at)}${view}${scripts.join("\n")}\n${page.slice(at)}`;
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
