import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

// Small inputs that once failed, kept outside of this repository: what they reach through the doors of the built program must
// stay where it is, and what came out right must come out right.
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = join(ROOT, "..", "shared", "cases");
const THERE = existsSync(FOLDER);
const BUILT = existsSync(join(ROOT, "dist", "cli", "main.js"));
const WHY_NOT = THERE ? "the program is not built" : "the folder ../shared/cases is not here";

const files = THERE ? readdirSync(FOLDER, { recursive: true }).map(String) : [];
const modules = files.filter((file) => file.endsWith(".mjs")).sort();
const texts = modules.map((file) => readFileSync(join(FOLDER, file), "utf8"));
/** Those that no other one imports. */
const scripts = modules.filter((file) => !texts.some((text) => text.includes(`/${basename(file)}"`)));

/** What each line of a script says today; a script that is not named here has to end without an error. */
const LINES: Readonly<Record<string, RegExp>> = {
  "driving/car-heading.mjs": /: reached /,
  "driving/latency.mjs": / reached .*clearance 0\.0[1-9]/,
  "driving/reverse.mjs": / reached .*backwards 0\.\d+ m/,
  "driving/turn.mjs": /\breached .* 0 recoveries/,
  "files/logs.mjs": /20 ticks, complete: true problems: \[\]/,
  "files/maps.mjs": /^(ref|crlf|utf16) +exit 1\b(?!.*has no keys)/,
  "loop/absurd.mjs": /: stop .* commanded v 0\.00 w 0\.00/,
  "loop/frozen.mjs": /stuck after|\b[01] ticks commanded/,
  "loop/map-again.mjs": /: +arrived after/,
  "loop/stale.mjs": /1[4-7] ticks commanded motion/,
  "solver/terminal-goal.mjs": /converged .* cost (0\.03870|0\.05406|15\.1103)/,
  "solver/unbounded.mjs": / unbounded /,
  "solver/units.mjs": /converged .* (47\.150|1\.46203)$/,
};

describe.skipIf(!THERE || !BUILT)(
  `the shared cases against the built program${THERE && BUILT ? "" : ` (skipped: ${WHY_NOT})`}`,
  () => {
    test.each(scripts.filter((script) => basename(script) !== "shard-hang.mjs"))("%s", (script) => {
      const { status, stdout, stderr } = run(script);
      expect(`${stderr}\n${stdout}`).not.toMatch(
        /\bFAIL\b|\b(Type|Reference|Syntax)Error\b|is not a function/,
      );
      expect(status, stderr).toBe(0);
      const lines = stdout.trim().split("\n");
      expect(lines.filter((line) => !(LINES[script] ?? /\S/).test(line))).toEqual([]);
    });

    // It waits for 20 s whatever is said, and then ends with an error.
    test.runIf(scripts.includes(join("files", "shard-hang.mjs")))("files/shard-hang.mjs", () => {
      expect(run(join("files", "shard-hang.mjs")).stdout).toMatch(/^FormatError damaged/);
    });
  },
);

function run(script: string) {
  return spawnSync(process.execPath, [join(FOLDER, script)], { cwd: ROOT, encoding: "utf8" });
}
