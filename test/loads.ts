import { readFileSync } from "node:fs";

/** Files and packages that a file loads when it runs, directly or through others. */
export function loads(file: URL, seen = new Set<string>()): Set<string> {
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
