import { describe, expect, it } from "vitest";
import { createNavigationProblem } from "../../src/planner/index.ts";
import { knownLength, knownReach, stoppingDistance } from "../../src/planner/known-way.ts";
import { trackPiece } from "../../src/planner/track-piece.ts";
import { createGrid, getRobot, initialState, UNKNOWN } from "../../src/sim/index.ts";
import { fill } from "./scenes.ts";

const car = getRobot("f1tenth");
const jackal = getRobot("jackal");
const line = (n: number) => Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 1 + 0.025 * i : 2));
const straight = { piece: line(81) };
/** 8 x 4 m, unseen from a line x on, or only where y >= from. */
function unseenFrom(x: number, from = 0) {
  const grid = createGrid(160, 80, 0.05);
  fill(grid, x, from, 8, 4, UNKNOWN);
  return grid;
}

describe("the known part of a way", () => {
  it("ends where the robot's front comes to unseen ground, driven backwards where its back does", () => {
    const front = 0.254;
    expect(knownLength(jackal, [unseenFrom(3)], straight, 0.05)).toBeCloseTo(2 - front, 1);
    const headings = new Float64Array(81).fill(Math.PI);
    const backwards = { ...straight, track: { headings, direction: -1 as const } };
    expect(knownLength(car, [unseenFrom(3)], backwards, 0.05)).toBeCloseTo(2 - 0.119, 1);
  });

  it("is all of it where either the sensors or the map know the ground, and where the unseen is beside the body", () => {
    const nothing = createGrid(160, 80, 0.05, { x: 0, y: 0, yaw: 0 }, UNKNOWN);
    const map = createGrid(160, 80, 0.05);
    expect(knownLength(jackal, [nothing, map], straight, 0.05)).toBe(Number.POSITIVE_INFINITY);
    expect(knownLength(jackal, [map, nothing], straight, 0.05)).toBe(Number.POSITIVE_INFINITY);
    expect(knownLength(jackal, [unseenFrom(3, 2.35)], straight, 0.05)).toBe(Number.POSITIVE_INFINITY);
    expect(knownLength(jackal, [unseenFrom(3, 2.1)], straight, 0.05)).toBeLessThan(2);
    expect(knownLength(jackal, [nothing], straight, 0.05)).toBe(0);
  });

  it("brings the local goal nearer only within the distance that the robot needs to stop", () => {
    const stop = stoppingDistance(jackal);
    expect(stop).toBe(1); // 2 m/s, 2 m/s^2
    expect(knownReach(jackal, stop)).toBe(1);
    expect(knownReach(jackal, 0.25 * stop)).toBe(0.5);
    expect(knownReach(jackal, 0)).toBeGreaterThan(0); // what no sensor sees must be passed, too
  });

  it("is driven by a car so that it creeps where that ends", () => {
    const problem = createNavigationProblem(car);
    const track = { headings: new Float64Array(81), direction: 1 as const };
    const x0 = initialState(car, { x: 1, y: 2, yaw: 0 });
    const speedBeyond = (known: number): number => {
      const { X } = trackPiece(problem, x0, straight.piece, { ...track, known });
      const beyond = Array.from({ length: 31 }, (_, k) => (X[5 * k] > 1.15 + known ? X[5 * k + 3] : 0));
      return Math.max(...beyond);
    };
    expect(speedBeyond(1)).toBeLessThan(0.2 * 2);
    expect(speedBeyond(10)).toBe(0);
    const { X } = trackPiece(problem, x0, straight.piece, track);
    expect(Math.max(...Array.from({ length: 31 }, (_, k) => X[5 * k + 3]))).toBeGreaterThan(1.5);
  });
});
