import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { correctMotion, innovation, type Motion, predictMotion } from "../../src/track/constant-velocity.ts";

/** One axis of the textbook's filter with matrices: F = (1, t; 0, 1), Q = a^2 G G', G = (t^2 / 2, t), H = (1, 0). */
function textbook(state: number[], P: number[][], t: number, a: number, z: number, r: number) {
  const [p, v] = [state[0] + t * state[1], state[1]];
  const F = [
    [1, t],
    [0, 1],
  ];
  const times = (A: number[][], B: number[][]) =>
    A.map((row) => B[0].map((_, j) => row.reduce((s, x, k) => s + x * B[k][j], 0)));
  const transposed = (A: number[][]) => A[0].map((_, j) => A.map((row) => row[j]));
  const G = [[(t * t) / 2], [t]];
  const Q = times(G, transposed(G)).map((row) => row.map((x) => a * a * x));
  const M = times(times(F, P), transposed(F)).map((row, i) => row.map((x, j) => x + Q[i][j]));
  const S = M[0][0] + r * r;
  const K = [M[0][0] / S, M[1][0] / S];
  const e = z - p;
  const keep = [
    [1 - K[0], 0],
    [-K[1], 1],
  ];
  return { state: [p + K[0] * e, v + K[1] * e], P: times(keep, M), chi: (e * e) / S };
}

describe("the constant-velocity filter", () => {
  it("is the textbook's, axis by axis", () => {
    const rng = createRng(2);
    let m: Motion = { x: 1, y: -2, vx: 0, vy: 0, pp: 0.01, pv: 0, vv: 2 };
    let [sx, sy] = [
      [1, 0],
      [-2, 0],
    ];
    let P = [
      [0.01, 0],
      [0, 2],
    ];
    for (let k = 0; k < 30; k++) {
      const t = 0.05 + 0.1 * rng.uniform();
      const z = { x: 1 + 0.1 * k + 0.05 * rng.gauss(), y: -2 + 0.05 * rng.gauss(), deviation: 0.05 };
      const [bx, by] = [textbook(sx, P, t, 1.3, z.x, 0.05), textbook(sy, P, t, 1.3, z.y, 0.05)];
      const before = predictMotion(m, t, 1.3);
      expect(innovation(before, z)).toBeCloseTo(bx.chi + by.chi, 9);
      m = correctMotion(before, z);
      [sx, sy, P] = [bx.state, by.state, bx.P];
      for (const [got, expected] of [
        [m.x, sx[0]],
        [m.vx, sx[1]],
        [m.y, sy[0]],
        [m.vy, sy[1]],
        [m.pp, P[0][0]],
        [m.pv, P[0][1]],
        [m.vv, P[1][1]],
      ])
        expect(got).toBeCloseTo(expected, 9);
    }
  });
});
