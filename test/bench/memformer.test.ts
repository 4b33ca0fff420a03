import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runHere } from "../cli/run-cli.ts";

const small = ["memformer", "--layers", "2", "--batch", "64", "--models", "linear", "--judge", "1000"];

async function study(...flags: string[]) {
  const { code, stdout, stderr } = await runHere([...small, ...flags, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe("memformer", () => {
  test("trains a layer to within a tenth of the exact optimum, from which it started far", async () => {
    const { rows, references } = await study("--layers", "1", "--steps", "150", "--lr", "0.05");
    const [{ log_loss, error }] = rows;
    const [{ shared, fixed_step }] = references;
    expect(shared).toBeCloseTo(0.1431, 3);
    expect(fixed_step.gd).toBeCloseTo(shared, 6);
    expect(log_loss).toBeGreaterThan(shared - 4 * error);
    expect(log_loss).toBeLessThan(shared + 0.1);
  });

  test("goes on where it was, and the same seed gives the same rows", async () => {
    const out = mkdtempSync(join(tmpdir(), "mnemosyne-memformer-"));
    const first = await study("--steps", "5", "--out", out);
    const trained = join(out, "trained.json");
    const kept = JSON.parse(readFileSync(trained, "utf8"));
    expect(kept.rows).toHaveLength(2);
    // What is there is taken as it is: a row that was changed by hand comes back.
    kept.rows[0].log_loss = 42;
    writeFileSync(trained, JSON.stringify(kept));
    const second = await study("--steps", "5", "--models", "linear,cgd", "--out", out);
    expect(second.rows.map(({ log_loss }: { log_loss: number }) => log_loss).slice(0, 2)).toEqual([
      42,
      first.rows[1].log_loss,
    ]);
    expect(JSON.parse(readFileSync(trained, "utf8")).rows).toHaveLength(4);
    expect(readdirSync(out).sort()).toEqual(["memformer-layers.svg", "memformer.json", "trained.json"]);
    writeFileSync(trained, "{ cut off");
    const third = await study("--steps", "5", "--out", out);
    expect(third.rows).toEqual(first.rows);
  });

  test("draws and prints every study", async () => {
    const out = mkdtempSync(join(tmpdir(), "mnemosyne-memformer-"));
    const flags = [
      "--studies",
      "layers,heads,tasks,experts",
      "--steps",
      "1",
      "--layers",
      "1",
      "--judge",
      "50",
      "--out",
      out,
    ];
    const { code, stdout, stderr } = await runHere([...small, ...flags]);
    expect(code, stderr).toBe(0);
    for (const word of ["isotropic:", "conjugate gradients", "own prompts", "expert 0.25", "gated"])
      expect(stdout).toContain(word);
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
    for (const name of ["layers", "heads", "tasks", "experts"]) {
      const svg = readFileSync(join(out, `memformer-${name}.svg`), "utf8");
      expect(svg).toContain("<svg");
      expect(svg).not.toMatch(/NaN|undefined/);
    }
  });

  test("an interruption keeps what is done and says so", async () => {
    const out = mkdtempSync(join(tmpdir(), "mnemosyne-memformer-"));
    const abort = new AbortController();
    const flags = ["--steps", "100000", "--json", "--out", out];
    setTimeout(() => abort.abort(), 300);
    const { code, stdout, stderr } = await runHere([...small, ...flags], { signal: abort.signal });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).status).toBe("interrupted");
    expect(stderr).toContain("the same command goes on in");
  });

  test("refuses more layers than can be counted, and unknown names", async () => {
    for (const [flags, message] of [
      [["--layers", "6"], /6/],
      [["--models", "lfm"], /lfom/],
      [["--covariances", "iso"], /isotropic/],
    ] as const) {
      const { code, stderr } = await runHere(["memformer", ...flags]);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    }
  });
});
