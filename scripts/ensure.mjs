// Brings a clone into a state in which it runs: installs the packages that package-lock.json names and
// builds dist/ from src/. Does nothing where both are up to date. Uses Node's own modules only, since it
// runs before anything is installed; everything it says goes to stderr.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeTooOld } from "../bin/node-version.mjs";
import { bringBack, install, isInstalled } from "./packages.mjs";
import { EnsureError, say } from "./say.mjs";

/** The root of this clone. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

const STAMP = ".build-stamp";

/**
 * Installs and builds what is missing or out of date.
 *
 * @param {string} root of the clone
 * @param {{ need?: import("./packages.mjs").Need }} options what for: `all` that there is, to `build` and run, or to
 *   `run`, where what builds may be missing once it is built, and a viewer that cannot be built stops nothing
 * @throws {EnsureError} if Node.js is too old, or an install or a build fails
 */
export async function ensureReady(root = ROOT, { need = "all" } = {}) {
  const complaint = nodeTooOld(process.versions.node);
  if (complaint !== undefined) throw new EnsureError(complaint);
  const built = () => isBuilt(root, { viewer: need !== "run" });
  const ready = () => isInstalled(root, need) && built();
  if (ready()) return;
  await withLock(join(root, ".cache", "ensure.lock"), async () => {
    bringBack(root);
    if (ready()) return; // another process did it while this one waited
    const wanted = need === "run" ? "build" : need;
    if (!isInstalled(root, wanted)) install(root, wanted);
    if (!built()) await build(root, { need });
  });
}

/**
 * Whether dist/ was built from exactly the present sources and settings.
 *
 * @param {{ viewer?: boolean }} options `viewer`: with the viewer, where there is what builds it
 */
export function isBuilt(root, { viewer = true } = {}) {
  const stamp = join(root, "dist", STAMP);
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== sourceHash(root)) return false;
  if (!viewer || existsSync(join(root, "dist", "viewer", "index.html"))) return true;
  return !(existsSync(viewerConfig(root)) && existsSync(viteOf(root)));
}

/**
 * Builds into a sibling of dist/ and swaps it in whole, so that a failed build leaves dist/ as it was. A viewer
 * that cannot be built is left out, which is a failure all the same unless something is only to be run.
 */
async function build(root, { need }) {
  const hash = sourceHash(root); // before the build: a file saved meanwhile makes the next run build again
  const [next, viewer] = [join(root, "dist.next"), join(root, "dist.viewer")];
  const [old, dist] = [join(root, "dist.old"), join(root, "dist")];
  for (const folder of [next, viewer, old]) rmSync(folder, { recursive: true, force: true });
  say("building (tsc) ...");
  const tsc = [
    join(root, "node_modules", "typescript", "bin", "tsc"),
    "-p",
    join(root, "tsconfig.build.json"),
  ];
  const [status, failure] = await Promise.all([
    runQuietly([...tsc, "--outDir", next], root),
    buildViewer(root, viewer),
  ]);
  if (status !== 0) {
    for (const folder of [next, viewer]) rmSync(folder, { recursive: true, force: true });
    throw new EnsureError("the build failed, see the messages of tsc above");
  }
  if (existsSync(viewer)) renameSync(viewer, join(next, "viewer"));
  writeFileSync(join(next, STAMP), hash);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
  if (failure === undefined) return;
  // All else works without the viewer: whoever only runs something is not held up by it.
  if (need !== "run") throw new EnsureError(failure);
  say(`${failure}; all else works`);
}

/** @returns what went wrong, for the user; undefined where it was built or nothing can build it */
async function buildViewer(root, folder) {
  const config = viewerConfig(root);
  if (!existsSync(config)) return undefined;
  const vite = viteOf(root);
  if (!existsSync(vite)) {
    say("the viewer is left out: vite is not installed (npm run build installs it)");
    return undefined;
  }
  say("building the viewer (vite) ...");
  const args = [vite, "build", "--config", config, "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"];
  if ((await runQuietly(args, root)) === 0) return undefined;
  rmSync(folder, { recursive: true, force: true });
  return "the viewer could not be built, see the messages of vite above: `view` has nothing to show";
}

/** Runs a script with this Node.js, all it says on stderr. @returns its exit status, null if a signal ended it */
function runQuietly(args, cwd) {
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", 2, 2] });
  return new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
}

const viewerConfig = (root) => join(root, "viewer", "vite.config.ts");
const viteOf = (root) => join(root, "node_modules", "vite", "bin", "vite.js");

/** Hash of everything that decides what a build writes. */
function sourceHash(root) {
  const hash = createHash("sha256");
  const settings = ["tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json"];
  const viewer = existsSync(join(root, "viewer")) ? listFiles(root, "viewer") : [];
  for (const file of [...settings, ...listFiles(root, "src"), ...viewer]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

function listFiles(root, folder) {
  const files = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) files.push(...listFiles(root, path));
    else if (entry.isFile() && /\.(ts|json|html|css)$/.test(entry.name)) files.push(path);
  }
  return files.sort();
}

/** Runs `work` while holding a lock folder, so that two processes never install or build at once. */
async function withLock(lock, work) {
  mkdirSync(dirname(lock), { recursive: true });
  const owner = join(lock, "pid");
  let waiting = false;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw new EnsureError(`cannot write to ${lock}: ${error.message}`);
    }
    if (isAbandoned(lock, owner)) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    if (!waiting) say("another process installs or builds, waiting for it ...");
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    writeFileSync(owner, String(process.pid));
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isAbandoned(lock, owner) {
  try {
    const pid = Number(readFileSync(owner, "utf8"));
    if (pid > 0) {
      process.kill(pid, 0);
      return false;
    }
  } catch (error) {
    if (error.code === "ESRCH") return true;
    if (error.code === "EPERM") return false;
  }
  // No process id in it: being made this moment, or left by a process that died right there.
  try {
    return Date.now() - statSync(lock).mtimeMs > 10_000;
  } catch {
    return false;
  }
}
