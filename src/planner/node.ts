import { parentPort, Worker } from "node:worker_threads";
import { ConfigError, messageOf } from "../base/index.ts";
import type { Navigator } from "./navigator.ts";
import { type NavigatorAnswer, type NavigatorRequest, serveNavigator } from "./serve-navigator.ts";
import type { NavigatorThread } from "./thread-keeper.ts";

/**
 * Starts a worker thread for {@link createWorkerNavigator}: `start: () => startNavigatorThread(url, data)`.
 *
 * @param file of the worker; it makes a navigator and calls {@link serveNavigatorHere}
 * @param data plain, for the worker's `workerData`
 */
export function startNavigatorThread(file: URL, data?: unknown): NavigatorThread {
  const worker = new Worker(file, { workerData: data });
  let tell = (_why: string): void => {};
  let over = false;
  const end = (why: string): void => {
    if (!over) tell(why);
    over = true;
  };
  worker.on("error", (error) => end(messageOf(error))).on("exit", (code) => end(`status ${code}`));
  return {
    post: (message: NavigatorRequest) => worker.postMessage(message),
    listen: (heard) => void worker.on("message", heard),
    ended(heard) {
      tell = heard;
    },
    terminate() {
      over = true;
      void worker.terminate();
    },
  };
}

/** Serves a navigator in this worker thread. @throws ConfigError outside of one */
export function serveNavigatorHere(navigator: Navigator): void {
  const port = parentPort;
  if (port === null) throw new ConfigError("serveNavigatorHere is for the file of a worker thread");
  serveNavigator(navigator, {
    post: (message: NavigatorAnswer) => port.postMessage(message),
    listen: (heard) => void port.on("message", heard),
  });
}
