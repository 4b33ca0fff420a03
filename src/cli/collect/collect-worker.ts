import { serveJobs } from "../serve-jobs.ts";
import { runCollectJob } from "./collect-job.ts";

serveJobs(runCollectJob);
