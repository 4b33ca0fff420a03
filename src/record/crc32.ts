export { crc32 } from "../base/index.ts";
