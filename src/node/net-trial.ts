import { Worker } from "node:worker_threads";
import { loadNet } from "../init-net/node.ts";
import { describeError, nameFile } from "./errors.ts";
import type { NetTrial, NetTrialEnd } from "./try-network.ts";

/** Looks at the memory of the process while a model has the main thread, and ends it: code of a thread. */
const WATCH = `
  const { workerData } = require("node:worker_threads");
  setInterval(() => {
    if (process.memoryUsage.rss() > workerData) process.kill(process.pid, "SIGKILL");
  }, 50);
`;

process.once("message", async ({ file, robot, sizes, memory }: NetTrial) => {
  new Worker(WATCH, { eval: true, workerData: memory });
  const end: NetTrialEnd = await loadNet(file, robot, sizes).then(
    () => ({}),
    (error: unknown) => ({ error: describeError(nameFile(error, file)) }),
  );
  process.send?.(end);
});
