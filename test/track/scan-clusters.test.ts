import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createRangeSensor, type Mover, type Scan } from "../../src/sim/index.ts";
import { onMap, scanClusters, sightingOf } from "../../src/track/index.ts";
import { room } from "../planner/scenes.ts";

const hall = room(10, 10);
const pose = { x: 2, y: 5, yaw: 0.3 };
const body = (id: number, x: number, y: number, radius = 0.25): Mover => ({ id, x, y, vx: 0, vy: 0, radius });
const scanOf = (movers: readonly Mover[], noise = 0.01, seed = 3, from = pose): Scan =>
  createRangeSensor({ rng: createRng(seed), noise }).scan(hall, from, movers);

/** Where bodies are seen, in the order of the truth's. */
function places(
  scan: Scan,
  truth: readonly Mover[],
  noise = 0.01,
  known?: (x: number, y: number) => boolean,
) {
  const sightings = scanClusters(scan, noise, known).flatMap(
    (cluster) => sightingOf(scan, cluster, 0.25, noise) ?? [],
  );
  return truth.map(({ x, y }) => Math.min(...sightings.map((s) => Math.hypot(s.x - x, s.y - y))));
}

describe("surfaces of a scan", () => {
  it("are two where two people stand side by side, or one half behind the other", () => {
    for (const gap of [0, 0.05, 0.12])
      for (const turn of [0, 0.4, 0.8, -0.5, 1.2])
        for (const far of [1.5, 3]) {
          const [x, y] = [2 + far, 5];
          const [dx, dy] = [(0.25 + gap / 2) * Math.sin(turn), (0.25 + gap / 2) * Math.cos(turn)];
          const pair = [body(1, x - dx, y - dy), body(2, x + dx, y + dy)];
          const off = places(scanOf(pair), pair);
          expect(Math.max(...off), `gap ${gap}, turned ${turn}, ${far} m away`).toBeLessThan(0.15);
        }
  });

  it("are a body of its own where somebody leans on a wall", () => {
    const leaning = [body(1, 6, 0.36)];
    expect(places(scanOf(leaning, 0.01, 3, { x: 6, y: 3, yaw: -1 }), leaning)[0]).toBeLessThan(0.1);
  });

  it("are none of straight walls, noisy as they may be; the map or space must say that corners are no bodies", () => {
    const fromCorner = (v: number) => Math.min(v, 10 - v);
    for (const noise of [0, 0.01, 0.03])
      for (const seed of [1, 2, 3, 4, 5]) {
        const scan = scanOf([], noise, seed);
        expect(scanClusters(scan, noise, onMap(hall))).toEqual([]);
        for (const { range, bearing } of scanClusters(scan, noise)) {
          const [x, y] = [pose.x + range * Math.cos(bearing), pose.y + range * Math.sin(bearing)];
          expect(Math.max(fromCorner(x), fromCorner(y))).toBeLessThan(0.5);
        }
      }
  });

  it("turn with the sensor: a pair is told apart where the scan begins and ends, too", () => {
    const pair = [body(1, 4, 4.72), body(2, 4, 5.28)];
    for (const yaw of [0, 1, 2, Math.PI, -2])
      expect(Math.max(...places(scanOf(pair, 0.01, 3, { ...pose, yaw }), pair))).toBeLessThan(0.1);
  });
});

describe("what is on the map", () => {
  it("is within 15 cm of an obstacle's edge, and nothing else", () => {
    const known = onMap(hall);
    const wall = [0.02, 0.1, 0.19, 0.21].map((y) => known(5, y));
    expect(wall).toEqual([true, true, true, false]);
    expect(known(5, 5)).toBe(false);
    expect(known(-3, 5)).toBe(false);
    expect(known(Number.NaN, 5)).toBe(false);
  });

  it("is no body, and who stands before it still is one", () => {
    const leaning = [body(1, 6, 0.5)];
    const scan = scanOf(leaning, 0.01, 3, { x: 6, y: 3, yaw: -1 });
    expect(scanClusters(scan, 0.01, onMap(hall)).length).toBe(1);
    expect(places(scan, leaning, 0.01, onMap(hall))[0]).toBeLessThan(0.1);
  });
});
