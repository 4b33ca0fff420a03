import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { differencedQuadrotor } from "../../src/bench/derivatives/differenced-quadrotor.ts";
import { quadrotorOcp } from "../../src/zoo/index.ts";
import { runHere } from "../cli/run-cli.ts";

describe("the quadrotor of bench derivatives", () => {
  test("is the same in expressions and as plain functions", () => {
    const [plain, symbolic] = [differencedQuadrotor(3), quadrotorOcp(3, {})];
    const rng = createRng(1);
    for (let n = 0; n < 5; n++) {
      const x = Float64Array.from({ length: 12 }, () => 0.3 * rng.gauss());
      const u = Float64Array.from({ length: 4 }, () => 1 + 0.3 * rng.gauss());
      const [expected, got] = [plain, symbolic].map((ocp) => {
        const [next, A, B] = [new Float64Array(12), new Float64Array(144), new Float64Array(48)];
        ocp.dynamics.step(x, u, 0, next);
        ocp.dynamics.jacobian(x, u, 0, A, B);
        return [...next, ocp.stageCost(x, u, 0), ocp.terminalCost(x), ...A, ...B];
      });
      // Differences of functions of size 10 are exact to about 1e-9.
      for (let i = 0; i < expected.length; i++) expect(got[i]).toBeCloseTo(expected[i], 7);
    }
  });
});

test("bench derivatives --json prints one object: every work by every source", async () => {
  const { code, stdout } = await runHere([
    "bench",
    "derivatives",
    "--rounds",
    "1",
    "--horizon",
    "2",
    "--json",
  ]);
  expect(code).toBe(0);
  const object = JSON.parse(stdout);
  expect(object).toMatchObject({
    verb: "bench derivatives",
    rounds: 1,
    sizes: { N: 2, nx: 12, nu: 4 },
  });
  expect(object.rows.map((row: { work: string; source: string }) => [row.work, row.source])).toEqual(
    ["A and B", "with gradients", "with Hessians"].flatMap((work) =>
      ["webassembly", "javascript", "interpreted", "differences"].map((source) => [work, source]),
    ),
  );
});
