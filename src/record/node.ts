export { createFileSink, type FileSink, type FileSource, openFileSource } from "./file-sink.ts";
