import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TICK_PARTS } from "../../src/bench/bench-loop.ts";
import { writeMapFiles } from "../../src/node/map-files.ts";
import { resolveNavigationOptions } from "../../src/planner/index.ts";
import { getRobot, makeWorld } from "../../src/sim/index.ts";
import { runHere } from "../cli/run-cli.ts";
import { randomNet } from "../init-net/random-net.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-bench-"));

// Every warm start drives with every sensor, each after a warm-up: half a minute.
describe("bench loop", () => {
  test("--json prints one object: ticks by part, the iteration, the car and the field", async () => {
    const { grid } = makeWorld("clutter", 5);
    const { yamlPath } = await writeMapFiles(join(folder(), "place.yaml"), grid);
    const jackal = getRobot("jackal");
    const model = join(folder(), "untrained.onnx");
    writeFileSync(model, randomNet(jackal, resolveNavigationOptions(jackal).lookahead).bytes);
    const flags = ["--drives", "1", "--map", yamlPath, "--model", model, "--json"];
    const { code, stdout } = await runHere(["bench", "loop", ...flags]);
    expect(code).toBe(0);
    const object = JSON.parse(stdout);
    expect(object).toMatchObject({ verb: "bench loop", drives: 1, seed: 0, robot: "jackal", model });
    const inits = ["zero", "path", "shift", "shift-or-path", "net", "best"];
    const shown: string[] = object.ticks.map((row: { init: string }) => row.init);
    for (const init of inits) expect(shown.filter((name) => name === init)).toHaveLength(2);
    for (const row of object.ticks) {
      expect(row.n).toBeGreaterThan(10);
      expect(Object.keys(row.ms)).toEqual([...TICK_PARTS]);
      for (const part of TICK_PARTS) expect(Object.keys(row.ms[part])).toEqual(["p50", "p99", "max"]);
    }
    expect(object.iteration.n).toBeGreaterThan(0);
    expect(object.iteration.sizes).toEqual({ N: 30, nx: 5, nu: 2, rows: 60 });
    const car = object.car.map((row: { gains: string; hessian: string }) => `${row.hessian} ${row.gains}`);
    const kinds = ["open", "stable", "approx-sens", "sens"];
    expect(car).toEqual(
      ["full", "projected"].flatMap((hessian) => kinds.map((gains) => `${hessian} ${gains}`)),
    );
    expect(object.field.map((row: { size: number }) => row.size)).toEqual([100, 2000]);
  });
});
