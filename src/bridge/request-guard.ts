import type { IncomingMessage } from "node:http";

/** Why a request is refused: an HTTP status and a sentence. */
export type RequestRefusal = { readonly status: number; readonly message: string };

/** The names by which a browser on this machine reaches the server. */
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"] as const;

/**
 * Decides whether a request comes from the viewer's own page on this machine.
 *
 * - `Host` must be a loopback name with the server's port: a foreign name that resolves to 127.0.0.1 (DNS
 *   rebinding) is refused.
 * - `Origin`, where the browser sends one, must be the server's own.
 * - `Sec-Fetch-Site` must not be `cross-site`, but for a link somebody clicked.
 *
 * Source: Fetch standard, "Origin header" and W3C "Fetch Metadata Request Headers".
 */
export function refusalOf(request: IncomingMessage, port: number): RequestRefusal | undefined {
  const { host, origin } = request.headers;
  const hosts = LOOPBACK_NAMES.map((name) => `${name}:${port}`);
  if (port === 80) hosts.push(...LOOPBACK_NAMES);
  if (host === undefined || !hosts.includes(host.toLowerCase()))
    return { status: 403, message: `Host is not this server's; expected one of ${hosts.join(", ")}` };
  if (origin !== undefined && !hosts.some((name) => origin.toLowerCase() === `http://${name}`))
    return { status: 403, message: "requests of other sites are refused" };
  const link = request.headers["sec-fetch-mode"] === "navigate" && request.method === "GET";
  if (request.headers["sec-fetch-site"] === "cross-site" && !link)
    return { status: 403, message: "requests of other sites are refused" };
  return undefined;
}
