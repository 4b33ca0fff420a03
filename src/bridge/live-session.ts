import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../base/index.ts";
import type { LiveCommand } from "../drive/index.ts";
import { type LiveState, type LogMessage, parseLiveCommand, type RunMeta } from "../record/index.ts";
import { SAFE_HEADERS, sendText } from "./send-file.ts";
import { isTokenOf } from "./token.ts";
import type { HttpRoute } from "./view-server.ts";

/** What is shown of a run; the other topics of a log say the same again, for other viewers. */
const TOPICS: readonly string[] = [
  "/map",
  "/local_grid",
  "/path",
  "/keepout",
  "/speed_zones",
  "/diagnostics",
  "/log",
];
/** What a page that comes late is told first, if it would have missed it. */
const STANDING: readonly string[] = ["/map", "/keepout", "/speed_zones", "/path"];
/** Text kept for pages that come late or again; older ticks are forgotten. [characters] */
const KEPT = 2 ** 27;
/** A page that reads so much slower than the run goes is cut off; it may come again. [bytes] */
const MAX_BEHIND = 2 ** 26;
const MAX_COMMAND = 4096;

/** One live run as its pages see it: events go out, commands come in, both only with the token. */
export type LiveSession = {
  /** In the address of the page; nobody without it may listen or command. */ readonly token: string;
  readonly route: HttpRoute;
  /** Pages that listen. */ readonly pages: number;
  /** Settles when the first page listens. */ readonly firstPage: Promise<void>;
  message(message: LogMessage): void;
  state(state: LiveState): void;
  /** Ends the stream of events; pages do not come again. */ end(): void;
};

type Kept = { readonly id: number; readonly topic: string; readonly text: string };

/**
 * Creates the session of a run.
 *
 * @param take is given every command; it returns why it refuses one, for people
 */
export function createLiveSession(
  run: { readonly name: string; readonly meta: RunMeta },
  take: (command: LiveCommand) => string | undefined,
): LiveSession {
  const token = randomBytes(24).toString("base64url");
  const pages = new Set<ServerResponse>();
  const standing = new Map<string, Kept>();
  let kept: Kept[] = [];
  let keptSize = 0;
  let id = 0;
  let state: LiveState = { state: "waiting", note: "the run begins" };
  let arrive = (): void => {};
  const firstPage = new Promise<void>((resolve) => {
    arrive = resolve;
  });

  const send = (text: string): void => {
    for (const page of pages) {
      if (page.writableLength > MAX_BEHIND) {
        pages.delete(page);
        page.destroy();
      } else page.write(text);
    }
  };
  const forget = (): void => {
    let dropped = 0;
    while (keptSize > KEPT && dropped < kept.length) {
      const old = kept[dropped++];
      keptSize -= old.text.length;
      if (STANDING.includes(old.topic)) standing.set(old.topic, old);
    }
    if (dropped > 0) kept = kept.slice(dropped);
  };
  const stateText = (): string => `event: state\ndata: ${JSON.stringify(state)}\n\n`;

  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    const seen = Number(request.headers["last-event-id"] ?? 0) || 0;
    response.writeHead(200, {
      ...SAFE_HEADERS,
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store",
    });
    response.write(`retry: 1000\nevent: meta\ndata: ${JSON.stringify(run)}\n\n`);
    for (const item of [...standing.values(), ...kept]) if (item.id > seen) response.write(item.text);
    response.write(stateText());
    pages.add(response);
    response.on("close", () => pages.delete(response));
    arrive();
  };

  const command = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const refusal = take(parseLiveCommand(JSON.parse(await readBody(request))));
      if (refusal !== undefined) return sendText(response, 409, refusal);
      response.writeHead(204, SAFE_HEADERS);
      response.end();
    } catch (error) {
      sendText(response, 400, messageOf(error));
    }
  };

  return {
    token,
    firstPage,
    get pages() {
      return pages.size;
    },
    route(request, response, path) {
      if (!path.startsWith("/live/")) return false;
      const query = new URL(request.url ?? "", "http://localhost").searchParams;
      const given = request.headers["x-mnemosyne-token"] ?? query.get("token") ?? "";
      if (!isTokenOf(token, String(given))) {
        sendText(response, 403, "the token of this run is missing or wrong: use the address it printed");
      } else if (path === "/live/events" && request.method === "GET") {
        listen(request, response);
      } else if (path === "/live/command" && request.method === "POST") {
        void command(request, response);
      } else sendText(response, 404, "expected GET /live/events or POST /live/command");
      return true;
    },
    message(message) {
      if (!TOPICS.includes(message.topic)) return;
      id++;
      const text = `id: ${id}\ndata: ${JSON.stringify(message)}\n\n`;
      kept.push({ id, topic: message.topic, text });
      keptSize += text.length;
      forget();
      send(text);
    },
    state(next) {
      state = next;
      send(stateText());
    },
    end() {
      for (const page of pages) page.end();
      pages.clear();
    },
  };
}

/** @throws Error where it is too long */
async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_COMMAND) throw new Error(`a command has at most ${MAX_COMMAND} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
