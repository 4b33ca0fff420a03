import { describe, expect, test } from "vitest";
import { createRng, wrapAngle } from "../../src/base/index.ts";
import { checkDerivatives } from "../../src/ocp/index.ts";
import { clearReference, roomAt } from "../../src/planner/clear-reference.ts";
import { createNavigationProblem } from "../../src/planner/index.ts";
import { poseScene, sceneField } from "../../src/planner/pose-scene.ts";
import { trackPiece } from "../../src/planner/track-piece.ts";
import { pathOfCurve } from "../../src/route/drive-path.ts";
import {
  beginDriveRoute,
  continueDriveRoute,
  createFieldTiles,
  driveModel,
  locateOnRoute,
  NO_ROUTE,
  type RouteState,
  type Track,
} from "../../src/route/index.ts";
import { pathBetween } from "../../src/route/path.ts";
import { discRadius, footprintDiscs, getRobot, initialState } from "../../src/sim/index.ts";
import { fill, room } from "./scenes.ts";

const car = getRobot("f1tenth");
const problem = createNavigationProblem(car);
const RADIUS = 0.9;

/** Points and headings along an arc from a pose. */
function arc(x: number, y: number, yaw: number, curvature: number, length: number) {
  const path = pathOfCurve(Float64Array.of(x, y, yaw), [{ curvature, length }], 0.05);
  const track: Track = { headings: path.yaw, direction: length < 0 ? -1 : 1 };
  return { points: path.points, track, end: path.points.slice(-2), heading: path.yaw.at(-1)! };
}

describe("tracking a piece of a route", () => {
  test("stops at its end with its heading, forwards and backwards, left, right and straight", () => {
    for (const curvature of [0, 1 / RADIUS, -1 / RADIUS]) {
      for (const length of [1.2, -1]) {
        const piece = arc(3, 3, 0.5, curvature, length);
        const { X } = trackPiece(
          problem,
          initialState(car, { x: 3, y: 3, yaw: 0.5 }),
          piece.points,
          piece.track,
        );
        const last = X.subarray(X.length - 5);
        expect(Math.hypot(last[0] - piece.end[0], last[1] - piece.end[1])).toBeLessThan(0.06);
        expect(Math.abs(wrapAngle(last[2] - piece.heading))).toBeLessThan(0.1);
        expect(Math.abs(last[3])).toBeLessThan(0.1);
      }
    }
  });

  test("brakes first where the car still drives the other way, and comes back to a piece beside it", () => {
    const piece = arc(3, 3, 0, 0, -1.5);
    const x0 = initialState(car, { x: 3, y: 3.1, yaw: 0 });
    x0[3] = 0.6;
    const { X } = trackPiece(problem, x0, piece.points, piece.track);
    const last = X.subarray(X.length - 5);
    expect(Math.max(...Array.from({ length: 31 }, (_, k) => X[5 * k]))).toBeGreaterThan(3.02);
    expect(last[0]).toBeCloseTo(1.5, 1);
    expect(Math.abs(last[1] - 3)).toBeLessThan(0.05);
  });
});

describe("the problem of a scene with a track", () => {
  const piece = arc(3, 3, 0, 1 / RADIUS, 1.5);
  const grid = room(8, 8);
  const x = initialState(car, { x: 3, y: 3, yaw: 0 });
  const goal = { x: piece.end[0], y: piece.end[1], yaw: piece.heading };
  const scene = { x, goal, final: true, grid, path: piece.points, track: piece.track };
  poseScene(problem, scene, sceneField(grid));

  test("has derivatives that equal finite differences", () => {
    const { rows: _, ...smooth } = problem.ocp; // the rows' bilinear field has kinks
    expect(checkDerivatives(smooth, x, createRng(5), { spread: 0.3 })).toEqual({ ok: true, worst: [] });
  });

  test("costs nothing but controls along the trajectory that tracks the piece", () => {
    const { X, U } = trackPiece(problem, x, piece.points, piece.track);
    const { ocp } = problem;
    const still = new Float64Array(2);
    for (const k of [0, 7, 29])
      expect(ocp.stageCost(X.subarray(5 * k, 5 * k + 5), still, k)).toBeCloseTo(0, 12);
    expect(ocp.terminalCost(X.subarray(150, 155))).toBeCloseTo(0, 12);
    expect(ocp.stageCost(X.subarray(0, 5), U.subarray(0, 2), 0)).toBeGreaterThan(0);
  });
});

describe("a car whose steering is slow", () => {
  // The same car in the same time, scaled: `share` of the steering rate.
  const slow = (share: number) => ({
    ...car,
    limits: { ...(car.limits as { deltaRateMax: number }), deltaRateMax: 3.2 * share },
  });
  const bend = pathOfCurve(
    Float64Array.of(1, 1, 0),
    [
      { curvature: 0, length: 1 },
      { curvature: 1 / RADIUS, length: 0.7 },
      { curvature: -1 / RADIUS, length: 0.7 },
    ],
    0.05,
  );
  const track: Track = { headings: bend.yaw, direction: 1 };

  test("leaves an S no further for slower steering: it drives slower", () => {
    for (const share of [1, 0.5, 0.25]) {
      const own = createNavigationProblem(slow(share) as typeof car, { N: 150 });
      const { X } = trackPiece(own, initialState(car, { x: 1, y: 1, yaw: 0 }), bend.points, track);
      const beside = Array.from({ length: 151 }, (_, k) => {
        const away = Array.from({ length: bend.s.length }, (_, i) =>
          Math.hypot(bend.points[2 * i] - X[5 * k], bend.points[2 * i + 1] - X[5 * k + 1]),
        );
        return Math.min(...away);
      });
      expect(Math.max(...beside)).toBeLessThan(0.2 * RADIUS);
      expect(Math.hypot(X[750] - bend.points.at(-2)!, X[751] - bend.points.at(-1)!)).toBeLessThan(
        0.2 * RADIUS,
      );
    }
  });

  test("turns it where it stands before it drives off", () => {
    const own = createNavigationProblem(slow(0.2) as typeof car);
    const x = initialState(car, { x: 1, y: 1, yaw: 0 });
    x[4] = -0.4;
    const piece = arc(1, 1, 0, 1 / RADIUS, 1);
    const { X } = trackPiece(own, x, piece.points, piece.track);
    const first = Array.from({ length: 31 }, (_, k) => k).find((k) => X[5 * k + 3] > 0.05)!;
    expect(X[5 * (first - 1) + 4]).toBeGreaterThan(0);
    expect(X[0]).toBe(X[5 * (first - 1)]);
  });
});

describe("the reference of a car with a gap of 45 cm ahead", () => {
  /** The car `ahead` metres before a gap beside its way, at a speed, with its route through it. */
  const nearGap = (ahead: number, v: number) => {
    const grid = room(12, 8);
    fill(grid, 8, 0, 8.2, 3.85);
    fill(grid, 8, 4.3, 8.2, 8);
    const start = { x: 8 - ahead, y: 3, yaw: 0 };
    const tiles = createFieldTiles(grid, "occupied", 1.5);
    const { path } = continueDriveRoute(beginDriveRoute(driveModel(car)!, tiles, start, { x: 10, y: 5 }))!;
    const { to } = path!.pieces![0];
    const { points, yaw: headings } = pathBetween(path!, 0, to);
    const x = initialState(car, start);
    x[3] = v;
    return { field: sceneField(grid), points, track: { headings, direction: 1 } as Track, x };
  };

  test("is clear where the tracker at full speed is not", () => {
    const { field, points, track, x } = nearGap(2, 0);
    const discs = footprintDiscs(car);
    const roomOf = ({ X }: { readonly X: Float64Array }): number =>
      Math.min(
        ...Array.from({ length: 31 }, (_, k) => roomAt(discs, field, X[5 * k], X[5 * k + 1], X[5 * k + 2])),
      );
    expect(roomOf(trackPiece(problem, x, points, track))).toBeLessThan(0);
    expect(roomOf(clearReference(problem, x, points, track, field, 0.02))).toBeGreaterThanOrEqual(0);
  });

  test("is as fast as the tracker where it is not near it yet, and slower there", () => {
    const { field, points, track, x } = nearGap(4, 2);
    const fast = trackPiece(problem, x, points, track).X;
    const { X, speed } = clearReference(problem, x, points, track, field, 0.02);
    expect(speed).toBeLessThan(1);
    for (let k = 0; fast[5 * k] < 5; k++) expect(X[5 * k + 3]).toBe(fast[5 * k + 3]);
    expect(X[150]).toBeLessThan(fast[150]);
  });
});

describe("where a car is on its route", () => {
  const curve = [
    { curvature: 0, length: 1 },
    { curvature: 0.5, length: -0.8 },
    { curvature: 0, length: 1.5 },
  ];
  const path = pathOfCurve(Float64Array.of(2, 2, 0), curve, 0.05);
  const options = { lookahead: 3, radius: discRadius(car), margin: 0.05 };
  const at = (x: number, y: number, route: RouteState) => locateOnRoute(options, route, x, y)!;
  const begin: RouteState = { ...NO_ROUTE, path, goal: { x: path.points.at(-2)!, y: path.points.at(-1)! } };

  test("its local goal stays at a change of direction until it is there, with the heading that it has there", () => {
    const { point } = at(2.1, 2, begin);
    expect([point.goal.x, point.goal.y, point.goal.yaw]).toEqual([3, 2, 0]);
    expect(point.final).toBe(true);
    expect(point.track!.direction).toBe(1);
    expect(point.remaining).toBeCloseTo(3.2, 9);
    expect(point.piece.length / 2).toBe(point.track!.headings.length);
  });

  test("then it goes on backwards, and does not return to the first piece", () => {
    const there = at(2.95, 2, begin);
    expect(there.point.track!.direction).toBe(-1);
    expect(there.point.goal.yaw).toBeCloseTo(-0.4, 9); // 0.5 / m over -0.8 m
    const back = at(2.6, 2.02, there.route);
    expect(back.route.piece).toBe(1);
    expect(back.point.remaining).toBeLessThan(2);
  });

  test("at the end the goal's own heading counts, or none", () => {
    const [x, y] = path.points.slice(-2);
    const on = { ...begin, piece: 2, s: 1.9 };
    expect(at(x - 0.5, y, on).point.goal.yaw).toBeUndefined();
    expect(at(x - 0.5, y, { ...on, goal: { x, y, yaw: 1 } }).point.goal.yaw).toBe(1);
  });
});
