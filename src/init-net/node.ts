export * from "./feature-cache-file.ts";
export * from "./load-net.ts";
export * from "./parallel-runner.ts";
export type { SharedRows } from "./runner-messages.ts";
