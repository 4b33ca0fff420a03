import { describe, expect, it } from "vitest";
import { createGrid, footprintClearance, ROBOTS } from "../../src/sim/index.ts";
import { measurementRows } from "../../viewer/src/panels/measure.ts";
import { footprintCorners } from "../../viewer/src/scene/footprint-sweep.ts";
import type { LayerId, ShownRun } from "../../viewer/src/scene/layer.ts";
import { scaleBar } from "../../viewer/src/scene/scene-controls.ts";
import { thingAt } from "../../viewer/src/scene/things.ts";

const robot = ROBOTS.jackal;
const nx = 5;
const grid = createGrid(100, 100, 0.1);
grid.cells[30 * 100 + 60] = 100; // [6, 6.1] x [3, 3.1]
const X = Float64Array.from(
  { length: 11 * nx },
  (_, i) => [2 + 0.2 * Math.floor(i / nx), 2, 0, 2, 0.5][i % nx],
);
const lost = X.map((v, i) => (i % nx === 1 ? 4 : v));
const trail = Float64Array.of(1, 2, 0, 1.5, 2, 0, 2, 2, 0, 9, 9, 0);

/** A jackal at (2, 2) after two ticks, planning straight on along x. */
const view = {
  slot: 0,
  two: false,
  nx,
  corners: footprintCorners(robot),
  tick: 2,
  pose: [2, 2, 0],
  recent: [],
  map: { time: 0, grid },
  origin: { x: 0, y: 0 },
  run: { index: { meta: { robot }, times: Float64Array.of(0, 0.5, 1, 1.5) }, trail: () => trail },
  record: {
    phase: "driving",
    source: "solution",
    goal: { x: 8, y: 8 },
    plan: { time: 1, dt: 0.1, X, U: new Float64Array(20).fill(0.25) },
    hypotheses: [
      { name: "shift", chosen: true, X, iterates: [] },
      { name: "net", chosen: false, X: lost, iterates: [] },
    ],
    truth: { state: Float64Array.of(2, 2, 0, 1.25, 0) },
  },
} as unknown as ShownRun;
const all = (): boolean => true;
const at = (x: number, y: number, shown: (id: LayerId) => boolean = all) => thingAt([view], shown, x, y, 0.1);
const value = (thing: ReturnType<typeof at>, label: string): string | undefined =>
  thing?.rows.find(([name]) => name === label)?.[1];

describe("a click in the scene", () => {
  it("finds the robot anywhere in its footprint, with its true speed", () => {
    const thing = at(2.2, 2.15);
    expect(thing?.title).toBe("Robot jackal");
    expect(value(thing, "speed")).toBe("1.25 m/s");
    expect(at(2.2, 2.15, (id) => id !== "robot")?.title).not.toBe("Robot jackal");
  });

  it("finds the stage of the plan next to it, how far ahead it is, and its clearance by the footprint", () => {
    const thing = at(3.59, 2.05);
    expect(thing?.title).toBe("Solution");
    expect(value(thing, "stage")).toBe("8 of 10, 0.80 s ahead");
    expect(value(thing, "control")).toBe("0.25, 0.25");
    const clearance = footprintClearance(robot, { x: 3.6, y: 2, yaw: 0 }, grid);
    expect(value(thing, "clearance")).toBe(`${clearance.toFixed(2)} m`);
  });

  it("prefers the solution to a start on the same place, and names a start that lost", () => {
    expect(at(3, 2)?.title).toBe("Solution");
    expect(at(3, 2, (id) => id !== "solution")?.title).toBe("Warm start shift, chosen");
    expect(at(3, 4.02)?.title).toBe("Start net, not chosen");
    expect(at(3, 4.02, (id) => id !== "hypotheses")?.title).toBe("Ground");
  });

  it("finds the trail up to the tick and not beyond", () => {
    const thing = at(1.5, 2.02);
    expect(thing?.title).toBe("Trail");
    expect(value(thing, "tick")).toBe("1 at 0.50 s");
    expect(value(thing, "speed")).toBe("1.00 m/s");
    expect(at(9, 9)?.title).toBe("Ground");
  });

  it("finds the goal, and says of the ground whether it is free", () => {
    expect(at(8.1, 8)?.title).toBe("Goal");
    expect(value(at(8.1, 8), "yaw")).toBe("any");
    expect(value(at(6.05, 3.05), "map")).toBe("occupied (100)");
    expect(value(at(-5, 0), "map")).toBe("outside");
  });

  it("finds nothing where there is no run", () => {
    expect(thingAt([], all, 0, 0, 1)).toBeUndefined();
  });
});

describe("measuring", () => {
  it("tells distance, its parts and its heading", () => {
    const rows = new Map(measurementRows({ a: [1, 1], b: [4, 5] }));
    expect(rows.get("distance")).toBe("5.000 m");
    expect(rows.get("along x")).toBe("3.000 m");
    expect(rows.get("heading")).toBe("53.1°");
    expect(measurementRows({ a: [1, 1] })).toHaveLength(1);
  });

  it("has a scale of 1, 2 or 5 times a power of ten that fits", () => {
    for (const metresPerPixel of [0.0003, 0.004, 0.0123, 0.9, 7]) {
      const { metres, pixels } = scaleBar(metresPerPixel);
      expect(pixels).toBeLessThanOrEqual(140);
      expect(pixels).toBeGreaterThan(140 / 2.51);
      expect(pixels * metresPerPixel).toBeCloseTo(metres, 9);
      expect(["1", "2", "5"]).toContain(metres.toExponential()[0]);
    }
    expect(scaleBar(Number.NaN).pixels).toBe(0);
  });
});
