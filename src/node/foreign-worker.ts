import { readForeignDirect } from "./foreign-file.ts";
import { serveJobs } from "./serve-jobs.ts";

serveJobs(readForeignDirect, { givesAway: true });
