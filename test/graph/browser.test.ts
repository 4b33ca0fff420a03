import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Files and packages that a file loads when it runs, directly or through others. */
function loads(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  const source = readFileSync(file, "utf8");
  for (const [, kind, from] of source.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gm)) {
    if (kind !== undefined) continue;
    if (from.startsWith(".")) loads(new URL(from, file), seen);
    else seen.add(from);
  }
  return seen;
}

const packages = (door: string): string[] =>
  [...loads(new URL(`../../src/graph/${door}`, import.meta.url))].filter((name) => !name.startsWith("file:"));

test("the room's door loads no package and nothing of Node: graphs are also built in a browser", () => {
  expect(packages("index.ts")).toEqual([]);
});

test("the door for Node loads ONNX Runtime only when it is first needed", () => {
  const door = packages("node.ts");
  expect(door.length).toBeGreaterThan(0);
  expect(door.every((name) => name.startsWith("node:"))).toBe(true);
  const lazy = readFileSync(new URL("../../src/graph/load-ort.ts", import.meta.url), "utf8");
  expect(lazy).toContain('import("onnxruntime-node")');
});

test("the room loads files of its own and of linalg only", () => {
  const files = [...loads(new URL("../../src/graph/node.ts", import.meta.url))];
  const rooms = files.flatMap((name) => /\/src\/([\w-]+)\//.exec(name)?.[1] ?? []);
  expect([...new Set(rooms)].sort()).toEqual(["graph", "linalg"]);
});
