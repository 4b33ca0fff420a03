import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { openLog, summaryJson } from "../dist/record/index.js";
import { createMessageQueue } from "../dist/record/message-queue.js";

/** Size of a chunk, as the log writer makes them. [bytes] */
const CHUNK = 2 ** 17;
/** Bytes that may wait to be written. */
const MOST_WAITING = 2 ** 24;

/** Writes a long log: a drive's messages over and over, each time later, until there are `count` ticks. */
export async function repeatDrive(from, to, count) {
  const log = await openLog(new Uint8Array(readFileSync(from)));
  const messages = [];
  for await (const message of log.messages()) messages.push(message);
  const period = messages.at(-1).time + 0.1;
  const file = openSync(to, "w");
  const sink = { write: (bytes) => void writeSync(file, bytes), close: () => closeSync(file) };
  const queue = createMessageQueue(sink, { chunkSize: CHUNK });
  const { robot, config } = log.meta;
  queue.addMetadata("mnemosyne.run", {
    format: "1",
    robot: JSON.stringify(robot),
    config: JSON.stringify(config),
  });
  for (let made = 0, round = 0; made < count; round++) {
    for (const { topic, time, value } of messages) {
      if (topic === "/map" && round > 0) continue;
      if (made === count) break;
      const later = round * period;
      const data = topic === "/diagnostics" ? { ...value, tick: made++, time: value.time + later } : value;
      queue.add(topic, BigInt(Math.round((time + later) * 1e9)), data);
      while (queue.waiting > MOST_WAITING) await new Promise(setImmediate);
    }
  }
  queue.addMetadata("mnemosyne.summary", {
    summary: JSON.stringify(log.summary && summaryJson(log.summary)),
  });
  await queue.close();
  if (queue.failure !== undefined) throw queue.failure;
}
