import { expect, it } from "vitest";
import { benchQp } from "../../src/bench/bench-qp.ts";
import { coldRobotQps } from "../../src/bench/qp-problems.ts";

it("bench qp gives a row per solver and start, with ordered quantiles and no failing interior point", async () => {
  let now = 0;
  const progress: number[] = [];
  const result = await benchQp({
    seed: 4,
    count: 25,
    clock: () => now++,
    onProgress: (done, total) => progress.push(done / total),
  });
  expect(result.rows.map((row) => `${row.solver} ${row.start}`)).toEqual([
    "riccati-ipm, wasm cold",
    "riccati-ipm, generated cold",
    "riccati-ipm, loops cold",
    "admm cold",
    "riccati-ipm, wasm warm",
    "riccati-ipm, generated warm",
    "riccati-ipm, loops warm",
    "admm warm",
  ]);
  for (const row of result.rows) {
    expect(row.n).toBe(25);
    // The clock handed in ticks once a call, so each solve takes one tick.
    expect(row.ms).toEqual({ p50: 1, p90: 1, p99: 1, max: 1 });
    expect(row.kkt.p50).toBeLessThanOrEqual(row.kkt.p99);
    if (row.solver !== "admm") {
      expect(row.failures).toBe(0);
      expect(row.kkt.max).toBeLessThan(1e-4);
    }
  }
  expect(progress.at(-1)).toBeGreaterThan(0.5);
  expect(Math.max(...progress)).toBeLessThanOrEqual(1);
});

it("the same seed gives the same QPs, another seed others", () => {
  const [one] = coldRobotQps({ seed: 5, count: 1 });
  const [same] = coldRobotQps({ seed: 5, count: 3 });
  const [other] = coldRobotQps({ seed: 6, count: 1 });
  expect(one).toEqual(same);
  expect(one.q).not.toEqual(other.q);
});

it("bench qp ends within twenty QPs of an interruption", async () => {
  const stop = new AbortController();
  let done = 0;
  const run = benchQp({
    seed: 4,
    count: 60,
    onProgress: () => {
      done++;
      stop.abort(new Error("enough"));
    },
    signal: stop.signal,
  });
  await expect(run).rejects.toThrow("enough");
  expect(done).toBe(1);
});
