export * from "./byte-sink.ts";
export { type LogChannel, logChannels } from "./channels.ts";
export {
  type ChunkedLog,
  type McapPieces,
  openChunkedLog,
  openMcap,
  type RawMessage,
} from "./chunked-log.ts";
export * from "./decode-places.ts";
export * from "./errors.ts";
export {
  createMessageDecoder,
  type MessageDecoder,
  numbersIn,
} from "./foreign/foreign-channel.ts";
export * from "./live-messages.ts";
export type { IndexEntry } from "./log-index.ts";
export * from "./log-reader.ts";
export {
  createLogWriter,
  LOG_WRITER_DEFAULTS,
  type LogOutcome,
  type LogWriter,
  type LogWriterOptions,
  type RecordContent,
  writeRecord,
} from "./log-writer.ts";
export type { McapChannel } from "./mcap-records.ts";
export { placeFootprint } from "./scene-update.ts";
export { type SummaryJson, summaryJson } from "./summary-json.ts";
export { decodeTick } from "./tick-fields.ts";
export * from "./tick-record.ts";
export { TOPICS, type Topic } from "./topics.ts";
