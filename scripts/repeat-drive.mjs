import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { McapWriter } from "@mcap/core";
import { openLog } from "../dist/record/index.js";

/** Size of a chunk, as the log writer makes them. [bytes] */
const CHUNK = 2 ** 17;

/** Writes a long log: a drive's messages over and over, each time later, until there are `count` ticks. */
export async function repeatDrive(from, to, count) {
  const log = await openLog(new Uint8Array(readFileSync(from)));
  const messages = [];
  for await (const message of log.messages()) messages.push(message);
  const period = messages.at(-1).time + 0.1;
  const file = openSync(to, "w");
  let position = 0n;
  const write = async (bytes) => {
    writeSync(file, bytes);
    position += BigInt(bytes.length);
  };
  const writer = new McapWriter({ writable: { write, position: () => position }, chunkSize: CHUNK });
  await writer.start({ profile: "", library: "mnemosyne-mpc" });
  const channels = new Map();
  for (const { topic } of messages) {
    if (channels.has(topic)) continue;
    const channel = { topic, messageEncoding: "json", schemaId: 0, metadata: new Map() };
    channels.set(topic, await writer.registerChannel(channel));
  }
  const run = { format: "1", robot: JSON.stringify(log.meta.robot), config: JSON.stringify(log.meta.config) };
  await writer.addMetadata({ name: "mnemosyne.run", metadata: new Map(Object.entries(run)) });
  const encoder = new TextEncoder();
  for (let made = 0, round = 0; made < count; round++) {
    for (const { topic, time, value } of messages) {
      if (topic === "/map" && round > 0) continue;
      if (made === count) break;
      const later = round * period;
      const data = topic === "/diagnostics" ? { ...value, tick: made++, time: value.time + later } : value;
      const nanos = BigInt(Math.round((time + later) * 1e9));
      await writer.addMessage({
        channelId: channels.get(topic),
        sequence: 0,
        logTime: nanos,
        publishTime: nanos,
        data: encoder.encode(JSON.stringify(data)),
      });
    }
  }
  const summary = new Map([["summary", JSON.stringify(log.summary)]]);
  await writer.addMetadata({ name: "mnemosyne.summary", metadata: summary });
  await writer.end();
  closeSync(file);
}
