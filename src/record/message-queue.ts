import { McapWriter } from "@mcap/core";
import { messageOf } from "../base/index.ts";
import type { ByteSink } from "./byte-sink.ts";
import { CHANNELS } from "./channels.ts";
import { RecordError } from "./errors.ts";
import { createIndexWriter, indexLine } from "./log-index.ts";
import { INDEX_ATTACHMENT } from "./tick-record.ts";
import { TOPICS, type Topic } from "./topics.ts";

/** Messages on their way into an MCAP file, in order, one write at a time. */
export type MessageQueue = {
  /** Turns a value into bytes now and writes them later; never throws for what the sink does. */
  add(topic: Topic, nanos: bigint, value: unknown): void;
  addMetadata(name: string, entries: Readonly<Record<string, string>>): void;
  /** Bytes that wait for the sink, but for maps: a large one is no reason to leave out ticks. */
  readonly waiting: number;
  /** Bytes the sink has taken. */ readonly written: number;
  /** Messages added so far. */ readonly messages: number;
  /** Why nothing is written any more. */ readonly failure: RecordError | undefined;
  /** Stops writing and reports, once. */ fail(error: unknown): void;
  /** Writes what waits, the index and the end, and closes the sink. Never rejects. */
  close(): Promise<void>;
};

type QueueOptions = {
  /** Bytes of a chunk before it is written: what a crash may cost. */ readonly chunkSize: number;
  readonly onFailure?: (error: RecordError) => void;
};

/** Lines of the index that are written at once: what of it has to be held. */
const INDEX_PART = 256;
const encoder = new TextEncoder();

/** Creates the queue and writes the file's head. */
export function createMessageQueue(sink: ByteSink, options: QueueOptions): MessageQueue {
  let written = 0;
  let waiting = 0;
  let messages = 0;
  let failure: RecordError | undefined;
  let closing: Promise<void> | undefined;
  const index = createIndexWriter();
  const sequences = new Map<Topic, number>();
  let channelIds = new Map<Topic, number>();
  const writer = new McapWriter({
    writable: {
      async write(bytes) {
        if (failure !== undefined) throw failure;
        await sink.write(bytes);
        written += bytes.length;
      },
      position: () => BigInt(written),
    },
    chunkSize: options.chunkSize,
  });

  const fail = (error: unknown): void => {
    if (failure !== undefined) return;
    failure =
      error instanceof RecordError
        ? error
        : new RecordError(`the log could not be written: ${messageOf(error)}`, { cause: error });
    try {
      options.onFailure?.(failure);
    } catch {
      // A listener that throws is no reason to stop the robot.
    }
  };

  let tail: Promise<void> = (async () => {
    await writer.start({ profile: "", library: "mnemosyne-mpc" });
    channelIds = await registerChannels(writer);
  })().catch(fail);
  const enqueue = (bytes: number, work: () => Promise<void>): void => {
    waiting += bytes;
    tail = tail
      .then(() => (failure === undefined ? work() : undefined))
      .catch(fail)
      .finally(() => {
        waiting -= bytes;
      });
  };

  const writeIndex = async (nanos: bigint): Promise<void> => {
    if (index.lines === 0) return;
    await writer.addAttachment({
      name: INDEX_ATTACHMENT,
      mediaType: "application/json",
      logTime: nanos,
      createTime: nanos,
      data: encoder.encode(index.take()),
    });
  };
  let latest = 0n;

  return {
    add(topic, nanos, value) {
      if (failure !== undefined || closing !== undefined) return;
      const data = encoder.encode(JSON.stringify(value));
      const line = indexLine(topic, nanos, value);
      const sequence = sequences.get(topic) ?? 0;
      sequences.set(topic, sequence + 1);
      messages++;
      latest = nanos;
      enqueue(topic === "/map" ? 0 : data.length, async () => {
        const offset = written;
        await writer.addMessage({
          channelId: channelIds.get(topic)!,
          sequence,
          logTime: nanos,
          publishTime: nanos,
          data,
        });
        if (line !== undefined) index.add(line);
        // The writer writes nothing but whole chunks here, each with the message that filled it.
        if (written > offset) index.endChunk(offset);
        if (index.lines >= INDEX_PART) await writeIndex(nanos);
      });
    },
    addMetadata(name, entries) {
      if (failure !== undefined || closing !== undefined) return;
      enqueue(0, () => writer.addMetadata({ name, metadata: new Map(Object.entries(entries)) }));
    },
    get waiting() {
      return waiting;
    },
    get written() {
      return written;
    },
    get messages() {
      return messages;
    },
    get failure() {
      return failure;
    },
    fail,
    close() {
      if (closing === undefined) {
        enqueue(0, () => writeIndex(latest));
        enqueue(0, () => writer.end());
        closing = tail.then(() => sink.close(failure === undefined)).catch(fail);
      }
      return closing;
    },
  };
}

/** Registers every topic and its schema; topics of the same schema share it. */
async function registerChannels(writer: McapWriter): Promise<Map<Topic, number>> {
  const schemaIds = new Map<string, number>();
  const channelIds = new Map<Topic, number>();
  for (const topic of TOPICS) {
    const schema = CHANNELS[topic];
    const name = schema.title!;
    let schemaId = schemaIds.get(name);
    if (schemaId === undefined) {
      const data = encoder.encode(JSON.stringify(schema));
      schemaId = await writer.registerSchema({ name, encoding: "jsonschema", data });
      schemaIds.set(name, schemaId);
    }
    const channel = { topic, messageEncoding: "json", schemaId, metadata: new Map<string, string>() };
    channelIds.set(topic, await writer.registerChannel(channel));
  }
  return channelIds;
}
