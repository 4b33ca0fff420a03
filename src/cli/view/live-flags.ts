import type { Command } from "commander";
import { UsageError } from "../../node/index.ts";
import { parseReal } from "../parse-values.ts";
import type { ServeFlags } from "./serve.ts";
import { addViewFlags, type ViewFlags } from "./view-flags.ts";

/** Flags of a run that is watched while it goes. */
export type LiveFlags = ViewFlags & { readonly live?: boolean; readonly speed?: number };

/** Adds the flags. */
export function addLiveFlags(verb: Command): Command {
  verb.option("--live", "watch the run in the viewer while it goes: set goals, drop obstacles, until Ctrl-C");
  verb.option(
    "--speed <X>",
    "simulated seconds per second of a live run (1)",
    parseReal(0.05, 50, "times real time"),
  );
  return addViewFlags(verb);
}

/** @throws UsageError for a flag that means nothing without `--live` */
export function checkLiveFlags({ live, serve, speed, port, open }: LiveFlags & ServeFlags): void {
  if (live === true) return;
  const given = [
    ...(speed === undefined || serve !== undefined ? [] : ["--speed"]),
    ...(port === undefined ? [] : ["--port"]),
    ...(open ? [] : ["--no-open"]),
  ];
  if (given.length > 0)
    throw new UsageError(`${given.join(", ")}: only a live run is opened in the viewer; add --live`);
}
