import { serveJobs } from "../../node/index.ts";
import { runCollectJob } from "./collect-job.ts";

serveJobs(runCollectJob);
