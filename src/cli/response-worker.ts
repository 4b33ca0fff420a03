import { serveJobs } from "../node/index.ts";
import { readResponsesDirect } from "./response-file.ts";

serveJobs(readResponsesDirect);
