import type { Store } from "../contracts.ts";
import { fileNameOf, saveFile } from "../panels/csv.ts";
import type { LogPlace } from "../run/log-protocol.ts";
import { type EmbeddedLog, embedLogs } from "./embedded-log.ts";
import { type NamedPlace, placesOf } from "./log-places.ts";

/** A larger page is no longer opened by mail programs, or by anybody. [bytes] */
export const MAX_EXPORT = 2 ** 28;

/**
 * The viewer and its logs as one page that needs no server and no network.
 *
 * @param places where the logs of the page are, in order
 * @param fragment the view, as behind `#` of an address
 * @throws Error with a message for people
 */
export async function makeExport(places: readonly NamedPlace[], fragment: string): Promise<string> {
  if (places.length === 0)
    throw new Error("there is no log to export: a live run is exported from its record");
  const template = await fetch(new URL("single.html", document.baseURI)).catch(() => undefined);
  if (template?.ok !== true)
    throw new Error("the viewer's single file is not there: exports are made where the viewer is served");
  const logs: EmbeddedLog[] = [];
  let size = 0;
  for (const { name, place } of places) {
    const bytes = await bytesOf(place);
    size += bytes.length;
    if (size > MAX_EXPORT)
      throw new Error(`the log is too large for a page: more than ${MAX_EXPORT / 2 ** 20} MiB`);
    logs.push({ name, bytes });
  }
  return embedLogs(await template.text(), logs, fragment);
}

/** Exports the logs that are shown and hands the page to the user. @throws as {@link makeExport} */
export async function saveExport(store: Store, fragment: string): Promise<void> {
  const page = await makeExport(placesOf(store.state.runs), fragment);
  saveFile(fileNameOf(store.state.runs[0]?.index.name ?? "run", ".html"), page, "text/html");
}

async function bytesOf(place: LogPlace): Promise<Uint8Array<ArrayBuffer>> {
  if ("blob" in place) return new Uint8Array(await place.blob.arrayBuffer());
  const answer = await fetch(place.url);
  if (!answer.ok) throw new Error(`${place.url} cannot be read: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}
