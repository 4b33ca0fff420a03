import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;
let clone: string;

/** A small clone with this one's scripts and packages, and one source file. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "mnemosyne-clone-"));
  for (const path of [
    "scripts",
    "bin",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "tsconfig.build.json",
  ])
    cpSync(join(ROOT, path), join(clone, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
  mkdirSync(join(clone, "src", "cli"), { recursive: true });
  writeFileSync(join(clone, "src", "cli", "main.ts"), 'process.stdout.write("one\\n" as string);\n');
});

function run(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(clone, script)], { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => (stderr += text));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

describe("a clone", () => {
  test("is built the first time and left alone the second", async () => {
    const first = await run("scripts/build.mjs");
    expect(first).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("building") });
    expect(await run("scripts/build.mjs")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("whose sources changed is built again by the launcher; stdout stays the program's", async () => {
    expect((await run("bin/mnemosyne.mjs")).stdout).toBe("one\n");
    writeFileSync(join(clone, "src", "cli", "main.ts"), 'process.stdout.write("two\\n");\n');
    expect((await run("bin/mnemosyne.mjs")).stdout).toBe("two\n");
    rmSync(join(clone, "dist"), { recursive: true });
    expect((await run("bin/mnemosyne.mjs")).stdout).toBe("two\n");
  });

  test("that does not compile keeps the dist it had, and says so", async () => {
    await run("scripts/build.mjs");
    const main = join(clone, "dist", "cli", "main.js");
    const before = readFileSync(main, "utf8");
    writeFileSync(join(clone, "src", "cli", "main.ts"), "export const x: number = 'word';\n");
    const broken = await run("scripts/build.mjs");
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/main\.ts.*error TS2322.*the build failed/s);
    expect(broken.stderr).not.toMatch(/\n\s+at /);
    expect(readFileSync(main, "utf8")).toBe(before);
  });

  test("whose viewer cannot be built says so and fails, does the rest, and tries again", async () => {
    const config = join(clone, "viewer", "vite.config.ts");
    mkdirSync(join(clone, "viewer"));
    writeFileSync(config, 'throw new Error("no viewer today");\n');
    const broken = await run("scripts/build.mjs");
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/no viewer today.*the viewer could not be built/s);
    // What only runs something goes on without it, and does not build anew each time.
    expect(await run("bin/mnemosyne.mjs")).toEqual({ code: 0, stdout: "one\n", stderr: "" });
    expect((await run("scripts/build.mjs")).code).toBe(1);
    writeFileSync(join(clone, "viewer", "index.html"), "<title>viewer</title>");
    writeFileSync(config, 'export default { root: import.meta.dirname, cacheDir: "../.cache/vite" };\n');
    expect((await run("scripts/build.mjs")).code).toBe(0);
    expect(readFileSync(join(clone, "dist", "viewer", "index.html"), "utf8")).toContain("viewer");
  });

  test("is built once by three that start together", async () => {
    const runs = await Promise.all([1, 2, 3].map(() => run("bin/mnemosyne.mjs")));
    for (const { code, stdout } of runs) expect([code, stdout]).toEqual([0, "one\n"]);
    expect(runs.filter(({ stderr }) => stderr.includes("building"))).toHaveLength(1);
  });

  test("left locked by a process that died is not locked for ever", async () => {
    mkdirSync(join(clone, ".cache", "ensure.lock"), { recursive: true });
    writeFileSync(join(clone, ".cache", "ensure.lock", "pid"), "999999999");
    expect((await run("scripts/build.mjs")).code).toBe(0);
  });
});
