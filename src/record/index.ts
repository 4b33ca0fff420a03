export {
  type ByteSink,
  type ByteSource,
  blobSource,
  bytesSource,
  createMemorySink,
  type MemorySink,
} from "./byte-sink.ts";
export { type LogChannel, logChannels, TOPICS, type Topic } from "./channels.ts";
export { type ChunkedLog, openChunkedLog, type RawMessage } from "./chunked-log.ts";
export { decodeGrid, decodePath } from "./decode-places.ts";
export { RecordError } from "./errors.ts";
export { type LiveState, parseLiveCommand } from "./live-messages.ts";
export type { IndexEntry } from "./log-index.ts";
export { type Log, type LogMessage, openLog, readLog } from "./log-reader.ts";
export {
  createLogWriter,
  LOG_WRITER_DEFAULTS,
  type LogOutcome,
  type LogWriter,
  type LogWriterOptions,
} from "./log-writer.ts";
export { createMessageWriter } from "./message-writer.ts";
export { placeFootprint } from "./scene-update.ts";
export { type SummaryJson, summaryJson } from "./summary-json.ts";
export { decodeTick } from "./tick-fields.ts";
export type {
  Hypothesis,
  PlanRecord,
  RunMeta,
  RunRecord,
  SolveRecord,
  TickRecord,
  TimedGrid,
  TimedPath,
  Truth,
} from "./tick-record.ts";
export { type RecordContent, writeRecord } from "./write-record.ts";
