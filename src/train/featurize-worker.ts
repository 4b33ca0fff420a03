import { serveJobs } from "../node/index.ts";
import { featurizeShard } from "./featurize-job.ts";

serveJobs(featurizeShard);
