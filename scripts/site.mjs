// `npm run site`: docs/, the API reference of every door and the demo as one folder of static files, dist/site, which works
// from any folder of any server. TypeDoc and its TypeScript live in site/ and are installed on the first run.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureReady, ROOT } from "./ensure.mjs";
import { install, isInstalled } from "./packages.mjs";
import { reportFailure, say } from "./say.mjs";

const SITE = join(ROOT, "site");
const OUT = join(ROOT, "dist", "site");

/** The viewer as it is, and the demo under an address of its own. */
function addDemo(out) {
  const viewer = join(ROOT, "dist", "viewer");
  if (!existsSync(join(viewer, "demo.html"))) throw new Error("the viewer is not built: there is no demo");
  cpSync(viewer, join(out, "viewer"), { recursive: true });
  mkdirSync(join(out, "demo"), { recursive: true });
  const page = readFileSync(join(viewer, "demo.html"), "utf8");
  writeFileSync(
    join(out, "demo", "index.html"),
    page.replace("<head>", '<head>\n    <base href="../viewer/" />'),
  );
}

async function buildSite() {
  await ensureReady(ROOT);
  if (!isInstalled(SITE, "all")) install(SITE, "all");
  const [{ stagePages }, { writeReference }, { finishLinks }, { findDeadLinks }] = await Promise.all(
    ["stage", "typedoc", "finish", "check"].map((part) => import(`../site/${part}.mjs`)),
  );
  say("building the site (typedoc) ...");
  const next = join(ROOT, ".cache", "site", "next");
  rmSync(next, { recursive: true, force: true });
  await writeReference({ root: ROOT, out: next, ...stagePages(ROOT, join(ROOT, ".cache", "site", "pages")) });
  addDemo(next);
  finishLinks(ROOT, next);
  const complaints = findDeadLinks(next);
  if (complaints.length > 0) {
    for (const complaint of complaints) say(complaint);
    throw new Error(`the site has ${complaints.length} dead links`);
  }
  rmSync(OUT, { recursive: true, force: true });
  renameSync(next, OUT);
  say(`the site is ${OUT}`);
}

try {
  await buildSite();
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
