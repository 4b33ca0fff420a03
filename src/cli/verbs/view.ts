import { listViewer, nameLogs, openBrowser, startViewServer } from "../../bridge/index.ts";
import { UsageError } from "../../node/index.ts";
import { shared } from "../options.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";
import { VIEW_FLAGS, type ViewFlags } from "../view/view-flags.ts";

/** Logs that can be laid over one another, see `MOST_RUNS` of the viewer. */
const MAX_LOGS = 6;

/** `mnemosyne view`: the 3D viewer on one log, or on several of them overlaid. */
export const registerView = defineVerb({
  name: "view",
  summary: "opens the 3D viewer on a log, or on several for comparison",
  description:
    "Serves the viewer and the named logs, nothing else, to this machine alone and opens the browser. " +
    "Several logs are laid over one another; of other programs' logs the numbers are plotted. Runs until Ctrl-C.",
  word: { name: "<FILE.mcap...>", text: "logs of `navigate --record`, or any MCAP files, at most six" },
  flags: { ...VIEW_FLAGS, ...shared("json") },
  example: "npx mnemosyne-mpc view run.mcap",
  action: view,
});

async function view(
  flags: ViewFlags,
  { output, signal }: VerbContext,
  files: readonly string[],
): Promise<VerbEnd> {
  if (files.length > MAX_LOGS)
    throw new UsageError(`${files.length} logs are named, the viewer shows at most ${MAX_LOGS}`);
  const logs = await nameLogs(files);
  const served = new Map([...listViewer(), ...logs.map((log) => [log.url, log.file] as const)]);
  const server = await startViewServer({ files: served, port: flags.port ?? 0 });
  const query = logs.map((log) => `url=${encodeURIComponent(addressOf(log.url.slice(1)))}`).join("&");
  const url = `${server.base}/?${query}`;
  output.object({ verb: "view", url, files });
  output.text(url);
  output.log("the viewer is open at this address until Ctrl-C");
  if (flags.open) openBrowser(url);
  await aborted(signal);
  await server.close();
  return "done";
}

/** A path as it stands in an address; file names may hold anything. */
function addressOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** Settles when the user presses Ctrl-C, which is how this verb is meant to end. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
