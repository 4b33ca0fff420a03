import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BenchSqpObject, drawBenchFigures, readBenchObject } from "../../src/bench/bench-figures.ts";
import { NOISE_LEVELS } from "../../src/bench/sqp-noise.ts";
import { drawBarTable } from "../../src/plot/bar-table.ts";
import { SCENE_KINDS } from "../../src/scenes/index.ts";
import { runHere } from "../cli/run-cli.ts";

/** Numbers of every attribute of that name, in the order of the text. */
const attribute = (svg: string, pattern: RegExp): number[] =>
  [...svg.matchAll(pattern)].map((m) => Number(m[1]));

const quality = (qps: number, good: number) => {
  const to = { mean: qps, p50: qps, p95: 10, converged: 1 };
  return {
    n: 12,
    to_convergence: { "1e-2": to, "1e-3": to },
    after_one: { cost_gap: { p50: 0, p90: 0 }, good, violation_m: { p90: 0 } },
    guess_m: { p50: 0.1, p90: 0.2 },
    nearest_m: { p50: 0.1, p90: 0.2 },
    reaches_best: 1,
  };
};

/** A result as `bench sqp` writes it, of starts that are good in a quarter, a half, ... of the scenes. */
function benchObject(inits: readonly string[], noise: boolean, models = {}): BenchSqpObject {
  const of = (i: number) => quality(1 + i, (i + 1) / 4);
  return {
    verb: "bench sqp",
    scenes: 60,
    source: "worlds <none> & more",
    robot: "jackal",
    models,
    rows: SCENE_KINDS.flatMap((kind) =>
      inits.map((init, i) => ({
        kind,
        init,
        ...of(i),
        ms: { init_p50: 0, iteration_p50: 1, total_p50: 1, total_p99: 2 },
      })),
    ),
    reference: { tol: 1e-5, max_iterations: 60, converged: 1, violating: 0 },
    ambiguity: {
      distance_m: 0.3,
      close_within: 0.1,
      kinds: [{ kind: "all", n: 60, ambiguous: 0.4, close: 0.1 }],
      rows: (["single", "ambiguous"] as const).flatMap((scenes) =>
        inits.map((init, i) => ({ scenes, kind: "all" as const, init, ...of(i) })),
      ),
    },
    ...(noise
      ? {
          noise: {
            scenes: 60,
            rows: (["controls", "states"] as const).flatMap((on) =>
              NOISE_LEVELS.map((noise_m) => ({
                ...quality(1 + noise_m, 1),
                kind: "all" as const,
                on,
                noise_m,
                multipliers: false,
                guess_m: { p50: noise_m, p90: noise_m },
              })),
            ),
          },
        }
      : {}),
  };
}

describe("a table of bars", () => {
  const table = {
    title: "T",
    subtitle: "a < b & c",
    columns: [
      { title: "one", note: "n = 1" },
      { title: "two", note: "n = 2" },
    ],
    rows: [
      { name: "low", tone: "plain", values: [25, 0] },
      { name: "high", tone: "accent", values: [100, undefined] },
    ],
    largest: 100,
    format: (value: number) => `${value}%`,
  } as const;

  test("has bars as long as their values are large, and none where there is no value", () => {
    const svg = drawBarTable(table);
    const [low, none, high] = attribute(svg, /<rect class="(?:plain|accent)"[^>]* width="([\d.]+)"/g);
    expect(low / high).toBeCloseTo(0.25, 2);
    expect(none).toBeLessThan(0.05 * high);
    expect(svg.match(/<rect class="(plain|accent)"/g)).toHaveLength(3);
    for (const text of ["25%", "100%", "low", "high", "n = 2", "a &lt; b &amp; c"])
      expect(svg).toContain(`>${text}<`);
  });

  test("keeps everything inside its frame", () => {
    const svg = drawBarTable(table);
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number);
    for (const x of attribute(svg, / x="([\d.]+)"/g)) expect(x).toBeLessThan(width!);
    for (const y of attribute(svg, / y="([\d.]+)"/g)) expect(y).toBeLessThan(height!);
  });

  test("colours by class, with another palette for dark pages", () => {
    const svg = drawBarTable(table);
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).not.toMatch(/ fill="#/);
  });
});

describe("figures of bench sqp", () => {
  test("show the starts that there are, those with a network last", () => {
    const inits = [
      "zero",
      "straight",
      "path",
      "shift",
      "shift-or-path",
      "best-no-net",
      "net",
      "best",
      "blind",
    ];
    const { good } = drawBenchFigures(benchObject(inits, false, { net: "a.onnx", blind: "b.onnx" }));
    const names = [...good.matchAll(/text-anchor="end">([^<]+)</g)].map((m) => m[1]);
    expect(names).toEqual(["zero", "path", "shift", "shift-or-path", "best-no-net", "blind", "net", "best"]);
    for (const column of [...SCENE_KINDS, "several optima"]) expect(good).toContain(`>${column}<`);
  });

  test("without a network show the house's own", () => {
    const inits = ["zero", "straight", "path", "shift", "best"];
    const { good, qps, noise } = drawBenchFigures(benchObject(inits, false));
    expect([...good.matchAll(/text-anchor="end">([^<]+)</g)].map((m) => m[1])).toEqual([
      "zero",
      "path",
      "shift",
      "best",
    ]);
    expect(qps).toContain(">3.00<");
    expect(noise).toBeUndefined();
  });

  test("with noise draw two curves in each panel and a dot per start", () => {
    const { noise } = drawBenchFigures(benchObject(["path", "shift", "best"], true));
    expect(noise!.match(/class="house-line"[^>]*L/g)).toHaveLength(4);
    expect(noise!.match(/<circle/g)).toHaveLength(6);
    const names = [...noise!.matchAll(/<text [^>]*y="([\d.]+)"[^>]*>(?:path|shift|best)</g)].map((m) =>
      Number(m[1]),
    );
    expect(names).toHaveLength(6);
    for (const panel of [names.slice(0, 3), names.slice(3)]) {
      const [a, b, c] = [...panel].sort((p, q) => p - q);
      expect(Math.min(b! - a!, c! - b!)).toBeGreaterThan(12); // a line of text fits between two names
    }
  });

  test("are the same for the same result, and refuse what is none", () => {
    const object = benchObject(["path", "best"], true);
    expect(drawBenchFigures(object)).toEqual(drawBenchFigures(readBenchObject(JSON.stringify(object))));
    for (const text of ["", "[]", "null", "3", '{"verb":"bench qp","rows":[]}', '{"verb":"bench sqp"}'])
      expect(() => readBenchObject(text), text).toThrow(/not JSON|expected what/);
  });
});

describe("bench figures", () => {
  test("writes the files and names them, and says which file is not a result", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mnemosyne-figures-"));
    const file = join(folder, "bench.json");
    writeFileSync(file, JSON.stringify(benchObject(["path", "best"], true)));
    const out = join(folder, "pictures");
    const { code, stdout } = await runHere(["bench", "figures", file, "--out", out, "--json"]);
    expect(code).toBe(0);
    const names = ["good", "qps", "noise"].map((name) => join(out, `bench-sqp-${name}.svg`));
    expect(JSON.parse(stdout)).toEqual({ verb: "bench figures", files: names });
    for (const name of names) expect(readFileSync(name, "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    writeFileSync(file, "{}");
    const refused = await runHere(["bench", "figures", file, "--out", out]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(file);
  });
});
