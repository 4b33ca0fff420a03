import { parentPort, Worker } from "node:worker_threads";
import { ConfigError, messageOf } from "../base/index.ts";
import type { Navigator } from "./navigator.ts";
import {
  type NavigatorAnswer,
  type NavigatorRequest,
  serveNavigator,
  type ThreadPort,
} from "./serve-navigator.ts";
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

/**
 * Waits until a thread serves its navigator.
 *
 * @returns the note it came with, for people
 * @throws ConfigError where the thread ends before
 */
export function navigatorReady(thread: NavigatorThread): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    thread.listen((answer) => answer.kind === "ready" && resolve(answer.note));
    thread.ended((why) => reject(new ConfigError(`the planner's thread ended before it was ready: ${why}`)));
  });
}

/** Serves a navigator in this worker thread, with a note for people. @throws ConfigError outside of one */
export function serveNavigatorHere(navigator: Navigator, note?: string): void {
  const port = parentPort;
  if (port === null) throw new ConfigError("serveNavigatorHere is for the file of a worker thread");
  const way: ThreadPort<NavigatorAnswer, NavigatorRequest> = {
    post: (message) => port.postMessage(message),
    listen: (heard) => void port.on("message", heard),
  };
  serveNavigator(navigator, way, note);
}
