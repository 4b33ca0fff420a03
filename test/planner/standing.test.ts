import { describe, expect, it } from "vitest";
import {
  NO_YIELDING,
  NOBODY_STANDS,
  type Standing,
  someoneInTheWay,
  updateYielding,
  watchStanding,
  withStanding,
} from "../../src/planner/standing.ts";
import { cellIndexAt, createGrid, type Mover } from "../../src/sim/index.ts";
import { along, room } from "./scenes.ts";

const mover = (id: number, x: number, y: number, vx = 0): Mover => ({ id, x, y, vx, vy: 0, radius: 0.3 });

/** Those who stand after a time in which movers were seen at every tenth of a second. */
function watched(seconds: number, at: (t: number) => Mover[]): { standing: Standing; time: number } {
  let standing = NOBODY_STANDS;
  let time = 0;
  for (; time < seconds; time += 0.1) standing = watchStanding(standing, at(time), time);
  return { standing, time };
}

describe("who stands", () => {
  const grid = room(10, 10);
  const x = new Float64Array(5);
  const occupied = (cells: Int8Array): number => cells.filter((c) => c === 100).length;

  it("for long is an obstacle on a copy of the grid, who walks or has just come is none", () => {
    const { standing, time } = watched(3, (t) => [mover(1, 4, 5), mover(2, 2 + t, 3, 1)]);
    const movers = [mover(1, 4, 5), mover(2, 5, 3, 1), mover(3, 8, 8)];
    const sample = { time, x, grid, movers };
    const seen = withStanding(watchStanding(standing, movers, time), sample);
    expect(seen.grid.cells[cellIndexAt(seen.grid, 4, 5)]).toBe(100);
    expect(seen.grid.cells[cellIndexAt(seen.grid, 4.15, 5.15)]).toBe(100);
    expect(seen.grid.cells[cellIndexAt(seen.grid, 5, 3)]).toBe(0);
    expect(seen.grid.cells[cellIndexAt(seen.grid, 8, 8)]).toBe(0);
    // A disc of 0.3 m has 113 cells of 5 cm.
    expect(Math.abs(occupied(seen.grid.cells) - occupied(grid.cells) - 113)).toBeLessThan(6);
    expect(grid.cells[cellIndexAt(grid, 4, 5)]).toBe(0);
    expect(seen.movers).toBe(movers);
  });

  it("and goes, begins anew", () => {
    const { standing, time } = watched(3, (t) => [mover(1, t < 2 ? 4 : 2 + t, 5)]);
    const sample = { time, x, grid, movers: [mover(1, 5, 5)] };
    expect(withStanding(standing, sample)).toBe(sample);
    expect(watchStanding(standing, [], time)).toBe(NOBODY_STANDS);
  });

  it("nowhere is a sample as it was", () => {
    const sample = { time: 9, x, grid };
    expect(withStanding(watchStanding(NOBODY_STANDS, undefined, 9), sample)).toBe(sample);
    expect(watchStanding(NOBODY_STANDS, undefined, 9)).toBe(NOBODY_STANDS);
  });

  it("at the edge of a grid, or outside, occupies what of it is inside", () => {
    const small = createGrid(20, 20, 0.1, { x: 1, y: 1, yaw: 0.3 });
    const { standing, time } = watched(3, () => [mover(1, 1, 1), mover(2, 50, 50)]);
    const seen = withStanding(standing, { time, x, grid: small, movers: [mover(1, 1, 1), mover(2, 50, 50)] });
    expect(occupied(seen.grid.cells)).toBeGreaterThan(3);
    expect(occupied(seen.grid.cells)).toBeLessThan(20);
  });
});

describe("a robot that waits for others", () => {
  const path = along([
    [0, 5],
    [5, 5],
  ]);

  it("has them in its way where it would touch them on its path", () => {
    expect(someoneInTheWay(path, [mover(1, 3, 5.5)], 0.3)).toBe(true);
    expect(someoneInTheWay(path, [mover(1, 3, 5.7)], 0.3)).toBe(false);
    expect(someoneInTheWay(path, [mover(1, 6, 5)], 0.3)).toBe(false);
    expect(someoneInTheWay(path, undefined, 0.3)).toBe(false);
  });

  it("counts the time with somebody in its way until it comes nearer, up to a minute", () => {
    let yielding = NO_YIELDING;
    for (let k = 0; k <= 50; k++) yielding = updateYielding(yielding, 1, 1 + 0.1 * k, k > 20);
    expect(yielding.waited).toBeCloseTo(3, 9);
    yielding = updateYielding(yielding, 6.1, 6.1, true);
    expect(yielding.waited).toBe(0);
    for (let k = 0; k <= 1000; k++) yielding = updateYielding(yielding, 6.1, 6.1 + 0.1 * k, true);
    expect(yielding.waited).toBe(60);
  });
});
