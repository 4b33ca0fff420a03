import LogWorker from "./log-worker.ts?worker&inline";

/** Opens a worker that reads a log; another one in tests. */
export type StartWorker = () => Worker;

/** The worker's code is a part of this file: a page in a single file has no other. */
export const startWorker: StartWorker = () => new LogWorker({ name: "log" });
