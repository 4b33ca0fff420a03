import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

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

it("the room loads nothing of Node, no planner and no RxJS: logs are also written and read in a browser", () => {
  const loaded = [...loads(new URL("../../src/record/index.ts", import.meta.url))];
  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.filter((name) => name.startsWith("node:") || name === "rxjs")).toEqual([]);
  expect(loaded.filter((name) => /\/src\/(planner|sqp|ilqr|cli)\//.test(name))).toEqual([]);
  const node = [...loads(new URL("../../src/record/node.ts", import.meta.url))];
  expect(node.filter((name) => name.startsWith("node:")).length).toBeGreaterThan(0);
});
