import { cpus, loadavg } from "node:os";

/** What times were taken on; part of every benchmark's result. */
export type Machine = {
  readonly cpu: string;
  readonly node: string;
  /** Processes that wanted to run, mean of the minute before; above the number of cores, times are too long. */
  readonly load: number;
};

/** The machine and its load now; taken before the benchmark adds its own. */
export function describeMachine(): Machine {
  const load = Number((loadavg()[0] ?? 0).toFixed(2));
  return { cpu: cpus()[0]?.model.trim() ?? "unknown", node: process.version, load };
}
