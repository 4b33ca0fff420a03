import { McapIndexedReader } from "@mcap/core";
import type { ByteSource } from "./byte-sink.ts";
import { createCursor, OPCODE, openChunk, RECORD_HEAD, walkRecords } from "./mcap-records.ts";

/** What an MCAP file holds. */
type Content = {
  library: string;
  /** Names by schema's number, and of each channel its topic and schema's number. */
  readonly schemas: Map<number, string>;
  readonly channels: Map<number, readonly [topic: string, schema: number]>;
  messages: bigint;
  /** Whether all of the file was looked at. */ whole: boolean;
};

/** A file without an index is read so far to say what it holds. [bytes] */
const MOST_READ = 2 ** 26;
const MOST_TOPICS = 8;

/** What an MCAP file of another program holds, as a sentence for people; "" where nothing can be said. */
export async function describeForeign(source: ByteSource): Promise<string> {
  const indexed = await readSummary(source).catch(() => undefined);
  const content = indexed ?? (await readContent(source).catch(() => undefined));
  if (content === undefined || content.channels.size === 0) return "";
  const topics = [...content.channels.values()].map(([topic, schema]) => {
    const name = content.schemas.get(schema) ?? "";
    return name === "" ? topic : `${topic} (${name})`;
  });
  const { messages, library, whole } = content;
  const count = `${whole ? "" : "at least "}${messages} ${messages === 1n ? "message" : "messages"}`;
  const by = library === "" ? "" : `, written by "${library}"`;
  const shown = topics.slice(0, MOST_TOPICS).join(", ") + (topics.length > MOST_TOPICS ? ", …" : "");
  return `It holds ${count} on ${topics.length} ${topics.length === 1 ? "topic" : "topics"}${by}: ${shown}`;
}

/** What a file says of itself at its end; undefined where that leaves out what is asked for. */
async function readSummary(source: ByteSource): Promise<Content | undefined> {
  const { header, statistics, schemasById, channelsById } = await McapIndexedReader.Initialize({
    readable: source,
  });
  if (statistics === undefined || channelsById.size < statistics.channelCount) return undefined;
  return {
    library: header.library,
    schemas: new Map([...schemasById.values()].map(({ id, name }) => [id, name])),
    channels: new Map([...channelsById.values()].map(({ id, topic, schemaId }) => [id, [topic, schemaId]])),
    messages: statistics.messageCount,
    whole: true,
  };
}

/** Reads a file record by record. */
async function readContent(source: ByteSource): Promise<Content> {
  const content: Content = {
    library: "",
    schemas: new Map(),
    channels: new Map(),
    messages: 0n,
    whole: true,
  };
  for await (const { opcode, offset, begin, length, whole } of walkRecords(source, () => {})) {
    if (offset > MOST_READ) {
      content.whole = false;
      break;
    }
    if (opcode === OPCODE.message) content.messages++;
    else if (opcode === OPCODE.chunk) {
      const records = await openChunk(await source.read(begin, length), whole, "", () => {});
      if (records === undefined) content.whole = false;
      else countRecords(records, content);
    } else if (whole && NAMES.has(opcode)) takeName(opcode, await source.read(begin, length), content);
  }
  return content;
}

const NAMES: ReadonlySet<number> = new Set([OPCODE.header, OPCODE.schema, OPCODE.channel]);

function countRecords(records: Uint8Array, content: Content): void {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at + RECORD_HEAD <= records.length; ) {
    const begin = at + RECORD_HEAD;
    const end = begin + Number(view.getBigUint64(at + 1, true));
    if (end > records.length) return;
    if (records[at] === OPCODE.message) content.messages++;
    else if (NAMES.has(records[at])) takeName(records[at], records.subarray(begin, end), content);
    at = end;
  }
}

function takeName(opcode: number, body: Uint8Array, content: Content): void {
  const cursor = createCursor(body);
  if (opcode === OPCODE.header) {
    cursor.text();
    content.library = cursor.text();
  } else {
    const id = cursor.u16();
    if (opcode === OPCODE.schema) content.schemas.set(id, cursor.text());
    else {
      const schema = cursor.u16();
      content.channels.set(id, [cursor.text(), schema]);
    }
  }
}
