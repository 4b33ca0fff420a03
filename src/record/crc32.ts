export { crc32 } from "../linalg/index.ts";
