import { readMapDirect } from "./map-files.ts";
import { serveJobs } from "./serve-jobs.ts";

serveJobs(readMapDirect);
