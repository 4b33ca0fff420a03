// The packages of a clone: which of those that package-lock.json names are there, and the installing of what is
// missing. `npm start` and the launcher need those of a run and of a build; `npm test` adds the rest to them.
// Node's own modules only: this runs before anything is installed.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { EnsureError, say } from "./say.mjs";

/** Development packages that neither a build nor a run needs, a third of what there is to unpack. */
export const TESTS_ONLY = [
  "@biomejs/biome",
  "@foxglove/wasm-zstd",
  "@tensorflow/tfjs",
  "ajv",
  "axe-core",
  "fast-check",
  "highs",
  "lz4js",
  "playwright-core",
  "quadprog",
  "vitest",
];

/** An npm whose parent was killed may still be writing there. */
const GONE = { recursive: true, force: true, maxRetries: 10, retryDelay: 300 };

/**
 * What is needed for something: `run` what is built, `build` and run, or `all` of it, tests and lint too.
 *
 * @typedef {"run" | "build" | "all"} Need
 */

/**
 * Whether node_modules holds what package-lock.json asks for, by the record that npm keeps of its last
 * install (node_modules/.package-lock.json, written when an install is complete).
 *
 * @param {string} root of the clone
 * @param {Need} need
 */
export function isInstalled(root, need) {
  const lock = lockOf(root);
  const present = recordOf(root);
  if (lock === undefined || present === undefined) return false;
  return Object.entries(packagesFor(lock, need)).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    // An optional package may be absent: npm leaves out those of other platforms.
    if (present[path] === undefined) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return present[path].version === entry.version;
  });
}

/**
 * Installs the packages for a need beside node_modules and puts them in its place whole, so that an install that
 * fails or is killed leaves what there was. Where packages are only to be added, those that are there are kept.
 *
 * @param {string} root of the clone
 * @param {Need} need
 * @throws {EnsureError} if npm fails
 */
export function install(root, need) {
  const manifest = readJson(join(root, "package.json"));
  const lock = lockOf(root);
  if (manifest === undefined || lock === undefined)
    throw new EnsureError(
      "package.json or package-lock.json is missing or damaged: git checkout brings it back",
    );
  const packages = packagesFor(lock, need);
  const devDependencies = packages[""].devDependencies;
  const stage = join(root, ".cache", "packages");
  const [there, staged] = [join(root, "node_modules"), join(stage, "node_modules")];
  const add = canAdd(root, packages);
  rmSync(stage, GONE);
  mkdirSync(stage, { recursive: true });
  if (existsSync(join(root, ".npmrc"))) copyFileSync(join(root, ".npmrc"), join(stage, ".npmrc"));
  writeFileSync(join(stage, "package.json"), JSON.stringify({ ...manifest, devDependencies }));
  const writeLock = (content) =>
    writeFileSync(join(stage, "package-lock.json"), JSON.stringify({ ...lock, packages: content }));

  say(add ? "adding packages (npm install) ..." : "installing packages (npm ci) ...");
  if (add) renameSync(there, staged);
  const flags = ["--include=dev", "--no-fund", "--no-audit"];
  // With addresses npm need not ask for the list of every version of every package, a third of its time.
  writeLock(withAddresses(packages, registry(stage)));
  let failed = runNpm(stage, [add ? "install" : "ci", ...flags, "--fetch-retries=0"]);
  if (failed !== undefined) {
    if (add) renameSync(staged, there);
    say("once more, with addresses as the registry says them (npm ci) ...");
    writeLock(packages);
    failed = runNpm(stage, ["ci", ...flags]);
  }
  if (failed !== undefined) throw new EnsureError(`installing packages failed: ${failed}`);
  const old = join(root, ".cache", "packages.old");
  rmSync(old, GONE);
  if (existsSync(there)) renameSync(there, old);
  renameSync(staged, there);
  for (const folder of [stage, old]) rmSync(folder, GONE);
}

/**
 * Puts back the packages that an install was adding to when it was killed; and those that it was about to put in place.
 *
 * @param {string} root of the clone; nothing else installs in it meanwhile
 */
export function bringBack(root) {
  const staged = join(root, ".cache", "packages", "node_modules");
  if (existsSync(join(root, "node_modules")) || !existsSync(join(staged, RECORD))) return;
  renameSync(staged, join(root, "node_modules"));
}

/** The entries of a lock file for a need, by path, the clone itself at "". */
export function packagesFor({ packages }, need) {
  if (need === "all") return packages;
  const own = packages[""];
  const kept = Object.entries(own.devDependencies ?? {}).filter(
    ([name]) => need === "build" && !TESTS_ONLY.includes(name),
  );
  const root = { ...own, devDependencies: Object.fromEntries(kept) };
  const found = new Set();
  const visit = (from, entry) => {
    for (const name of asksFor(entry)) {
      const path = resolve(packages, from, name);
      if (path === undefined || found.has(path)) continue;
      found.add(path);
      visit(path, packages[path]);
    }
  };
  visit("", root);
  const entries = Object.entries(packages).filter(([path]) => found.has(path));
  return { "": root, ...Object.fromEntries(entries) };
}

/** Names of the packages that one asks for; optional peers are not among them. */
function asksFor(entry) {
  const peers = Object.keys(entry.peerDependencies ?? {});
  return [
    ...Object.keys({ ...entry.dependencies, ...entry.optionalDependencies, ...entry.devDependencies }),
    ...peers.filter((name) => !entry.peerDependenciesMeta?.[name]?.optional),
  ];
}

/** Where a name leads to from a package, as Node.js looks for it: in its own folder, then in those above. */
function resolve(packages, from, name) {
  for (let at = from; ; at = at.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
    const path = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (at === "") return undefined;
  }
}

/** Whether what is missing may be added: nothing is there in another version, nor without being in the record. */
function canAdd(root, packages) {
  const present = recordOf(root);
  if (present === undefined) return false;
  return Object.entries(packages).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    return present[path] === undefined
      ? !existsSync(join(root, path))
      : present[path].version === entry.version;
  });
}

function withAddresses(packages, address) {
  if (address === undefined) return packages;
  const entries = Object.entries(packages).map(([path, entry]) => {
    const name = entry.name ?? path.replace(/^.*node_modules\//, "");
    if (!path.startsWith("node_modules/") || entry.resolved !== undefined || entry.link) return [path, entry];
    return [
      path,
      { ...entry, resolved: `${address}${name}/-/${name.replace(/^.*\//, "")}-${entry.version}.tgz` },
    ];
  });
  return Object.fromEntries(entries);
}

/** The registry's address, which ends with a slash; undefined where npm names none. */
function registry(folder) {
  const { stdout } = spawnNpm(folder, ["config", "get", "registry"], ["ignore", "pipe", "ignore"]);
  const address = String(stdout ?? "").trim();
  return /^https?:\S+$/.test(address) ? address.replace(/\/*$/, "/") : undefined;
}

/** @returns what went wrong, for the user; undefined where nothing did */
function runNpm(folder, args) {
  const result = spawnNpm(folder, args, ["ignore", 2, 2]);
  if (result.error !== undefined) return result.error.message;
  return result.status === 0 ? undefined : `npm ended with ${result.status ?? result.signal}, see above`;
}

/** Under `npm start` and `npx` it is the npm already running. */
function spawnNpm(folder, args, stdio) {
  const script = process.env.npm_execpath;
  const ownNpm = script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script);
  const [command, ...rest] = ownNpm ? [process.execPath, script, ...args] : ["npm", ...args];
  // npx hands its own settings down in the environment; they must not steer this install.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NPX_SETTINGS.test(name)));
  // For an npm older than `allowScripts`: ONNX Runtime's install script would download CUDA's libraries.
  env.ONNXRUNTIME_NODE_INSTALL ??= "skip";
  const shell = !ownNpm && process.platform === "win32"; // npm is npm.cmd there
  return spawnSync(command, rest, { cwd: folder, stdio, env, shell });
}

const NPX_SETTINGS = /^npm_config_(package|call|prefix|local_prefix|global|yes|omit|production)$/i;

const lockOf = (root) => {
  const lock = readJson(join(root, "package-lock.json"));
  return lock?.packages?.[""] === undefined ? undefined : lock;
};
/** What npm keeps of its last install, in node_modules. */
const RECORD = ".package-lock.json";
const recordOf = (root) => readJson(join(root, "node_modules", RECORD))?.packages;

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
