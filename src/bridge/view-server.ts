import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { listenError } from "./listen-error.ts";
import { refusalOf } from "./request-guard.ts";
import { sendFile, sendText } from "./send-file.ts";
import type { ServedFiles } from "./served-files.ts";
import { isTokenOf } from "./token.ts";

/** Answers some paths itself, before files are looked at. @returns whether it did */
export type HttpRoute = (request: IncomingMessage, response: ServerResponse, path: string) => boolean;

export type ViewServerOptions = {
  readonly files: ServedFiles;
  /** 0: any free one. */ readonly port: number;
  readonly route?: HttpRoute;
};

/**
 * A server on 127.0.0.1 that serves nothing but the files it was given, and these only under a path that nobody can
 * guess: other users of the machine reach the port, too.
 */
export type ViewServer = {
  /** Without a path, such as `http://127.0.0.1:40123`. */ readonly origin: string;
  /** Where all paths begin: `http://127.0.0.1:40123/TOKEN`. */ readonly base: string;
  readonly port: number;
  /** Ends every connection. */ close(): Promise<void>;
};

/**
 * Starts the server.
 *
 * @throws ConfigError where the port is taken or may not be used
 */
export async function startViewServer(options: ViewServerOptions): Promise<ViewServer> {
  const { files, route } = options;
  const token = randomBytes(24).toString("base64url");
  let port = options.port;
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, port);
    if (refusal !== undefined) return sendText(response, refusal.status, refusal.message);
    const whole = pathOf(request.url ?? "");
    if (whole === undefined) return sendText(response, 400, "the path cannot be read");
    const [, given, path] = /^\/([^/]*)(\/.*)$/s.exec(whole) ?? ["", "", ""];
    if (!isTokenOf(token, given))
      return sendText(response, 403, "the token is missing or wrong: use the whole address that was printed");
    if (route?.(request, response, path) === true) return;
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return sendText(response, 405, "only GET and HEAD are answered here");
    }
    const file = files.get(path);
    if (file === undefined) return sendText(response, 404, "not among the files that are served");
    void sendFile(request, response, file);
  });
  server.headersTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, "--port", port)));
    server.listen(port, "127.0.0.1", resolve);
  });
  port = (server.address() as AddressInfo).port;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    base: `${origin}/${token}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The decoded path of a request; undefined where it is not valid UTF-8 or holds a NUL. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0]);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}
