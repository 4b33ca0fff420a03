import { McapIndexedReader } from "@mcap/core";
import type { ByteSource } from "../../../src/record/index.ts";

/** What an MCAP file of another program holds, as a sentence for people; "" where nothing can be said. */
export async function describeForeign(source: ByteSource): Promise<string> {
  try {
    const reader = await McapIndexedReader.Initialize({ readable: source });
    const topics = [...reader.channelsById.values()].map(({ topic, schemaId }) => {
      const schema = reader.schemasById.get(schemaId)?.name;
      return schema === undefined ? topic : `${topic} (${schema})`;
    });
    const messages = reader.statistics?.messageCount;
    const count = messages === undefined ? "" : `${messages} ${messages === 1n ? "message" : "messages"} on `;
    const library = reader.header.library === "" ? "" : `, written by "${reader.header.library}"`;
    const shown = topics.slice(0, 8).join(", ") + (topics.length > 8 ? ", …" : "");
    return `It holds ${count}${topics.length} ${topics.length === 1 ? "topic" : "topics"}${library}: ${shown}`;
  } catch {
    return "";
  }
}
