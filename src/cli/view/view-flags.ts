import { UsageError } from "../../node/index.ts";
import { type FlagValues, flag, switchFlag } from "../flag-table.ts";
import { parseInteger, parseReal } from "../parse-values.ts";
import type { ServeFlags } from "./serve.ts";

/** Flags of everything that opens the viewer. */
export const VIEW_FLAGS = {
  port: flag(
    "--port <N>",
    "port of the viewer's server on 127.0.0.1 (any free one)",
    parseInteger(1, 65_535),
  ),
  open: { ...switchFlag("--no-open", "print the viewer's address, but open no browser"), usual: true },
};
export type ViewFlags = FlagValues<typeof VIEW_FLAGS>;

/** Flags of a run that is watched while it goes. */
export const LIVE_FLAGS = {
  live: switchFlag(
    "--live",
    "watch the run in the viewer while it goes: set goals, drop obstacles, until Ctrl-C",
  ),
  speed: flag(
    "--speed <X>",
    "simulated seconds per second of a live run (1)",
    parseReal(0.05, 50, "times real time"),
  ),
  ...VIEW_FLAGS,
};
export type LiveFlags = FlagValues<typeof LIVE_FLAGS>;

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
