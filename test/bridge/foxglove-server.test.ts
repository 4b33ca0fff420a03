import { FoxgloveClient } from "@foxglove/ws-protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type FoxgloveServe, startFoxgloveServer } from "../../src/bridge/foxglove-server.ts";
import { TOPICS } from "../../src/record/index.ts";
import type { Goal } from "../../src/sim/index.ts";

// Against the client of the protocol's authors.
let server: FoxgloveServe;
let goals: Goal[];
let sockets: WebSocket[];

beforeEach(async () => {
  goals = [];
  sockets = [];
  server = await startFoxgloveServer({
    name: "a run",
    port: 0,
    onGoal(goal) {
      goals.push(goal);
      return goal.x > 100 ? "outside the map" : undefined;
    },
  });
});
afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await server.close();
});

function connect(url = server.url): FoxgloveClient {
  const socket = new WebSocket(url, [FoxgloveClient.SUPPORTED_SUBPROTOCOL]);
  sockets.push(socket);
  return new FoxgloveClient({ ws: socket as never });
}
const heard = <T>(client: FoxgloveClient, event: string): Promise<T> =>
  new Promise((resolve) => client.on(event as never, resolve as never));
type Channel = {
  readonly id: number;
  readonly topic: string;
  readonly schemaName: string;
  readonly schema: string;
};
const text = (data: DataView): unknown => JSON.parse(new TextDecoder().decode(data));

/** A client with the channels it was told of. */
async function join(): Promise<{ client: FoxgloveClient; channels: Channel[] }> {
  const client = connect();
  const channels: Channel[] = [];
  await new Promise<void>((resolve) =>
    client.on("advertise", (more: Channel[]) => {
      channels.push(...more);
      if (channels.length === TOPICS.length) resolve();
    }),
  );
  return { client, channels };
}

describe("a run served by Foxglove's protocol", () => {
  it("announces every topic of a log with its schema, and sends what is subscribed to", async () => {
    const { client, channels } = await join();
    expect(channels.map(({ topic }) => topic)).toEqual(TOPICS);
    const goal = channels.find(({ topic }) => topic === "/goal")!;
    expect([goal.schemaName, JSON.parse(goal.schema).title]).toEqual([
      "foxglove.PoseInFrame",
      "foxglove.PoseInFrame",
    ]);
    const subscription = client.subscribe(goal.id);
    const message = heard<{ subscriptionId: number; timestamp: bigint; data: DataView }>(client, "message");
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.message({ topic: "/command", time: 1, value: { not: "asked for" } });
    server.message({ topic: "/goal", time: 1.5, value: { here: 1 } });
    const { subscriptionId, timestamp, data } = await message;
    expect([subscriptionId, timestamp, text(data)]).toEqual([subscription, 1_500_000_000n, { here: 1 }]);
  });

  it("tells every client that comes late the map it missed", async () => {
    server.message({ topic: "/map", time: 0, value: { old: true } });
    server.message({ topic: "/map", time: 1, value: { old: false } });
    for (let i = 0; i < 2; i++) {
      const { client, channels } = await join();
      client.subscribe(channels.find(({ topic }) => topic === "/map")!.id);
      const { data } = await heard<{ data: DataView }>(client, "message");
      expect(text(data)).toEqual({ old: false });
    }
    expect(server.clients).toBe(2);
  });

  it("takes a goal that a client publishes, and says why it refuses one", async () => {
    const { client } = await join();
    const channel = client.advertise({
      topic: "/goal_pose",
      encoding: "json",
      schemaName: "geometry_msgs/PoseStamped",
    } as never);
    const publish = (x: number, frame_id = "map"): void => {
      const pose = { position: { x, y: 2, z: 0 }, orientation: { x: 0, y: 0, z: 1, w: 0 } };
      client.sendMessage(channel, new TextEncoder().encode(JSON.stringify({ header: { frame_id }, pose })));
    };
    publish(1);
    await expect.poll(() => goals).toEqual([{ x: 1, y: 2, yaw: Math.PI }]);
    for (const [x, frame, why] of [
      [101, "map", "outside the map"],
      [1, "odom", 'the goal is in frame "odom"'],
    ] as const) {
      const status = heard<{ message: string }>(client, "status");
      publish(x, frame);
      expect((await status).message).toContain(why);
    }
  });

  it("answers nobody without the token", async () => {
    for (const url of [server.url.replace(/\?.*/, ""), `${server.url}x`]) {
      const socket = new WebSocket(url, [FoxgloveClient.SUPPORTED_SUBPROTOCOL]);
      const status = await new Promise((resolve) => {
        socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
        socket.on("error", () => {});
      });
      expect(status).toBe(403);
    }
  });
});
