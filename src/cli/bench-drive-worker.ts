import { serveJobs } from "../node/index.ts";
import { createDriveBench } from "./bench-drive.ts";

serveJobs(createDriveBench(() => performance.now()));
