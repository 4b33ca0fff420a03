// `npm run example -- 01 [ARGS]`: compiles examples/*.ts against the built package, then runs the one whose
// name starts with 01, or lists them. Compiled inside the repository, so that the package's own name resolves.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { ensureReady, ROOT } from "./ensure.mjs";
import { runNode } from "./run-node.mjs";
import { EnsureError, reportFailure } from "./say.mjs";

const [wanted, ...args] = process.argv.slice(2);
const out = join(ROOT, ".cache", "examples");

try {
  const names = readdirSync(join(ROOT, "examples"))
    .filter((file) => /^\d.*\.ts$/.test(file))
    .map((file) => basename(file, ".ts"))
    .sort();
  if (wanted === undefined) {
    process.stdout.write(`${names.join("\n")}\n`);
  } else {
    const name = names.find((candidate) => candidate.startsWith(wanted));
    if (name === undefined) throw new EnsureError(`no example '${wanted}'; there are: ${names.join(", ")}`);
    await ensureReady(ROOT, { need: "build" });
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const compiled = await runNode([tsc, "-p", join(ROOT, "tsconfig.examples.json"), "--outDir", out]);
    if (compiled !== 0) throw new EnsureError("the examples do not compile, see the messages of tsc above");
    process.exitCode = await runNode([join(out, `${name}.js`), ...args], { cwd: ROOT });
  }
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
