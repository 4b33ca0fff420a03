import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { runHere } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "identify-"));
const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** A table of speeds that follow y' = (c(t - delay) - y) / lag, in closed form; 0.04 s a line. */
function table(delay: number, lag: number, noise: number): string {
  const rng = createRng(2);
  const aims = Array.from({ length: 40 }, () => rng.uniform());
  const lines = Array.from({ length: 800 }, (_, k) => {
    const t = 0.04 * k;
    let y = 0;
    aims.forEach((aim, i) => {
      const s = t - 0.8 * i - delay;
      if (s > 0) y += (aim - (aims[i - 1] ?? 0)) * (1 - Math.exp(-s / lag));
    });
    return `${t.toFixed(3)},${aims[Math.floor(t / 0.8 + 1e-9)]},${y + noise * rng.gauss()}`;
  });
  return ["time,v_cmd,v", ...lines].join("\r\n");
}

describe("identify", () => {
  test("a table's delay and lag, and less than both together for the robot's file", async () => {
    const file = write("run.csv", table(0.12, 0.2, 0.02));
    const { code, stdout } = await runHere(["identify", file, "--json"]);
    expect(code).toBe(0);
    const { latency, actuators } = JSON.parse(stdout);
    expect(actuators).toHaveLength(1);
    const [{ name, delay_s, lag_s, total_std_s, samples }] = actuators;
    expect({ name, samples }).toEqual({ name: "v", samples: 800 });
    expect(Math.abs(delay_s + lag_s - 0.32)).toBeLessThan(3 * total_std_s + 0.005);
    expect(latency.delay + latency.lag).toBeLessThanOrEqual(delay_s + lag_s - 2 * total_std_s + 1e-9);
    expect(latency.delay + latency.lag).toBeGreaterThan(0.27);
  });

  test("of a run that was logged, those that the robot was simulated with", async () => {
    const log = join(folder, "run.mcap");
    const run = ["navigate", "--world", "rooms:7001", "--init", "shift", "--delay", "0.2", "--lag", "0.1"];
    expect((await runHere([...run, "--latency", "0.1,0", "--record", log])).code).toBe(0);
    const { code, stdout } = await runHere(["identify", log, "--json"]);
    expect(code).toBe(0);
    const { actuators, latency } = JSON.parse(stdout);
    expect(actuators.map(({ name }: { name: string }) => name)).toEqual(["v", "w"]);
    for (const { delay_s, lag_s } of actuators) expect(Math.abs(delay_s + lag_s - 0.3)).toBeLessThan(0.03);
    expect(latency.delay + latency.lag).toBeLessThanOrEqual(0.3 + 1e-9);
    expect(latency.delay + latency.lag).toBeGreaterThan(0.2);
    const whole = readFileSync(log);
    const half = join(folder, "half.mcap");
    writeFileSync(half, whole.subarray(0, whole.length / 2));
    const cut = await runHere(["identify", half]);
    expect(cut.stderr).toContain(`${half}: the file was cut off at byte ${Math.floor(whole.length / 2)}`);
    expect((await runHere(["identify", log])).stderr).toBe("");
  }, 120_000);

  test.each([
    ["columns that say nothing", "a,b\n1,2", /columns are a, b, expected time/],
    ["a cell that is no number", "time,v_cmd,v\n0,1,x", /line 2: v is "x", expected a number/],
  ])("%s are refused with the file's name", async (_what, text, message) => {
    const file = write("bad.csv", text);
    const { code, stderr } = await runHere(["identify", file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("bad.csv");
  });

  test("a table in which nothing happens fails, and says why", async () => {
    const still = ["time,v_cmd,v", ...Array.from({ length: 200 }, (_, k) => `${0.1 * k},0,0`)].join("\n");
    const { code, stdout } = await runHere(["identify", write("still.csv", still)]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/no command of the log changes a speed/);
  });
});
