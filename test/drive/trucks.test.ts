import { describe, expect, it } from "vitest";
import { drive } from "../../src/drive/index.ts";
import { createGrid, type Robot } from "../../src/sim/index.ts";

/** A truck of 5.2 m whose steering takes a second from straight to its end, in a yard of 48 x 48 m. */
const truck: Robot = {
  name: "truck",
  source: "made up",
  model: "bicycle",
  footprint: [
    [-1, -1],
    [4.2, -1],
    [4.2, 1],
    [-1, 1],
  ],
  wheelbase: 3.2,
  limits: { vMin: -1.5, vMax: 4, deltaMax: 0.6, aMax: 1.2, deltaRateMax: 0.6 },
};

describe("a truck with slow steering", () => {
  it("comes to a goal with another heading in one go, without standing on the way", async () => {
    let [standing, longest] = [0, 0];
    const { summary } = await drive({
      robot: truck,
      grid: createGrid(240, 240, 0.2),
      start: { x: 12, y: 24, yaw: 0 },
      goal: { x: 32, y: 24, yaw: Math.PI / 2 },
      init: "shift",
      onTick: (_, { state }) => {
        standing = Math.abs(state[3]) < 0.05 ? standing + 0.1 : 0;
        longest = Math.max(longest, standing);
      },
    });
    expect(summary).toMatchObject({ status: "reached", reversals: 0, recoveries: 0 });
    expect(summary.time).toBeLessThan(15); // 20 m at 4 m/s take 8.3 s from rest to rest
    expect(longest).toBeLessThan(1);
  });
});
