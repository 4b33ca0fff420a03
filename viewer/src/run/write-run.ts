import { createMemorySink, type RecordContent, writeRecord } from "../../../src/record/index.ts";

/** A run as a log's bytes. In a file of its own: what writes logs is loaded when the first one is written. */
export async function writeRun(content: RecordContent): Promise<Blob> {
  const sink = createMemorySink();
  await writeRecord(content, sink);
  return new Blob([sink.bytes as Uint8Array<ArrayBuffer>]);
}
