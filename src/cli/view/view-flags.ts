import type { Command } from "commander";
import { parseInteger } from "../parse-values.ts";

/** Flags of everything that opens the viewer. */
export type ViewFlags = { readonly port?: number; readonly open: boolean };

/** Adds the flags. */
export function addViewFlags(verb: Command): Command {
  return verb
    .option("--port <N>", "port of the viewer's server on 127.0.0.1 (any free one)", parseInteger(1, 65_535))
    .option("--no-open", "print the viewer's address, but open no browser");
}
