import type { JobOutcome } from "./job-outcomes.ts";
import { type PoolOptions, runPool } from "./worker-pool.ts";

/** Where the files lie that a job names: each function takes a path and says what stands for it elsewhere. */
export type FilePlaces = {
  /** A file that is read. */
  input(path: string): Promise<string>;
  /** A ROS map that is read: the YAML file, with the image it names. */
  map(path: string): Promise<string>;
  /** A costmap filter's mask that is read, as a map with what the filter makes of its values. */
  mask(path: string): Promise<string>;
  /** A file that the job writes. */
  output(path: string): Promise<string>;
};

/** A kind of job, as this machine and others know it. Jobs and results are plain data and typed arrays. */
export type JobKind<Job, Result> = {
  /** The same on all machines. */
  readonly name: string;
  /** File of a worker thread that calls `serveJobs`. */
  readonly worker: URL;
  /** The job with other places for its files; absent where it names none. */
  readonly moveFiles?: (job: Job, places: FilePlaces) => Promise<Job>;
  /** Only there to carry the type. */
  readonly resultOf?: (job: Job) => Result;
};

/** Does a list of jobs somewhere: as `runPool` does. */
export type JobRunner = <Job, Result>(
  kind: JobKind<Job, Result>,
  jobs: readonly Job[],
  options: PoolOptions<Result>,
) => Promise<JobOutcome<Result>[]>;

/** Does jobs in worker threads of this process. */
export const runHere: JobRunner = (kind, jobs, options) => runPool(kind.worker, jobs, options);
