/** Opens a worker that reads a log; another one in tests. */
export type StartWorker = () => Worker;

/** Opens the worker of this page. The page in a single file has `start-worker-inline.ts` in its place. */
export const startWorker: StartWorker = () =>
  new Worker(new URL("./log-worker.ts", import.meta.url), { type: "module", name: "log" });
