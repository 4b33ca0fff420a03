import { serveJobs } from "../serve-jobs.ts";
import { featurizeShard } from "./featurize-job.ts";

serveJobs(featurizeShard);
