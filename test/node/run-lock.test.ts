import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { lockRunFolder } from "../../src/node/run-lock.ts";

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mnemosyne-lock-"));
  lock = join(folder, "run.lock");
});

describe("a run's folder", () => {
  test("names the process that works in it, and is free when that has done", async () => {
    const release = await lockRunFolder(folder);
    expect(readFileSync(lock, "utf8")).toBe(`${process.pid} ${hostname()}\n`);
    await release();
    expect(existsSync(lock)).toBe(false);
  });

  test("is closed while another process lives, and open at once when it was killed", async () => {
    const other = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "ignore" });
    writeFileSync(lock, `${other.pid} ${hostname()}\n`);
    await expect(lockRunFolder(folder)).rejects.toThrow(`process ${other.pid} works in this folder`);
    other.kill("SIGKILL");
    await new Promise((resolve) => other.on("exit", resolve));
    await (await lockRunFolder(folder))();
  });

  test("locked on another machine is closed for a minute after its last sign of life", async () => {
    writeFileSync(lock, "1 elsewhere\n");
    await expect(lockRunFolder(folder)).rejects.toThrow("process 1 of elsewhere works");
    const old = new Date(Date.now() - 61_000);
    utimesSync(lock, old, old);
    await (await lockRunFolder(folder))();
  });
});
