import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, expect, test, vi } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(ROOT, ".cache", "walk");

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true, force: true });
});

test("docs/walk.md is what example 10 prints, and its steps give the command that was driven", async () => {
  const example = readFileSync(join(ROOT, "examples", "10-one-control-tick.ts"), "utf8");
  const door = (room: string): string =>
    relative(folder, join(ROOT, "src", room, "index.ts")).replaceAll("\\", "/");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "example.ts");
  writeFileSync(
    file,
    example.replace(/"mnemosyne-mpc\/([a-z-]+)"/g, (_, room: string) => `"${door(room)}"`),
  );
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((...values) => void printed.push(values.join(" ")));
  await import(/* @vite-ignore */ pathToFileURL(file).href);
  const [, shown] = /```text\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "docs", "walk.md"), "utf8"))!;
  expect(printed.join("\n")).toBe(shown.trimEnd());
  expect(process.exitCode).toBeUndefined();
});
