import { FoxgloveClient } from "@foxglove/ws-protocol";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { runHere } from "../cli/run-cli.ts";

it("navigate --serve shows a run while it goes, and drives on to a goal that a client publishes", async () => {
  let said = "";
  const ended = new AbortController();
  const run = runHere(
    ["navigate", "--world", "clutter:3", "--init", "shift", "--speed", "50", "--serve", "0", "--json"],
    { signal: ended.signal, onStderr: (text) => (said += text) },
  );
  await expect.poll(() => /ws:\/\/\S+/.exec(said)?.[0], { timeout: 10_000 }).toBeDefined();
  const socket = new WebSocket(/ws:\/\/\S+/.exec(said)![0], [FoxgloveClient.SUPPORTED_SUBPROTOCOL]);
  const client = new FoxgloveClient({ ws: socket as never });
  const ticks: { readonly phase: string; readonly goal?: readonly number[] }[] = [];
  const topics = new Map<number, string>();
  client.on("advertise", (channels) => {
    for (const { id, topic } of channels)
      if (topic === "/diagnostics" || topic === "/map") topics.set(client.subscribe(id), topic);
  });
  const maps: unknown[] = [];
  client.on("message", ({ subscriptionId, data }) => {
    const value = JSON.parse(new TextDecoder().decode(data as Uint8Array<ArrayBuffer>));
    (topics.get(subscriptionId) === "/map" ? maps : ticks).push(value as never);
  });
  await expect.poll(() => ticks.at(-1)?.phase, { timeout: 15_000 }).toBe("arrived");
  expect(maps.length).toBeGreaterThan(0);
  const channel = client.advertise({
    topic: "/goal",
    encoding: "json",
    schemaName: "geometry_msgs/PointStamped",
  } as never);
  const before = ticks.length;
  client.sendMessage(
    channel,
    new TextEncoder().encode(JSON.stringify({ header: { frame_id: "map" }, point: { x: 2, y: 1.5, z: 0 } })),
  );
  await expect.poll(() => ticks.length, { timeout: 10_000 }).toBeGreaterThan(before + 5);
  ended.abort();
  await run;
  socket.terminate();
}, 60_000);
