import { serveJobs } from "../../node/index.ts";
import { judgeRun } from "./judge-job.ts";

serveJobs(judgeRun);
