import { dirname } from "node:path";
import { makeFolder } from "../node/index.ts";
import { createLogWriter, type LogWriter, type RunMeta } from "../record/index.ts";
import { createFileSink } from "../record/node.ts";
import { flag } from "./flag-table.ts";
import { parsePath } from "./parse-values.ts";
import type { VerbContext } from "./verb.ts";

/** Flag of a run that may be logged. */
export const RECORD_FLAG = flag(
  "--record <FILE.mcap>",
  "log the run for Foxglove, Lichtblick or the viewer",
  parsePath,
);

/** Opens the log of a run; undefined where nobody asked. A log that fails says so, and the run goes on. */
export async function openLog(
  file: string | undefined,
  meta: RunMeta,
  { output }: VerbContext,
): Promise<LogWriter | undefined> {
  if (file === undefined) return undefined;
  await makeFolder(dirname(file));
  return createLogWriter(await createFileSink(file), meta, {
    onFailure: (error) => output.log(`the log ends here, the run goes on: ${error.message}`),
  });
}
