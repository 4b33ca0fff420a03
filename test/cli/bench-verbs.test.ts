import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NOISE_LEVELS } from "../../src/bench/sqp-noise.ts";
import { InterruptedError } from "../../src/node/errors.ts";
import { writeMapFiles } from "../../src/node/map-files.ts";
import { makeWorld } from "../../src/sim/index.ts";
import { runHere } from "./run-cli.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-bench-"));

/** Aborts the n-th time that somebody asks its signal. */
function abortAtLook(n: number, reason: Error): AbortController {
  const abort = new AbortController();
  const { signal } = abort;
  let looks = 0;
  Object.defineProperty(signal, "aborted", {
    get() {
      if (++looks === n) abort.abort(reason);
      return looks >= n;
    },
  });
  return abort;
}

describe("bench sqp", () => {
  test("--json prints one object with the contract's keys, and --out the same into a file", {
    timeout: 60_000,
  }, async () => {
    const out = join(folder(), "new", "sqp.json");
    const { code, stdout } = await runHere(["bench", "sqp", "--scenes", "6", "--json", "--out", out]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    const object = JSON.parse(stdout);
    expect(object).toMatchObject({ verb: "bench sqp", scenes: 6, seed: 0, node: process.version });
    expect(object.source).toContain("from seed 10000");
    expect(object.cpu).toEqual(expect.any(String));
    expect(object.load).toEqual(expect.any(Number));
    const convergence = ["converged", "mean", "p50", "p95"];
    for (const row of object.rows) {
      const contract = ["after_one", "init", "kind", "ms", "n", "to_convergence"];
      const more = ["guess_m", "nearest_m", "reaches_best"];
      expect(Object.keys(row).sort()).toEqual([...contract, ...more].sort());
      for (const tol of ["1e-2", "1e-3"])
        expect(Object.keys(row.to_convergence[tol]).sort()).toEqual(convergence);
      expect(Object.keys(row.after_one).sort()).toEqual(["cost_gap", "good", "violation_m"]);
      expect(Object.keys(row.after_one.cost_gap).sort()).toEqual(["p50", "p90"]);
      expect(Object.keys(row.after_one.violation_m)).toEqual(["p90"]);
      expect(Object.keys(row.ms).sort()).toEqual(["init_p50", "iteration_p50", "total_p50", "total_p99"]);
    }
    expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(object);
    expect(object).not.toHaveProperty("noise");
    expect(object.ambiguity.kinds[0]).toMatchObject({ kind: "all", n: 6 });
  });

  test("--noise adds rows for every level, on controls and on states, with the multipliers and without", async () => {
    const flags = ["--scenes", "2", "--worlds", "clutter", "--noise"];
    const { code, stdout } = await runHere(["bench", "sqp", ...flags, "--json"]);
    expect(code).toBe(0);
    const { noise } = JSON.parse(stdout);
    const all = noise.rows.filter((row: { kind: string }) => row.kind === "all");
    expect(all).toHaveLength(3 * NOISE_LEVELS.length);
    for (const row of all) expect(row.n).toBe(noise.scenes);
    const text = await runHere(["bench", "sqp", ...flags]);
    expect(text.stdout).toContain("optimum and noise");
  });

  test("prints a table for people, with every warm start", async () => {
    const { code, stdout } = await runHere(["bench", "sqp", "--scenes", "4", "--worlds", "clutter"]);
    expect(code).toBe(0);
    for (const word of ["ordinary", "straight", "zero", "path", "shift-or-path", "best", "single", "Node v"])
      expect(stdout).toContain(word);
  });

  test("takes a map, a robot and the solver's options", async () => {
    const { grid } = makeWorld("clutter", 5);
    const { yamlPath } = await writeMapFiles(join(folder(), "place.yaml"), grid);
    const flags = [
      "--robot",
      "turtlebot4",
      "--hessian",
      "gaussNewton",
      "--gains",
      "open",
      "--field",
      "b-spline",
    ];
    const { code, stdout } = await runHere([
      "bench",
      "sqp",
      "--map",
      yamlPath,
      "--scenes",
      "3",
      "--json",
      ...flags,
    ]);
    expect(code).toBe(0);
    const object = JSON.parse(stdout);
    expect(object.options).toEqual({ hessian: "gaussNewton", gains: "open", field: "b-spline" });
    expect(object.robot).toBe("turtlebot4");
    expect(object.source).toContain(yamlPath);
  });

  test("an interruption ends it with exit status 1", async () => {
    const { signal } = abortAtLook(3, new InterruptedError());
    const { code, stdout, stderr } = await runHere(["bench", "sqp", "--scenes", "50"], { signal });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("interrupted");
  });
});

describe("bench qp", () => {
  test("--json prints one object: every solver, cold and warm, on the same QPs", async () => {
    const { code, stdout } = await runHere(["bench", "qp", "--count", "20", "--json"]);
    expect(code).toBe(0);
    const object = JSON.parse(stdout);
    expect(object).toMatchObject({ verb: "bench qp", seed: 0, sizes: { N: 30, nx: 5, nu: 2, rows: 60 } });
    for (const start of ["cold", "warm"])
      expect(object.rows.find((r: { solver: string; start: string }) => r.start === start).solver).toBe(
        "riccati-ipm, wasm",
      );
    expect(object.rows.map((r: { n: number }) => r.n).every((n: number) => n >= 20)).toBe(true);
  });
});

describe("bench ocp", () => {
  const flags = [
    "bench",
    "ocp",
    "--problems",
    "pendulum,turn90",
    "--solvers",
    "ilqr,al-ilqr",
    "--repeats",
    "0",
  ];

  test("--json prints one object: every solver on every problem and start, judged", async () => {
    const { code, stdout } = await runHere([...flags, "--seeds", "1", "--json"]);
    expect(code).toBe(0);
    const object = JSON.parse(stdout);
    expect(object).toMatchObject({ verb: "bench ocp", seed: 0 });
    expect(object.rows).toHaveLength(2 * 2 * 2);
    const [first] = object.rows;
    expect(first).toMatchObject({ problem: "pendulum", solver: "ilqr", start: "plain", status: "converged" });
    for (const key of ["iterations", "objective", "violation", "ms", "gap", "false_converged"])
      expect(first).toHaveProperty(key);
    expect(Math.abs(first.gap)).toBeLessThan(1e-5);
    expect(object.rows.find((r: { problem: string }) => r.problem === "turn90").status).toBe("unsupported");
  });

  test("--scale says what other units change, and for a person only that", async () => {
    const { code, stdout } = await runHere([
      "bench",
      "ocp",
      "--problems",
      "car-in-newtons",
      "--solvers",
      "ilqr",
      "--scale",
      "--json",
    ]);
    expect(code).toBe(0);
    const { scales } = JSON.parse(stdout);
    expect(scales.map((row: { quantity: string }) => row.quantity)).toEqual([
      ...Array(4).fill("cost"),
      ...Array(4).fill("control"),
      ...Array(4).fill("state"),
    ]);
    const text = await runHere([...flags, "--scale"]);
    expect(text.stdout).toMatch(/\d+ of \d+ the same in other units/);
  });
});

test("bench peers writes problems and judges the answers to them", async () => {
  const [problems, answers] = [join(folder(), "problems.jsonl"), join(folder(), "answers.jsonl")];
  const wrote = await runHere([
    "bench",
    "peers",
    "--write",
    problems,
    "--problems",
    "car-in-newtons",
    "--qps",
    "0",
  ]);
  expect(wrote).toMatchObject({ code: 0, stdout: expect.stringContaining("2 problems") });
  writeFileSync(answers, JSON.stringify({ id: "car-in-newtons", peer: "nobody", U: new Array(50).fill(0) }));
  const judged = await runHere(["bench", "peers", "--read", answers, "--of", problems, "--json"]);
  expect(judged.code).toBe(1);
  expect(JSON.parse(judged.stdout).answers).toMatchObject([{ peer: "nobody", optimal: false }]);
  const alone = await runHere(["bench", "peers", "--read", answers]);
  expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining("--of") });
});

describe("misuse of bench", () => {
  test.each([
    [["bench"], "sqp qp ocp peers net loop"],
    [["bench", "sq"], 'did you mean "sqp"?'],
    [["bench", "sqp", "--scenes", "0"], "--scenes"],
    [["bench", "sqp", "--worlds", "cels"], 'did you mean "cells"?'],
    [["bench", "sqp", "--worlds", "cells,maze:3"], "each with its seeds"],
    [["bench", "sqp", "--worlds", "cells:9-3"], "FROM <= TO"],
    [["bench", "sqp", "--worlds", "cells", "--map", "x.yaml"], "not both"],
    [["bench", "sqp", "--hessian", "ful"], 'did you mean "full"?'],
    [["bench", "sqp", "--gains", "closed"], "approx-sens"],
    [["bench", "qp", "--count", "x"], "--count"],
    [["bench", "loop", "--drive", "1"], 'did you mean "--drives"?'],
  ])("%j is refused and says what is legal", async (args, hint) => {
    const { code, stderr } = await runHere(args as string[]);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each([["sqp"], ["qp"], ["ocp"], ["peers"], ["net"], ["loop"]])(
    "bench %s --help shows one example that the parser takes",
    async (verb) => {
      const { code, stdout } = await runHere(["bench", verb, "--help"]);
      expect(code).toBe(0);
      expect(stdout.match(/^Example:$/gm)).toHaveLength(1);
      for (const flag of ["--json", "--seed", "--out"]) expect(stdout).toContain(flag);
      const [, words] = /\$ npx mnemosyne-mpc (.*)/.exec(stdout)!;
      let ran = 0;
      await runHere(words!.split(" "), { execute: async () => void ran++ });
      expect(ran).toBe(1);
    },
  );
});
