import { runScenario } from "./run-scenario.ts";
import { serveJobs } from "./serve-jobs.ts";

serveJobs(runScenario);
