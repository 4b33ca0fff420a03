import { describe, expect, it } from "vitest";
import { drive, driveNavigation } from "../../src/drive/index.ts";
import { createGrid, type Robot } from "../../src/sim/index.ts";

/** A robot of 0.4 m/s that takes so long to stop. [s] */
const robotOf = (stopping: number): Robot => ({
  name: "slow",
  source: "made up",
  model: "differential",
  footprint: [
    [-0.2, -0.15],
    [0.2, -0.15],
    [0.2, 0.15],
    [-0.2, 0.15],
  ],
  limits: { vMin: -0.2, vMax: 0.4, wMax: 1, aMax: 0.4 / stopping, alphaMax: 2 },
});

describe("a robot that takes long to stop", () => {
  for (const stopping of [4, 8]) {
    it(`of ${stopping} s drives at its top speed where the way is free, and stops at the goal in time`, async () => {
      let fastest = 0;
      const { summary } = await drive({
        robot: robotOf(stopping),
        grid: createGrid(220, 40, 0.05),
        start: { x: 1, y: 1, yaw: 0 },
        goal: { x: 9, y: 1 },
        init: "shift",
        onTick: (_, { state }) => {
          fastest = Math.max(fastest, state[3]);
        },
      });
      expect(summary.status).toBe("reached");
      expect(fastest).toBeGreaterThan(0.95 * 0.4);
      // The way at top speed, and once more what speeding up and slowing down take.
      expect(summary.time).toBeLessThan(1.15 * (8 / 0.4 + stopping));
    });
  }

  it("has its local goal three stopping distances ahead, between half and all of what it covers within a horizon", () => {
    const lookahead = (stopping: number): number => driveNavigation(robotOf(stopping), 10).lookahead;
    expect(lookahead(0.5)).toBeCloseTo(0.5 * 0.4 * 3);
    expect(lookahead(1.5)).toBeCloseTo(3 * (0.5 * 0.4 * 1.5));
    expect(lookahead(3)).toBeCloseTo(0.4 * 3);
  });

  it("sees three quarters of a stop through, in as many stages as any other", () => {
    for (const [stopping, horizon] of [
      [1, 3],
      [4, 3],
      [8, 6],
    ]) {
      const { N, dt } = driveNavigation(robotOf(stopping), 10);
      expect(N).toBe(30);
      expect(N * dt).toBeCloseTo(horizon);
    }
  });
});
