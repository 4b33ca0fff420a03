import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** Headers of every answer: nobody else may frame, embed, sniff or learn of what is served. */
export const SAFE_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
} as const;

/** Answers with a sentence. */
export function sendText(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...SAFE_HEADERS, "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${message}\n`);
}

/** Answers GET or HEAD with a file or the range of it that was asked for; a file that is gone gives 404. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
): Promise<void> {
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile() !== true) return sendText(response, 404, "the file is gone");
  const etag = `"${info.size.toString(16)}-${Math.trunc(info.mtimeMs).toString(16)}"`;
  const unchanged = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const range = unchanged ? parseByteRange(request.headers.range, info.size) : "whole";
  const headers = {
    ...SAFE_HEADERS,
    "Content-Type": TYPES[extname(file).toLowerCase()] ?? "application/octet-stream",
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-cache",
    ETag: etag,
  };
  if (range === "unsatisfiable") {
    response.writeHead(416, { ...headers, "Content-Range": `bytes */${info.size}` });
    response.end();
    return;
  }
  const { first, last } = range === "whole" ? { first: 0, last: info.size - 1 } : range;
  response.writeHead(range === "whole" ? 200 : 206, {
    ...headers,
    "Content-Length": last - first + 1,
    ...(range === "whole" ? {} : { "Content-Range": `bytes ${first}-${last}/${info.size}` }),
  });
  if (request.method === "HEAD" || info.size === 0) {
    response.end();
    return;
  }
  // A page that goes away in the middle, or a file that is cut short meanwhile, ends this answer alone.
  await pipeline(createReadStream(file, { start: first, end: last }), response).catch(() => {
    response.destroy();
  });
}

/** First and last byte, both included. */
export type ByteRange = { readonly first: number; readonly last: number };

/**
 * Reads a `Range` header against a file's size.
 *
 * @returns a range inside the file; "whole" where there is no header, or one that may be ignored (several
 *   ranges, another unit, bad syntax); "unsatisfiable" for one that begins behind the end
 * Source: RFC 9110, sections 14.1.2 and 14.2.
 */
export function parseByteRange(
  header: string | undefined,
  size: number,
): ByteRange | "whole" | "unsatisfiable" {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return "whole";
  if (match[1] === "") {
    const length = Math.min(size, Number(match[2]));
    return length === 0 ? "unsatisfiable" : { first: size - length, last: size - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === "" ? size - 1 : Math.min(size - 1, Number(match[2]));
  if (match[2] !== "" && Number(match[2]) < first) return "whole";
  return first >= size ? "unsatisfiable" : { first, last };
}
