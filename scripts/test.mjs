// `npm test [-- ARGS]`: installs and builds what is missing, then runs vitest; ARGS go to vitest.
import { join } from "node:path";
import { ensureReady, ROOT, reportFailure } from "./ensure.mjs";
import { runNode } from "./run-node.mjs";

try {
  await ensureReady(ROOT);
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  process.exitCode = await runNode([vitest, "run", ...process.argv.slice(2)], { cwd: ROOT });
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
