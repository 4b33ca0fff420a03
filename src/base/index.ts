export * from "./angle.ts";
export * from "./crc32.ts";
export * from "./decode-text.ts";
export * from "./did-you-mean.ts";
export * from "./errors.ts";
export * from "./median.ts";
export * from "./message-of.ts";
export * from "./once.ts";
export * from "./option-checks.ts";
export * from "./parse-json.ts";
export {
  type ProtobufField,
  type ProtobufMessage,
  protobufNumber,
  protobufText,
  readFields,
  readMessage,
} from "./protobuf-reader.ts";
export * from "./random.ts";
export * from "./run-budgeted.ts";
export * from "./shown.ts";
export * from "./unchanged.ts";
