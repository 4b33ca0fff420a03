import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FoxgloveServer } from "@foxglove/ws-protocol";
import type { WebSocket } from "ws";
import { messageOf } from "../base/index.ts";
import { type LogMessage, logChannels } from "../record/index.ts";
import type { Goal } from "../sim/index.ts";
import { listenError } from "./listen-error.ts";
import { decodeGoal } from "./ros/decode-messages.ts";
import { isTokenOf } from "./token.ts";

export type FoxgloveServeOptions = {
  readonly name: string;
  /** 0: any free one. */ readonly port: number;
  /** Takes a goal that a client published; returns why it refuses, for people. */
  readonly onGoal: (goal: Goal) => string | undefined;
};

/** A run as Foxglove, Lichtblick and other clients of their WebSocket protocol see it. */
export type FoxgloveServe = {
  /** `ws://127.0.0.1:8765/?token=...`, to be given to the client. */ readonly url: string;
  /** Clients that are connected. */ readonly clients: number;
  message(message: LogMessage): void;
  close(): Promise<void>;
};

/** A client that comes late is told the last message of each of these first. */
const LATCHED: readonly string[] = [
  "/map",
  "/keepout",
  "/speed_zones",
  "/path",
  "/goal",
  "/local_grid",
  "/scene",
];
/** A client that reads so much slower than the run goes misses messages. [bytes] */
const MAX_BEHIND = 2 ** 24;
/** Messages of clients are goals: longer ones are no goal. [bytes] */
const MAX_MESSAGE = 2 ** 16;
const GOAL_SCHEMAS = /(PoseStamped|PoseInFrame|PointStamped)$/;

type Client = { readonly socket: WebSocket; readonly say: (message: LogMessage) => void };

/**
 * Serves a run on 127.0.0.1 by the Foxglove WebSocket protocol, with the topics and schemas of a log as JSON. Only
 * clients whose address carries the token are answered. A client may publish a goal (`PoseStamped`, `PointStamped` or
 * `PoseInFrame`, as JSON, in the map's frame).
 *
 * Source: github.com/foxglove/ws-protocol.
 *
 * @throws ConfigError where the port is taken or may not be used
 */
export async function startFoxgloveServer(options: FoxgloveServeOptions): Promise<FoxgloveServe> {
  // Loaded where they are asked for: most runs are served to nobody.
  const [protocol, { WebSocketServer }] = await Promise.all([import("@foxglove/ws-protocol"), import("ws")]);
  const { FoxgloveServer } = namesOf(protocol);
  const subprotocol = FoxgloveServer.SUPPORTED_SUBPROTOCOL;
  const token = randomBytes(24).toString("base64url");
  const latched = new Map<string, LogMessage>();
  const clients = new Set<Client>();
  const http = createServer((_request, response) => {
    response.writeHead(426, { "Content-Type": "text/plain" });
    response.end("this is a Foxglove WebSocket server: open it as a connection in Foxglove or Lichtblick\n");
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  http.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const given = new URL(request.url ?? "", "ws://localhost").searchParams.get("token") ?? "";
    if (!isTokenOf(token, given)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nthe token is missing or wrong\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      if (client.protocol !== subprotocol) {
        client.close(1002, "expected the Foxglove WebSocket protocol");
        return;
      }
      const joined = join(new FoxgloveServer(describe(options.name)), client, options, latched);
      clients.add(joined);
      client.on("close", () => clients.delete(joined));
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, "--serve", options.port)));
    http.listen(options.port, "127.0.0.1", resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/?token=${token}`,
    get clients() {
      return clients.size;
    },
    message(message) {
      if (LATCHED.includes(message.topic)) latched.set(message.topic, message);
      for (const client of clients) client.say(message);
    },
    async close() {
      for (const { socket } of clients) socket.close(1001, "the run has ended");
      sockets.close();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
        setTimeout(() => {
          for (const { socket } of clients) socket.terminate();
        }, 200).unref();
      });
    },
  };
}

/** What a client is told of the server. */
function describe(name: string): ConstructorParameters<typeof FoxgloveServer>[0] {
  return { name, capabilities: ["clientPublish"], supportedEncodings: ["json"] };
}

/** What a package gives: of a CommonJS one Node.js may find no names, and gives all of them as its default. */
function namesOf<Names extends object>(names: Names): Names {
  return "default" in names ? (names.default as Names) : names;
}

/** Speaks the protocol with one client: a server of its own, so that it is told what it missed. */
function join(
  server: FoxgloveServer,
  socket: WebSocket,
  { onGoal }: FoxgloveServeOptions,
  latched: ReadonlyMap<string, LogMessage>,
): Client {
  const channels = new Map<string, number>();
  const topics = new Map<number, string>();
  const heard = new Set<number>();
  const send = (channel: number, { time, value }: LogMessage): void => {
    if (socket.bufferedAmount > MAX_BEHIND) return;
    server.sendMessage(
      channel,
      BigInt(Math.max(0, Math.round(time * 1e9))),
      new TextEncoder().encode(JSON.stringify(value)),
    );
  };
  const refuse = (message: string): void => server.sendStatus({ level: 1, message });
  server.on("error", () => {});
  server.on("subscribe", (channel) => {
    heard.add(channel);
    const missed = latched.get(topics.get(channel) ?? "");
    if (missed !== undefined) send(channel, missed);
  });
  server.on("unsubscribe", (channel) => heard.delete(channel));
  server.on("message", ({ channel, data }) => {
    try {
      if (!GOAL_SCHEMAS.test(channel.schemaName))
        return refuse(`${channel.schemaName} is no goal, expected PoseStamped, PointStamped or PoseInFrame`);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const { frame, goal } = decodeGoal(JSON.parse(new TextDecoder().decode(bytes)));
      const refusal =
        frame === "" || frame === "map"
          ? onGoal(goal)
          : `the goal is in frame "${frame.slice(0, 40)}", expected "map"`;
      if (refusal !== undefined) refuse(refusal);
    } catch (error) {
      refuse(`the goal cannot be read: ${messageOf(error)}`);
    }
  });
  server.handleConnection(socket as never, "client");
  for (const { topic, schemaName, schema } of logChannels()) {
    const id = server.addChannel({
      topic,
      encoding: "json",
      schemaName,
      schema,
      schemaEncoding: "jsonschema",
    });
    channels.set(topic, id);
    topics.set(id, topic);
  }
  return {
    socket,
    say(message) {
      const channel = channels.get(message.topic);
      if (channel !== undefined && heard.has(channel)) send(channel, message);
    },
  };
}
