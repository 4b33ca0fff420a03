// `npm start [-- FLAGS]`: drives one robot through a cluttered world and prints the summary.
// Flags go to `mnemosyne navigate`; a flag given replaces the default here.
import { join } from "node:path";
import { ensureReady, ROOT } from "./ensure.mjs";
import { runNode } from "./run-node.mjs";
import { reportFailure } from "./say.mjs";

const given = process.argv.slice(2);
const has = (...flags) =>
  given.some((arg) => flags.some((flag) => arg === flag || arg.startsWith(`${flag}=`)));
const defaults = [];
if (!has("--world", "--map")) defaults.push("--world", "clutter:10", "--sensor", "lidar");

try {
  if (!has("--record")) defaults.push("--record", join("out", "run.mcap"));
  await ensureReady(ROOT, { need: "run" });
  process.exitCode = await runNode([join(ROOT, "bin", "mnemosyne.mjs"), "navigate", ...defaults, ...given]);
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
