import { describe, expect, it } from "vitest";
import { decide, findWay, reasonToWait } from "../../src/planner/decide.ts";
import {
  createBelief,
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type SensorSample,
} from "../../src/planner/index.ts";
import {
  createNavigatorParts,
  type NavigatorState,
  NEW_NAVIGATOR,
  withGoal,
} from "../../src/planner/navigator-state.ts";
import { sceneField } from "../../src/planner/pose-scene.ts";
import { renewPath, replanPath } from "../../src/planner/renew-path.ts";
import { createGrid, getRobot, initialState, type OccupancyGrid } from "../../src/sim/index.ts";
import { fill, room } from "./scenes.ts";

const robot = getRobot("jackal");
const planner = createTrajectoryPlanner({ robot, warmStart: getWarmStart("shift"), maxIterations: 5 });
const parts = createNavigatorParts({ robot, planner });
const hall = room(12, 4);
const toTheEast = withGoal(NEW_NAVIGATOR, { x: 11, y: 2 });

const sampleAt = (time: number, x: number, y = 2, grid: OccupancyGrid = hall): SensorSample => ({
  time,
  x: initialState(robot, { x, y, yaw: 0 }),
  grid,
});

/** The hall with a wall across it from below, that leaves a way above y. */
function walled(x: number, y: number): OccupancyGrid {
  const grid = { ...hall, cells: hall.cells.slice() };
  fill(grid, x, 0, x + 0.2, y);
  return grid;
}

/** One decision, in the hall as it was believed, seen as the sample shows it. */
function look(state: NavigatorState, sample: SensorSample, belief = createBelief(hall)) {
  return decide(parts, belief, state, sample, sceneField(sample.grid));
}

describe("a reason to wait", () => {
  const x = initialState(robot, { x: 1, y: 2, yaw: 0 });
  const why = (state: NavigatorState, hasMap = true, at = x) => reasonToWait(parts, state, hasMap, at);

  it("is a pause before all else, a missing goal, a missing map", () => {
    expect(why({ ...NEW_NAVIGATOR, paused: true }, false)).toMatchObject({ phase: "paused" });
    expect(why(NEW_NAVIGATOR)).toMatchObject({ phase: "idle", note: "no goal yet" });
    expect(why(toTheEast, false)).toMatchObject({ phase: "idle", note: "no map yet" });
    expect(why(toTheEast)).toBeUndefined();
  });

  it("is the goal where the robot stands within tolerance, or passes through it, not what is within tolerance on the way", () => {
    const there = withGoal(NEW_NAVIGATOR, { x: 1.1, y: 2 });
    expect(why(there)).toMatchObject({ phase: "arrived", goalCheck: "arrived" });
    const passing = x.slice();
    passing[3] = 1;
    expect(why(there, true, passing)).toBeUndefined();
    passing[0] = 1.09;
    expect(why(there, true, passing)).toMatchObject({ phase: "arrived", goalCheck: "inside" });
    // Once it stops it comes to rest where it can, and does not go back for centimetres.
    passing[0] = 1.2;
    expect(why({ ...there, arrived: true }, true, passing)).toMatchObject({ goalCheck: "inside" });
    passing[0] = 1.4;
    expect(why({ ...there, arrived: true }, true, passing)).toBeUndefined();
  });
});

describe("a car that needs a long search", () => {
  it("stands while the search goes on after each tick, a slice at a time, and then drives", () => {
    const car = getRobot("f1tenth");
    const options = { robot: car, warmStart: getWarmStart("shift"), maxIterations: 5 };
    const ofCar = createNavigatorParts({ robot: car, planner: createTrajectoryPlanner(options) });
    const gap = room(8, 8);
    fill(gap, 4, 0, 4.2, 3.83);
    fill(gap, 4, 4.2, 4.2, 8); // a gap of 35 cm for a car of 31 cm
    const belief = createBelief(gap);
    const sample = { time: 0, x: initialState(car, { x: 2, y: 3, yaw: 0 }), grid: gap };
    const first = decide(
      ofCar,
      belief,
      withGoal(NEW_NAVIGATOR, { x: 6, y: 5, yaw: 0 }),
      sample,
      sceneField(gap),
    );
    expect(first.decision).toMatchObject({ kind: "wait", phase: "idle", note: "still looking for a way" });
    let { state } = first;
    let slices = 1;
    while (state.search !== undefined && slices < 100) {
      const next = decide(ofCar, belief, state, sample, sceneField(gap));
      expect(next.state.search).toBe(state.search); // the tick itself does not go on with it
      state = renewPath(ofCar, belief, next.state);
      slices++;
    }
    expect(slices).toBeGreaterThan(1);
    expect(state.route.path!.length).toBeLessThan(6);
    const { decision } = decide(ofCar, belief, state, sample, sceneField(gap));
    expect(decision).toMatchObject({ kind: "drive", phase: "driving" });
  });
});

describe("a decision", () => {
  it("drives along a path that it plans where there is none, and leaves the state it was given as it was", () => {
    const before = JSON.stringify(toTheEast);
    const { state, decision } = look(toTheEast, sampleAt(0, 1));
    expect(JSON.stringify(toTheEast)).toBe(before);
    if (decision.kind !== "drive") throw new Error("expected to drive");
    expect(decision).toMatchObject({ phase: "driving", forget: "nothing", note: undefined });
    expect(decision.scene.goal.x).toBeCloseTo(1 + parts.route.lookahead, 1);
    expect(decision.scene.final).toBe(false);
    expect(state.route.path!.length).toBeCloseTo(10, 1);
    expect(state.seen!.sample.time).toBe(0);
  });

  it("is the same for the same state and sample", () => {
    const twice = [0, 1].map(() => look(toTheEast, sampleAt(0, 1)));
    expect(twice[1].decision).toEqual(twice[0].decision);
    expect(twice[1].state.route).toEqual(twice[0].state.route);
  });

  it("has its local goal in sight of what this tick sees, not the last one", () => {
    const first = look(toTheEast, sampleAt(0, 1));
    const free = look(first.state, sampleAt(0.1, 1));
    const blocked = look(first.state, sampleAt(0.1, 1, 2, walled(2.6, 3)));
    if (free.decision.kind !== "drive" || blocked.decision.kind !== "drive")
      throw new Error("expected to drive");
    expect(free.decision.scene.goal.x).toBeGreaterThan(3.5);
    expect(blocked.decision.scene.goal.x).toBeLessThan(free.decision.scene.goal.x - 0.5);
  });

  it("plans the path anew where the robot is not on it any more", () => {
    const { state } = look(toTheEast, sampleAt(0, 1));
    const beside = findWay(parts, createBelief(hall), state, sampleAt(0.1, 1.5, 3));
    expect(beside.state.route.path).not.toBe(state.route.path);
    expect(beside.point!.offset).toBeLessThan(0.1);
    const near = findWay(parts, createBelief(hall), state, sampleAt(0.1, 1.5, 2.2));
    expect(near.state.route.path).toBe(state.route.path);
  });

  it("is to wait as stuck, with a note, where there was never a path", () => {
    const { state, decision } = look(toTheEast, sampleAt(0, 1, 2, walled(5, 4)));
    expect(decision).toMatchObject({ kind: "wait", phase: "stuck", note: expect.stringMatching(/no path/) });
    expect(state.seen).toBeUndefined();
  });

  it("forgets the last plans to plan anew after a while without progress, then only the guess", () => {
    let { state } = look(toTheEast, sampleAt(0, 1));
    const forgotten = new Map<string, number>();
    for (let time = 0.1; time < 6; time += 0.1) {
      const next = look(state, sampleAt(time, 1));
      state = next.state;
      const word = next.decision.kind === "drive" ? next.decision.forget : next.decision.phase;
      if (!forgotten.has(word)) forgotten.set(word, time);
    }
    expect([...forgotten.keys()]).toEqual(["nothing", "guess", "plans"]);
    expect(forgotten.get("plans")).toBeCloseTo(parts.recovery.patience, 1);
  });

  it("escapes after the second time, as recovering", () => {
    let { state } = look(toTheEast, sampleAt(0, 1));
    const phases = new Set<string>();
    for (let time = 0.1; time < 12; time += 0.1) {
      const next = look(state, sampleAt(time, 1));
      state = next.state;
      phases.add(next.decision.phase);
    }
    expect([...phases]).toEqual(["driving", "recovering"]);
  });
});

describe("the renewal of a path", () => {
  const driven = look(toTheEast, sampleAt(0, 1)).state;
  const seeing = (grid: OccupancyGrid, time = 0): NavigatorState => ({
    ...driven,
    seen: { sample: sampleAt(time, 1, 2, grid), field: sceneField(grid) },
  });

  it("leaves a free path as it is, and looks at what was seen once", () => {
    const renewed = renewPath(parts, createBelief(hall), seeing(hall));
    expect(renewed.route).toBe(driven.route);
    expect(renewed.seen).toBeUndefined();
    expect(renewPath(parts, createBelief(hall), renewed)).toBe(renewed);
  });

  it("leads around what has come into view, and lets the belief remember it", () => {
    const belief = createBelief(hall);
    const grid = walled(2.6, 3);
    const { route, noPath } = renewPath(parts, belief, seeing(grid));
    expect(noPath).toBeUndefined();
    expect(Math.max(...route.path!.points.filter((_, i) => i % 2 === 1))).toBeGreaterThan(3.2);
    expect([...belief.grid.cells]).toEqual([...grid.cells]);
  });

  it("keeps the old path where there is none, says why, and tries again a second later", () => {
    const belief = createBelief(hall);
    const lost = renewPath(parts, belief, seeing(walled(2.6, 4)));
    expect(lost.route.path).toBe(driven.route.path);
    expect(lost.noPath).toMatch(/no path/);
    const free = { sample: sampleAt(0.9, 1), field: sceneField(hall) };
    expect(renewPath(parts, belief, { ...lost, seen: free }).noPath).toBe(lost.noPath);
    const later = { ...free, sample: sampleAt(1, 1) };
    const found = renewPath(parts, belief, { ...lost, seen: later });
    expect(found.noPath).toBeUndefined();
    expect(found.route.path).not.toBe(lost.route.path);
  });

  it("finds no path, and does not throw, where the search fails", () => {
    const broken = { ...createBelief(hall), overlay: () => expect.fail("disk full") };
    const { route, noPath, retryAt } = renewPath(parts, broken, seeing(walled(2.6, 3), 7));
    expect(route).toBe(driven.route);
    expect(noPath).toBe("the search for a path failed: disk full");
    expect(retryAt).toBe(8);
  });

  it("goes through unknown space only where nothing else leads to the goal", () => {
    const belief = createBelief(hall);
    fill(belief.grid, 5, 0.1, 5.5, 2.8, -1);
    const sample = sampleAt(0, 1, 2, room(2, 2));
    const highest = (state: NavigatorState): number =>
      Math.max(...replanPath(parts, belief, state, sample).route.path!.points.filter((_, i) => i % 2 === 1));
    expect(highest(toTheEast)).toBeGreaterThan(2.8);
    belief.overlay(createGrid(10, 24, 0.05, { x: 5, y: 2.8, yaw: 0 }, 100));
    expect(highest(toTheEast)).toBeLessThan(2.8);
  });
});

describe("the way to a goal far off on a large map", () => {
  const floor = createGrid(600, 600, 0.05);
  // A pocket around the goal that opens away from the robot: nearly all of the floor has to be looked at.
  fill(floor, 12, 2, 12.2, 28, 100);
  fill(floor, 12, 28, 28, 28.2, 100);
  fill(floor, 12, 2, 28, 2.2, 100);
  const far = { x: 14, y: 16 };
  const parked = sampleAt(0, 4, 4, createGrid(160, 160, 0.05));

  it("is looked for between ticks, slice by slice, and the robot stands until it is there", async () => {
    const navigator = createNavigator({ robot, planner });
    navigator.setMap(floor);
    navigator.setGoal(far);
    expect(await navigator.tick(parked)).toMatchObject({ phase: "idle", note: "still looking for a way" });
    let slices = 0;
    while (navigator.renew() === true) slices++;
    expect(slices).toBeGreaterThan(1);
    expect(await navigator.tick({ ...parked, time: 0.1 })).toMatchObject({ phase: "driving" });
  });

  it("is there at the first tick where the navigator was prepared", async () => {
    const navigator = createNavigator({ robot, planner });
    navigator.setMap(floor);
    navigator.setGoal(far);
    navigator.prepare!(parked);
    expect(await navigator.tick(parked)).toMatchObject({ phase: "driving" });
  });
});
