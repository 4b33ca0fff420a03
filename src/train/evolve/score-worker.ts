import { serveJobs } from "../../node/index.ts";
import { scoreCandidate } from "./score-job.ts";

serveJobs(scoreCandidate);
