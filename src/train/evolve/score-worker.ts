import { serveJobs } from "../../node/index.ts";
import { type ScoreJob, scoreCandidate } from "./score-job.ts";

serveJobs((job: ScoreJob) => scoreCandidate(job));
