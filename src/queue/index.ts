export { openStore } from "./open-store.ts";
export { openQueueRunner, type QueueRunner } from "./queue-runner.ts";
export { type ServedJobs, type ServeQueueOptions, serveQueue } from "./queue-worker.ts";
export { checkQueueUrl, shownUrl } from "./redis-link.ts";
export type { Store } from "./store.ts";
