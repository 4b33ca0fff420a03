import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseScenarios } from "../../src/cli/scenario-file.ts";
import { InterruptedError } from "../../src/node/errors.ts";
import { readMapFile } from "../../src/node/map-files.ts";
import { makeWorld } from "../../src/sim/index.ts";
import { runHere } from "./run-cli.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-cli-"));

describe("misuse", () => {
  test("a typo in a flag is refused with a suggestion and the legal flags", async () => {
    const { code, stdout, stderr } = await runHere(["world", "--wrold", "cells:1"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("--wrold");
    expect(stderr).toContain('did you mean "--world"?');
    expect(stderr).toContain("--seed");
  });

  test("a typo in a verb is refused with a suggestion and the legal verbs", async () => {
    const { code, stderr } = await runHere(["wrld"]);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "world"?');
    expect(stderr).toContain("info");
  });

  test("a typo in a value is refused with a suggestion and the legal values", async () => {
    const world = await runHere(["world", "--world", "cels:1"]);
    expect(world.code).toBe(2);
    expect(world.stderr).toMatch(
      /cells, clutter, rooms, corridor, maze, crowd, crossing, doorway, dynabarn \(did you mean "cells"\?\)/,
    );
    const robot = await runHere(["world", "--world", "cells:1", "--robot", "jakal"]);
    expect(robot.code).toBe(2);
    expect(robot.stderr).toMatch(/jackal, turtlebot3.*did you mean "jackal"\?/s);
  });

  test("no verb at all is misuse and shows the help on stderr", async () => {
    const { code, stdout, stderr } = await runHere([]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: npx mnemosyne-mpc");
  });

  test.each([
    [["world", "--world"]],
    [["world", "--world", "cells:1", "--seed", "1.5"]],
    [["world", "--world", "cells:-1"]],
    [["world", "--world", "cells:99999999999"]],
    [["world", "--world", "cells:1", "--timeout", "0"]],
    [["world", "--world", "cells:1", "--timeout", "NaN"]],
    [["world", "--world", "cells:1", "--timeout", "Infinity"]],
    [["world", "--world", "cells:1", "--out", "--json"]],
    [["world", "--world", "cells:1", "--out", ""]],
    [["world", "cells:1", "--world", "cells:2"]],
    [["world", "cells:1", "cells:2"]],
    [["world"]],
    [["info", "now"]],
    [["--json", "info"]],
    [["help", "nothing"]],
  ])("%j is misuse", async (args) => {
    const { code, stderr } = await runHere(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^mnemosyne: |\nmnemosyne: /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("with --json an error leaves one object on stdout too", async () => {
    const { code, stdout } = await runHere(["world", "--json", "--seed", "x"]);
    expect(code).toBe(2);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    const object = JSON.parse(stdout);
    expect(object).toMatchObject({ verb: "world", status: "failed", error: { code: "usage" } });
    expect(object.error.message).toContain("--seed");
  });
});

describe("help", () => {
  test.each([["world"], ["info"]])("%s --help shows one example and exits with 0", async (verb) => {
    const { code, stdout, stderr } = await runHere([verb, "--help"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(stdout.match(/^Example:$/gm)).toHaveLength(1);
    expect(stdout).toContain(`$ npx mnemosyne-mpc ${verb}`);
    expect(stdout).toContain("--json");
    expect(stdout).toContain("--seed");
  });

  test("the example of every verb is accepted by the parser", async () => {
    for (const verb of ["world", "info"]) {
      const { stdout } = await runHere([verb, "--help"]);
      const [, words] = /\$ npx mnemosyne-mpc (.*)/.exec(stdout)!;
      let ran = 0;
      const { code } = await runHere(words!.split(" "), { execute: async () => void ran++ });
      expect([code, ran]).toEqual([0, 1]);
    }
  });
});

describe("help fills the width it has", () => {
  const VERBS = ["navigate", "collect", "train", "meta-train", "optimize", "download", "capacity"];

  test.each([60, 80, 100, 200, undefined])("columns: %s", async (columns) => {
    const most = Math.min(columns ?? 100, 110);
    for (const verb of VERBS) {
      const { stdout } = await runHere([verb, "--help"], { columns });
      const [, description] = /\n\n(.*?)\n\n/s.exec(stdout)!;
      const lines = description!.split("\n");
      for (const line of stdout.split("\nExample:")[0].split("\n"))
        if (line.trim().includes(" ")) expect(line.length, line).toBeLessThanOrEqual(most);
      lines.slice(1).forEach((line, i) => {
        const fits = `${lines[i]} ${line.split(" ")[0]}`.length <= most;
        expect(fits, `${verb}: "${lines[i]}" ends early`).toBe(false);
      });
    }
  });
});

describe("failures", () => {
  test("a folder that cannot be written is a failure, not misuse, and named", async () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    const { code, stdout, stderr } = await runHere(["world", "cells:1", "--out", `${file}/x`, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verb: "world", status: "failed", error: { code: "io" } });
    expect(stderr).toContain(file);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a defect is told in one line, and with its stack under MNEMOSYNE_DEBUG=1", async () => {
    const execute = async (): Promise<void> => {
      throw new TypeError("x is not a function");
    };
    const quiet = await runHere(["info"], { execute });
    expect(quiet.code).toBe(1);
    expect(quiet.stderr).toContain("MNEMOSYNE_DEBUG=1");
    expect(quiet.stderr.trimEnd().split("\n")).toHaveLength(1);
    const loud = await runHere(["info"], { execute, env: { MNEMOSYNE_DEBUG: "1" } });
    expect(loud.stderr).toMatch(/\n\s+at /);
  });

  test("whatever an interrupted verb throws, the user reads that it was interrupted", async () => {
    const abort = new AbortController();
    const execute = async (): Promise<void> => {
      abort.abort(new InterruptedError());
      throw new Error("the worker went away");
    };
    const { code, stderr } = await runHere(["info"], { execute, signal: abort.signal });
    expect(code).toBe(1);
    expect(stderr).toBe("mnemosyne: interrupted\n");
  });
});

describe("info", () => {
  test("--json prints one object with versions, hardware, providers, models and data", async () => {
    const { code, stdout } = await runHere(["info", "--json"]);
    expect(code).toBe(0);
    const info = JSON.parse(stdout);
    expect(info).toMatchObject({ verb: "info", node: process.versions.node });
    expect(info.cores).toBeGreaterThan(0);
    for (const part of [...info.providers, ...info.models, ...info.data])
      expect(part.found || part.how !== "").toBe(true);
    expect(info.providers.map((part: { name: string }) => part.name)).toContain("tfjs-node-gpu");
  });

  test("names every device, whether networks run on it, and what it needs where they do not", async () => {
    const { code, stdout } = await runHere(["info"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}cpu +usable: /m);
    expect(stdout).toMatch(/^ {2}webgpu +(usable|not usable|not installed): /m);
    expect(stdout).toMatch(
      /^ {2}cuda +(usable: |not (usable|installed): .*\n +needs .*--onnxruntime-node-install=cuda12)/m,
    );
  });

  test("finds the sample of a data set that is under version control", async () => {
    const { code, stdout } = await runHere(["info", "--json"]);
    expect(code).toBe(0);
    const [data] = JSON.parse(stdout).data;
    expect(data).toMatchObject({ name: "datasets", found: true });
    expect(data.detail).toMatch(/^[1-9]\d* files, /);
  });
});

describe("world", () => {
  test("writes the map that the generator makes, and a scenario that evaluate reads", async () => {
    const out = folder();
    const { code, stdout } = await runHere(["world", "--world", "cells:7", "--out", out, "--json"]);
    expect(code).toBe(0);
    const printed = JSON.parse(stdout);
    const world = makeWorld("cells", 7);
    const grid = await readMapFile(printed.map);
    expect([grid.width, grid.height, grid.resolution]).toEqual([
      world.grid.width,
      world.grid.height,
      world.grid.resolution,
    ]);
    expect(Buffer.from(grid.cells.buffer).equals(Buffer.from(world.grid.cells.buffer))).toBe(true);
    expect(printed.start).toEqual([world.start.x, world.start.y, world.start.yaw]);
    const [scenario] = parseScenarios(readFileSync(printed.scenario, "utf8"), printed.scenario);
    expect(scenario).toMatchObject({ id: "cells-7", map: printed.map, start: world.start, robot: "jackal" });
    expect([scenario!.goal.x, scenario!.goal.y]).toEqual([world.goal.x, world.goal.y]);
  });

  test("the same seed writes the same bytes, --seed stands in for a seed not named", async () => {
    const [a, b] = [folder(), folder()];
    expect((await runHere(["world", "clutter:3", "--out", join(a, "w")])).code).toBe(0);
    expect((await runHere(["world", "--world", "clutter", "--seed", "3", "--out", join(b, "w")])).code).toBe(
      0,
    );
    for (const ending of ["yaml", "pgm", "jsonl"])
      expect(readFileSync(join(a, `w.${ending}`)).equals(readFileSync(join(b, `w.${ending}`)))).toBe(true);
  });
});
