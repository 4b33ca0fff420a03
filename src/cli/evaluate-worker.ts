import { type OpenedStart, serveJobs } from "../node/index.ts";
import type { Robot } from "../sim/index.ts";
import { openStart, type RunRequest, runScenario } from "./run-scenario.ts";

/** Networks stay loaded from one job to the next; one job runs at a time. */
const opened = new Map<string, Promise<OpenedStart>>();

function openOnce(request: Omit<RunRequest, "id" | "place">, robot: Robot): Promise<OpenedStart> {
  const { init, model, rateHz, navigation } = request;
  const key = JSON.stringify([init, model, rateHz, navigation, robot]);
  let start = opened.get(key);
  if (start === undefined) {
    start = openStart(request, robot);
    opened.set(key, start);
  }
  return start;
}

serveJobs((request: RunRequest) => runScenario(request, openOnce));
