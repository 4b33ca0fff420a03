import type { Run, Store } from "../contracts.ts";
import { type EmbeddedLog, embedLogs } from "./embedded-log.ts";
import { fileNameOf, saveFile } from "./save-file.ts";

/** A larger page is no longer opened by mail programs, or by anybody. [bytes] */
const MAX_EXPORT = 2 ** 28;

/**
 * The viewer and its logs as one page that needs no server and no network. Of a run that goes on it holds what
 * came so far.
 *
 * @param fragment the view, as behind `#` of an address
 * @throws Error with a message for people
 */
async function makeExport(runs: readonly Run[], fragment: string): Promise<string> {
  const template = await fetch(new URL("single.html", document.baseURI)).catch(() => undefined);
  if (template?.ok !== true)
    throw new Error("the viewer's single file is not there: exports are made where the viewer is served");
  const logs: EmbeddedLog[] = [];
  let size = 0;
  for (const run of runs) {
    const log = await run.log();
    size += log.size;
    if (size > MAX_EXPORT)
      throw new Error(`the log is too large for a page: more than ${MAX_EXPORT / 2 ** 20} MiB`);
    logs.push({ name: run.index.name, bytes: new Uint8Array(await log.arrayBuffer()) });
  }
  return embedLogs(await template.text(), logs, fragment);
}

/** Exports the runs that are shown and hands the page to the user. @throws as {@link makeExport} */
export async function saveExport(store: Store, fragment: string): Promise<void> {
  const page = await makeExport(store.state.runs, fragment);
  saveFile(fileNameOf(store.state.runs[0]?.index.name ?? "run", ".html"), page, "text/html");
}
