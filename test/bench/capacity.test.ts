import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { relativeVariance } from "../../src/bench/capacity/map-variances.ts";
import { kernelVariance, storageBound } from "../../src/cam/index.ts";
import { drawMeasured, type MeasuredPanel } from "../../src/plot/measured-chart.ts";
import { runHere } from "../cli/run-cli.ts";

const small = ["capacity", "--dim", "4", "--draws", "400", "--memories", "2"];

/** What the verb prints with --json. */
async function measure(...flags: string[]) {
  const { code, stdout, stderr } = await runHere([...small, ...flags, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe("capacity", () => {
  test("prints every table, and the bound and the design's variance are in them", async () => {
    const { code, stdout, stderr } = await runHere(small);
    expect(code, stderr).toBe(0);
    for (const title of [
      "Variance of the maps",
      "Variance of a flip's energy change",
      "Theorem 4.4 at n = 4",
      "Retrieval by bit flips",
      "Bias of orthogonal projections",
    ])
      expect(stdout).toContain(title);
    expect(stdout).toContain("6374.3");
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("draws the figures into the folder of --out and names them; every one has points", async () => {
    const out = join(mkdtempSync(join(tmpdir(), "mnemosyne-capacity-")), "figures");
    const result = await measure("--out", out, "--draws", "2000");
    const names = ["maps", "storage", "qr"].map((name) => join(out, `capacity-${name}.svg`));
    expect(result.files).toEqual(names);
    expect(readdirSync(out)).toHaveLength(3);
    for (const name of names) {
      const svg = readFileSync(name, "utf8");
      expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      expect(svg).toContain("prefers-color-scheme: dark");
      expect(svg.match(/stroke-width="1.4"/g)!.length).toBeGreaterThan(8); // a bar per point
    }
  });

  test("is the same for the same seed and another for another; a part does not change with the others", async () => {
    const all = await measure();
    expect(await measure("--seed", "0")).toEqual(all);
    const alone = await measure("--parts", "qr");
    expect(alone.qr).toEqual(all.qr);
    expect(Object.keys(alone)).toEqual(["verb", "seed", "dim", "draws", "qr"]);
    const other = await measure("--parts", "qr", "--seed", "1");
    expect(other.qr).not.toEqual(all.qr);
  });

  test("every promise of the theorem is kept: margins are positive up to the bound", async () => {
    const { storage } = await measure("--parts", "storage", "--dim", "6");
    expect(storage.bounds.length).toBeGreaterThan(6);
    for (const { distance, errors, bound, margin, safe, corners, sampled } of storage.bounds) {
      expect(bound).toBeCloseTo(storageBound(6, distance / 6, errors / 6), 9);
      expect(margin).toBeGreaterThan(0.4);
      expect(safe).toBeGreaterThanOrEqual(Math.min(corners, Math.floor(bound)));
      expect(sampled.patterns).toBeLessThanOrEqual(bound);
      expect(sampled.flips).toBe(6 * (errors + 1));
    }
    for (const { worst, drawn } of storage.margins)
      for (const { patterns, exact } of drawn)
        expect(exact).toBeGreaterThan((worst[patterns - 1] ?? Number.NEGATIVE_INFINITY) - 1e-9);
    const exact = storage.retrieval.rows.filter((row: { features?: number }) => row.features === undefined);
    for (const { rate, patterns } of exact) if (patterns <= 3) expect(rate).toBe(1);
  });

  test("what is measured is near what the closed forms say", async () => {
    const { maps, energy, qr } = await measure("--parts", "maps,energy,qr", "--draws", "20000");
    const rows = [...maps, ...energy].filter((row) => row.measured !== undefined);
    expect(rows.length).toBeGreaterThan(20);
    // Five standard errors: one in two million normal numbers; the heaviest tails here have twice as many.
    for (const { measured, closed, error } of rows)
      expect(Math.abs(measured - closed)).toBeLessThan(5 * error + 0.02 * closed);
    expect(energy[0]).toMatchObject({ dim: 3, patterns: 2, A: -1 });
    expect(energy[0].closed).toBeCloseTo(6374.311, 3);
    for (const { map, corrected, bias, error } of qr.rows)
      if (corrected || map.startsWith("hf")) expect(Math.abs(bias)).toBeLessThan(5 * error);
      else expect(bias).toBeLessThan(-10 * error);
  });

  test("the curves are the closed forms at equal feature count, whatever q and k make up the sum", () => {
    const q = Float64Array.of(0.9, -0.2, 0.1);
    const k = Float64Array.of(0.1, 0.5, 0.3);
    const s = q.reduce((sum, value, i) => sum + (value + k[i]) ** 2, 0);
    const dot = q.reduce((sum, value, i) => sum + value * k[i], 0);
    for (const [kind, features] of [
      ["favor+", 1],
      ["hf+", 2],
    ] as const)
      expect(relativeVariance(kind, 3, s)).toBeCloseTo(
        (features * kernelVariance(kind, q, k, 0)) / Math.exp(2 * dot),
        12,
      );
  });
});

describe("misuse of capacity", () => {
  test.each([
    [["--dim", "9"], /whole number from 2 to 8/],
    [["--dim", "1"], /whole number from 2 to 8/],
    [["--draws", "many"], /whole number from 100 to 10000000/],
    [["--draws", "1e3"], /whole number/],
    [["--memories", "0"], /whole number from 2/],
    [["--parts", "map"], /Legal: maps, energy, storage, qr.*did you mean "maps"/],
    [["--parts", "maps,maps"], /each word once/],
    [["--parts", ""], /Legal: maps/],
    [["--seed", "-1"], /whole number from 0/],
    [["--out", ""], /Expected a path/],
    [["--drows", "5"], /unknown flag '--drows'.*--draws/],
    [["maps"], /too many arguments|Expected 0 arguments/i],
  ])("%j is refused with what is legal", async (flags, why) => {
    const { code, stdout, stderr } = await runHere(["capacity", ...flags]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(why);
  });

  test("a folder that cannot be is a failure, not misuse; an interruption ends it", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "mnemosyne-capacity-")), "file");
    await runHere([...small, "--parts", "qr", "--out", file]);
    const blocked = join(file, "capacity-qr.svg");
    const { code, stderr } = await runHere([...small, "--parts", "qr", "--out", blocked]);
    expect(code).toBe(1);
    expect(stderr).toContain(blocked);
    const stop = new AbortController();
    stop.abort();
    const stopped = await runHere(small, { signal: stop.signal });
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain("interrupted");
  });
});

describe("a chart of measured points", () => {
  const panel: MeasuredPanel = {
    title: "a < b",
    xLabel: "x",
    x: { range: [1, 100], ticks: [1, 10, 100], log: true },
    y: { range: [0, 10], ticks: [0, 10] },
    series: [{ name: "m & n", shade: 0, points: [[10, 5, 1]] }],
    marks: [{ x: 10, name: "bound", shade: 4 }],
  };
  const svg = drawMeasured("T", "S", [panel]);

  test("has a bar of one standard error to both sides of a point, in the middle of a logarithmic axis", () => {
    const [, x, low, high] = /<path class="s0"[^>]* d="M([\d.]+) ([\d.]+)V([\d.]+)"/.exec(svg)!.map(Number);
    const frame = /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/
      .exec(svg)!
      .slice(1)
      .map(Number);
    const [left, top, width, height] = frame as [number, number, number, number];
    expect(x).toBeCloseTo(left + width / 2, 0);
    expect((low! + high!) / 2).toBeCloseTo(top + height / 2, 0);
    expect(low! - high!).toBeCloseTo((height - 8) / 5, 0);
  });

  test("escapes its texts and is the same for the same panels", () => {
    for (const text of ["a &lt; b", "m &amp; n", "bound"]) expect(svg).toContain(`>${text}<`);
    expect(drawMeasured("T", "S", [panel])).toBe(svg);
  });

  test("keeps all texts inside its frame", () => {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number);
    for (const [, x, y] of svg.matchAll(/<text [^>]*x="([\d.]+)" y="([\d.]+)"/g)) {
      expect(Number(x)).toBeLessThan(width!);
      expect(Number(y)).toBeLessThan(height!);
    }
  });
});
