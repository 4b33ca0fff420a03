import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { DRIVE_STATUSES } from "../../src/drive/index.ts";
import { SOLVE_STATUSES } from "../../src/ocp/index.ts";
import { NO_PATH } from "../../src/route/index.ts";
import { describeSqpStatus } from "../../src/sqp/index.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(ROOT, "docs", "troubleshooting.md"), "utf8");

/** All sources, with texts that run over several lines joined. */
const sources = ["src", "bin"]
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => /\.(ts|mjs)$/.test(entry.name))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
  )
  .join("\n")
  .replace(/["`] \+\s*["`]/g, "");

/** First cells of the rows below a heading that is `message`, `note` or the like: what is in code, piece by piece. */
const messages = [...page.matchAll(/^\| (`.*?) \|/gm)]
  .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, message]) => message!))
  .filter((message) => message.includes(" "));

test("every message of the page is in the source, word for word between its blanks", () => {
  expect(messages.length).toBeGreaterThan(60);
  const pieces = messages.flatMap((message) => message.split("…").map((piece) => ({ message, piece })));
  const missing = pieces.filter(({ piece }) => piece.trim().length > 3 && !sources.includes(piece));
  expect(missing).toEqual([]);
});

test("every status and every reason for no path is on the page", () => {
  for (const status of SOLVE_STATUSES)
    expect(page).toContain(`| \`${status}\` | ${describeSqpStatus(status)} |`);
  for (const status of DRIVE_STATUSES.filter((status) => status !== "reached"))
    expect(page).toContain(`| \`${status}\` |`);
  for (const note of Object.values(NO_PATH)) expect(page).toContain(`\`${note}\``);
});
