import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
// @ts-expect-error scripts have no types
import * as scripts from "../../scripts/packages.mjs";

type Entry = { readonly version?: string; readonly resolved?: string; readonly dependencies?: object };
type Need = "run" | "build" | "all";
const packagesFor: (lock: { packages: Record<string, Entry> }, need: Need) => Record<string, Entry> =
  scripts.packagesFor;
const install: (root: string, need: Need) => void = scripts.install;
const bringBack: (root: string) => void = scripts.bringBack;
const isInstalled: (root: string, need: Need) => boolean = scripts.isInstalled;

const ROOT = new URL("../../", import.meta.url).pathname;
const LOCK = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));

describe("the packages of a build", () => {
  const names = Object.keys(packagesFor(LOCK, "build")).map((path) => path.replace(/^.*node_modules\//, ""));

  test("are all that sources and the viewer import", () => {
    const imported = new Set<string>();
    for (const folder of ["src", "viewer"])
      for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }))
        if (file.endsWith(".ts"))
          for (const [, name] of readFileSync(join(ROOT, folder, file), "utf8").matchAll(
            /(?:\bfrom|\bimport\(?|\bimport) ?"((?:@[\w-]+\/)?[\w-][\w.-]*)/g,
          ))
            imported.add(name);
    for (const own of ["mnemosyne-mpc", "node"]) imported.delete(own);
    expect([...imported]).toEqual(expect.arrayContaining(["three", "rxjs", "onnxruntime-node"]));
    expect(names).toEqual(expect.arrayContaining([...imported]));
  });

  test("leave nothing out that one of them asks for, and are fewer than all", () => {
    const kept = Object.entries(packagesFor(LOCK, "build"));
    for (const [path, entry] of kept)
      for (const name of Object.keys(entry.dependencies ?? {}))
        expect(
          kept.some(([other]) => other.endsWith(`node_modules/${name}`)),
          `${path} > ${name}`,
        ).toBe(true);
    expect(names).not.toEqual(expect.arrayContaining(["vitest"]));
    expect(
      scripts.TESTS_ONLY.filter((name: string) => LOCK.packages[`node_modules/${name}`] === undefined),
    ).toEqual([]);
    for (const name of scripts.TESTS_ONLY) expect(names).not.toContain(name);
    expect(names).toEqual(expect.arrayContaining(["typescript", "vite", "three", "onnxruntime-web"]));
  });
});

/** An npm that writes what a lock file names; `NPM_FAILS` says how often not before it does, half of it written. */
const NPM = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
const [verb] = process.argv.slice(2);
const calls = process.env.NPM_CALLS;
if (verb === "config") console.log("https://packages.example/npm");
else {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const entries = Object.entries(lock.packages).filter(([path]) => path !== "");
  const before = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\\n").length : 0;
  appendFileSync(calls, verb + " " + (entries[0][1].resolved ?? "-") + "\\n");
  if (verb === "ci") rmSync("node_modules", { recursive: true, force: true });
  const fails = before < Number(process.env.NPM_FAILS ?? 0);
  for (const [path, { version }] of fails ? entries.slice(0, 1) : entries) {
    mkdirSync(path, { recursive: true });
    writeFileSync(path + "/package.json", JSON.stringify({ version, by: verb }));
  }
  if (fails) process.kill(process.pid, "SIGKILL");
  writeFileSync("node_modules/.package-lock.json", JSON.stringify(lock));
}
`;

describe("an install", () => {
  let clone: string;
  const calls = (): string[] => readFileSync(join(clone, "calls"), "utf8").trim().split("\n");
  const has = (name: string): boolean => existsSync(join(clone, "node_modules", name, "package.json"));

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "mnemosyne-packages-"));
    const npm = join(clone, "npm", "npm-cli.js");
    mkdirSync(dirname(npm));
    writeFileSync(npm, NPM);
    writeFileSync(join(clone, "npm", "package.json"), '{ "type": "module" }');
    const devDependencies = { typescript: "*", vitest: "*" };
    writeFileSync(join(clone, "package.json"), JSON.stringify({ devDependencies }));
    const packages = {
      "": { devDependencies },
      "node_modules/@scope/part": { version: "2.0.0" },
      "node_modules/typescript": { version: "7.0.0", dependencies: { "@scope/part": "*" } },
      "node_modules/vitest": { version: "4.0.0" },
    };
    writeFileSync(join(clone, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages }));
    vi.stubEnv("npm_execpath", npm);
    vi.stubEnv("NPM_CALLS", join(clone, "calls"));
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(clone, { recursive: true });
  });

  test("brings what a build needs; what tests need is added to it, and nothing is installed twice", () => {
    install(clone, "build");
    expect([has("typescript"), has("@scope/part"), has("vitest")]).toEqual([true, true, false]);
    expect([isInstalled(clone, "run"), isInstalled(clone, "build"), isInstalled(clone, "all")]).toEqual([
      true,
      true,
      false,
    ]);
    install(clone, "all");
    expect([has("typescript"), has("vitest"), isInstalled(clone, "all")]).toEqual([true, true, true]);
    expect(isInstalled(clone, "build")).toBe(true);
    const address = "https://packages.example/npm/@scope/part/-/part-2.0.0.tgz";
    expect(calls()).toEqual([`ci ${address}`, `install ${address}`]);
    expect(readdirSync(join(clone, ".cache"))).toEqual([]);
  });

  test("that npm fails at with addresses is tried once more without", () => {
    vi.stubEnv("NPM_FAILS", "1");
    install(clone, "build");
    expect(calls()[1]).toBe("ci -");
    expect(isInstalled(clone, "build")).toBe(true);
  });

  test("that fails leaves what there was, and the next one brings the rest", () => {
    install(clone, "build");
    vi.stubEnv("NPM_FAILS", "3");
    expect(() => install(clone, "all")).toThrow(/installing packages failed: npm ended with SIGKILL/);
    expect([isInstalled(clone, "build"), isInstalled(clone, "all")]).toEqual([true, false]);
    install(clone, "all");
    expect(isInstalled(clone, "all")).toBe(true);
  });

  test("that was killed while it added to them leaves packages that are brought back", () => {
    install(clone, "build");
    const staged = join(clone, ".cache", "packages");
    mkdirSync(join(staged, "half"), { recursive: true });
    renameSync(join(clone, "node_modules"), join(staged, "node_modules"));
    bringBack(clone);
    expect([isInstalled(clone, "build"), has("typescript")]).toEqual([true, true]);
    // What an install from nothing has left half written is none.
    mkdirSync(join(staged, "node_modules", "vitest"), { recursive: true });
    rmSync(join(clone, "node_modules"), { recursive: true });
    bringBack(clone);
    expect(existsSync(join(clone, "node_modules"))).toBe(false);
    install(clone, "all");
    expect(isInstalled(clone, "all")).toBe(true);
  });

  test("begins anew over packages of another version, and over what an npm that was killed left", () => {
    install(clone, "build");
    mkdirSync(join(clone, "node_modules", "vitest"));
    install(clone, "all");
    expect(calls()[1]).toMatch(/^ci /);
    const lock = readFileSync(join(clone, "package-lock.json"), "utf8");
    writeFileSync(join(clone, "package-lock.json"), lock.replace("7.0.0", "7.1.0"));
    expect(isInstalled(clone, "build")).toBe(false);
    install(clone, "all");
    expect(calls()[2]).toMatch(/^ci /);
    expect(isInstalled(clone, "all")).toBe(true);
  });

  test("without a lock file says what to do", () => {
    rmSync(join(clone, "package-lock.json"));
    expect(() => install(clone, "all")).toThrow(/package-lock.json is missing or damaged: git checkout/);
  });
});
