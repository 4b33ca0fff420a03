// Brings a clone into a state in which it runs: installs the packages that package-lock.json names and
// builds dist/ from src/. Does nothing where both are up to date. Uses Node's own modules only, since it
// runs before anything is installed; everything it says goes to stderr.
import { spawnSync } from "node:child_process";
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

/** The root of this clone. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

const STAMP = ".build-stamp";

/** A step that failed, with a message for the user; its own output is on stderr already. */
export class EnsureError extends Error {}

const say = (text) => process.stderr.write(`mnemosyne: ${text}\n`);

/** Writes an error for the user to stderr: a sentence for what we foresaw, else the whole error. */
export function reportFailure(error) {
  if (error instanceof EnsureError) say(error.message);
  else console.error(error);
}

/**
 * Installs and builds what is missing or out of date.
 *
 * @param {string} root of the clone
 * @param {{ runOnly?: boolean }} options `runOnly`: development packages are needed only if it must build
 * @throws {EnsureError} if Node.js is too old, or an install or a build fails
 */
export async function ensureReady(root = ROOT, { runOnly = false } = {}) {
  const complaint = nodeTooOld(process.versions.node);
  if (complaint !== undefined) throw new EnsureError(complaint);
  const built = () => isBuilt(root, { viewer: !runOnly });
  const ready = () => built() && isInstalled(root, { dev: !runOnly });
  if (ready()) return;
  await withLock(join(root, ".cache", "ensure.lock"), () => {
    if (ready()) return; // another process did it while this one waited
    if (!isInstalled(root, { dev: true })) install(root);
    if (!built()) build(root, { runOnly });
  });
}

/**
 * Whether node_modules holds what package-lock.json asks for, by the record that npm keeps of its last
 * install (node_modules/.package-lock.json, written when an install is complete).
 */
export function isInstalled(root, { dev }) {
  const wanted = readJson(join(root, "package-lock.json"))?.packages;
  const present = readJson(join(root, "node_modules", ".package-lock.json"))?.packages;
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") || (entry.dev && !dev)) return true;
    // An optional package may be absent: npm leaves out those of other platforms.
    if (present[path] === undefined) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return present[path].version === entry.version;
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

/** Installs the packages that the lock file of a folder names. */
export function install(root) {
  say("installing packages (npm ci) ...");
  runNpm(root, ["ci", "--include=dev", "--no-fund", "--no-audit"], "installing packages failed");
}

/**
 * Builds into a sibling of dist/ and swaps it in whole, so that a failed build leaves dist/ as it was. A viewer
 * that cannot be built is left out, which is a failure all the same unless something is only to be run.
 */
export function build(root, { runOnly = false } = {}) {
  say("building (tsc) ...");
  const hash = sourceHash(root); // before the build: a file saved meanwhile makes the next run build again
  const next = join(root, "dist.next");
  const old = join(root, "dist.old");
  const dist = join(root, "dist");
  for (const folder of [next, old]) rmSync(folder, { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", next];
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) {
    rmSync(next, { recursive: true, force: true });
    throw new EnsureError("the build failed, see the messages of tsc above");
  }
  const failure = buildViewer(root, join(next, "viewer"));
  writeFileSync(join(next, STAMP), hash);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
  if (failure === undefined) return;
  // All else works without the viewer: whoever only runs something is not held up by it.
  if (!runOnly) throw new EnsureError(failure);
  say(`${failure}; all else works`);
}

/** @returns what went wrong, for the user; undefined where it was built or nothing can build it */
function buildViewer(root, folder) {
  const config = viewerConfig(root);
  if (!existsSync(config)) return undefined;
  const vite = viteOf(root);
  if (!existsSync(vite)) {
    say("the viewer is left out: vite is not installed (a full npm ci installs it)");
    return undefined;
  }
  say("building the viewer (vite) ...");
  const args = [vite, "build", "--config", config, "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"];
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status === 0) return undefined;
  rmSync(folder, { recursive: true, force: true });
  return "the viewer could not be built, see the messages of vite above: `view` has nothing to show";
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

/** Runs npm with its output on stderr; under `npm start` and `npx` it is the npm already running. */
function runNpm(root, args, failure) {
  const script = process.env.npm_execpath;
  const ownNpm = script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script);
  const [command, ...rest] = ownNpm ? [process.execPath, script, ...args] : ["npm", ...args];
  // npx hands its own settings down in the environment; they must not steer this install.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NPX_SETTINGS.test(name)));
  // For an npm older than `allowScripts`: ONNX Runtime's install script would download CUDA's libraries.
  env.ONNXRUNTIME_NODE_INSTALL ??= "skip";
  const shell = !ownNpm && process.platform === "win32"; // npm is npm.cmd there
  const result = spawnSync(command, rest, { cwd: root, stdio: ["ignore", 2, 2], env, shell });
  if (result.error !== undefined) throw new EnsureError(`${failure}: ${result.error.message}`);
  if (result.status !== 0) throw new EnsureError(`${failure}: npm ended with ${result.status}, see above`);
}

const NPX_SETTINGS = /^npm_config_(package|call|prefix|local_prefix|global|yes|omit|production)$/i;

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
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
    return work();
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
