import { serveJobs } from "../serve-jobs.ts";
import { createRunner, type RunJob } from "./run-job.ts";

const runner = createRunner();

serveJobs((job: RunJob) => runner.run(job, { now: () => performance.now() }));
