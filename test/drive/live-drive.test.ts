import { describe, expect, test } from "vitest";
import { createLiveDrive, drive, type LivePhase } from "../../src/drive/index.ts";
import type { TickReport } from "../../src/planner/index.ts";
import { createGrid, getRobot, type OccupancyGrid, type Simulator } from "../../src/sim/index.ts";

const robot = getRobot("jackal");
const field = (): OccupancyGrid => createGrid(200, 120, 0.1, { x: 0, y: 0, yaw: 0 });
const SCENE = { robot, start: { x: 2, y: 6, yaw: 0 }, goal: { x: 6, y: 6 }, timeout_s: 60 } as const;

/** A drive whose clock goes only while somebody sleeps. */
function setUp(watched: () => boolean, heard = (_state: LivePhase): void => {}) {
  let clock = 0;
  const states: LivePhase[] = [];
  const maps: number[] = [];
  const over = new AbortController();
  const live = createLiveDrive({
    robot,
    period: 0.1,
    speed: () => 2,
    now: () => clock,
    sleep: async (ms) => {
      clock += ms;
    },
    signal: over.signal,
    watched,
    state(state) {
      states.push(state);
      heard(state);
    },
    mapChanged: (_grid, time) => maps.push(time),
  });
  return { live, states, maps, over, clock: () => clock };
}

describe("a live drive", () => {
  test("takes half the simulated time at twice the speed", async () => {
    const { live, clock } = setUp(() => false);
    const { summary } = await drive({ ...SCENE, grid: field(), onTick: live.onTick });
    expect(summary.status).toBe("reached");
    expect(clock()).toBeCloseTo((1000 * summary.ticks * 0.1) / 2, 6);
  });

  test("goes on to a goal that is set on the way, and to one that is set after it arrived", async () => {
    const { live, states } = setUp(() => waits < 3);
    let waits = 0;
    let last: Simulator | undefined;
    const { summary } = await drive({
      ...SCENE,
      grid: field(),
      onTick(report, simulator, goTo) {
        last = simulator;
        if (report.tick === 10) expect(live.take({ kind: "goal", goal: { x: 8, y: 4 } })).toBeUndefined();
        if (report.phase === "arrived" && waits++ === 0) live.take({ kind: "goal", goal: { x: 4, y: 8 } });
        return live.onTick(report, simulator, goTo);
      },
    });
    expect(summary.status).toBe("reached");
    expect(Math.hypot(last!.pose.x - 4, last!.pose.y - 8)).toBeLessThan(0.3);
    expect(summary.pathLength).toBeGreaterThan(10);
    expect(states.every((state) => state.state === "driving" || state.note?.startsWith("arrived"))).toBe(
      true,
    );
  });

  test("drives around an obstacle that is dropped in its way", async () => {
    const { live, maps } = setUp(() => false);
    const reports: TickReport[] = [];
    const { summary, simulator } = await drive({
      ...SCENE,
      goal: { x: 14, y: 6 },
      grid: field(),
      onTick(report, sim, goTo) {
        reports.push(report);
        if (report.tick === 15)
          expect(live.take({ kind: "obstacle", x: 8, y: 6, radius: 0.5 })).toBeUndefined();
        return live.onTick(report, sim, goTo);
      },
    });
    expect([summary.status, summary.collisions]).toEqual(["reached", 0]);
    expect(maps.length).toBe(1);
    expect(simulator.grid.cells[60 * 200 + 80]).toBe(100);
    const beside = reports.filter(({ pose }) => Math.abs(pose.x - 8) < 0.3);
    expect(beside.length).toBeGreaterThan(0);
    for (const { pose } of beside) expect(Math.abs(pose.y - 6)).toBeGreaterThan(0.6);
  });

  test("refuses what cannot be: outside of the map, on the robot, before the run", async () => {
    const { live } = setUp(() => false);
    expect(live.take({ kind: "goal", goal: { x: 1, y: 1 } })).toContain("not begun");
    await drive({
      ...SCENE,
      timeout_s: 0.3,
      grid: field(),
      onTick(report, simulator, goTo) {
        const done = live.onTick(report, simulator, goTo);
        expect(live.take({ kind: "goal", goal: { x: -1, y: 1 } })).toContain("outside the map");
        const { x, y } = simulator.pose;
        expect(live.take({ kind: "obstacle", x, y, radius: 0.2 })).toContain("on the robot");
        expect(live.take({ kind: "obstacle", x: x + 0.3, y, radius: 0.1 })).toContain("on the robot");
        return done;
      },
    });
  });

  test("ends when it is told to, also while it waits", async () => {
    const { live, over } = setUp(() => true);
    const { summary } = await drive({
      ...SCENE,
      grid: field(),
      signal: over.signal,
      onTick(report, simulator, goTo) {
        if (report.phase === "arrived") over.abort();
        return live.onTick(report, simulator, goTo);
      },
    });
    expect(["reached", "failed"]).toContain(summary.status);
  });
});

describe("a live drive by hand", () => {
  const wish = (forward: number) => ({ forward, left: 0, turn: 0 });
  const hand = (n: number, forward: number, from = "a") =>
    ({ kind: "hand", from, n, wish: wish(forward) }) as const;

  test("does as it is told, stops 0.3 s after it hears nothing, waits, and goes on to its goal", async () => {
    const { live, states } = setUp(
      () => goes,
      (state) => {
        if (state.note?.startsWith("stopped by hand")) live.take({ kind: "resume" });
        if (state.note?.startsWith("arrived")) goes = false;
      },
    );
    let goes = true;
    const speeds: number[] = [];
    const { summary } = await drive({
      ...SCENE,
      grid: field(),
      byHand: live.byHand,
      onTick(report, simulator, goTo) {
        speeds.push(simulator.state[3]);
        const done = live.onTick(report, simulator, goTo);
        // The clock goes at twice the speed: ticks are 50 ms apart.
        if (report.tick < 20) expect(live.take(hand(report.tick, -1))).toBeUndefined();
        return done;
      },
    });
    expect(Math.min(...speeds.slice(5, 20))).toBeCloseTo(-0.5, 2);
    // The last command was heard in tick 19: six ticks later it is forgotten, and the robot brakes at 2 m/s^2.
    expect(speeds[24]).toBeCloseTo(-0.5, 2);
    expect(Math.abs(speeds[29])).toBeLessThan(0.01);
    expect(states.map(({ note, state }) => note ?? state)).toEqual([
      "driven by hand",
      "stopped by hand: drive on, or let it go on",
      "driving",
      "arrived: set a goal",
    ]);
    expect([summary.status, summary.collisions]).toEqual(["reached", 0]);
  });

  test("obeys one hand at a time, and nothing that comes late", async () => {
    const { live } = setUp(() => false);
    await drive({
      ...SCENE,
      timeout_s: 0.3,
      grid: field(),
      byHand: live.byHand,
      onTick(report, simulator, goTo) {
        const done = live.onTick(report, simulator, goTo);
        if (report.tick !== 0) return done;
        expect(live.take({ kind: "resume" })).toContain("nobody has driven");
        expect(live.take(hand(5, 1))).toBeUndefined();
        expect(live.take(hand(9, 1, "b"))).toContain("somebody else");
        expect(live.take(hand(4, 1))).toContain("too late");
        expect(live.take(hand(6, 0))).toBeUndefined();
        expect(live.take(hand(1, 1, "b"))).toBeUndefined();
        return done;
      },
    });
  });
});
