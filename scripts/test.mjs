// `npm test [-- ARGS]`: installs and builds what is missing, then runs vitest; ARGS go to vitest. Without a
// `--project` among them, and without a file of test/long or test/browser, those are the projects `unit` and `alone`.
import { join } from "node:path";
import { ensureReady, ROOT } from "./ensure.mjs";
import { runNode } from "./run-node.mjs";
import { reportFailure } from "./say.mjs";

const given = process.argv.slice(2);
const chosen = given.some((arg) => /^--project\b|\btest[/\\](long|browser)\b/.test(arg));

try {
  await ensureReady(ROOT);
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const args = chosen ? given : ["--project=unit", "--project=alone", ...given];
  process.exitCode = await runNode([vitest, "run", ...args], { cwd: ROOT });
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
