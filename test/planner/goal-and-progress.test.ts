import { describe, expect, it } from "vitest";
import { percentile } from "../../src/drive/index.ts";
import { checkGoal } from "../../src/planner/index.ts";
import { NO_PROGRESS, updateProgress } from "../../src/planner/navigator-state.ts";
import {
  DEFAULT_RECOVERY_OPTIONS,
  extendTrail,
  NO_RECOVERY,
  type RecoveryAction,
  recoveryReach,
  type Trail,
  updateRecovery,
  wayBack,
} from "../../src/planner/recovery.ts";
import { getRobot, type OccupancyGrid, type Robot } from "../../src/sim/index.ts";
import { fill, room } from "./scenes.ts";

const jackal = getRobot("jackal");
const tolerance = { position: 0.25, yaw: 0.2 };

/** Looks at what is left again and again, and says for how long it has not shrunk. */
function watchProgress(way: number, turn = 0.1) {
  let progress = NO_PROGRESS;
  return (time: number, remaining: number, turnLeft = 0): number => {
    progress = updateProgress(progress, time, { way: remaining, turn: turnLeft }, { way, turn });
    return time - progress.since;
  };
}

/** The recovery of a run, sample by sample. */
function recover(robot: Robot) {
  let state = NO_RECOVERY;
  return {
    update(
      sample: { time: number; x: Float64Array; grid: OccupancyGrid },
      stalledFor: number,
    ): RecoveryAction {
      const next = updateRecovery(robot, DEFAULT_RECOVERY_OPTIONS, state, sample, stalledFor);
      state = next.state;
      return next.action;
    },
    reach: (time: number): number => recoveryReach(DEFAULT_RECOVERY_OPTIONS, state, time),
  };
}

describe("the goal check", () => {
  const state = (x: number, yaw: number, v: number): Float64Array => Float64Array.of(x, 0, yaw, v, 0);

  it("says away outside the tolerance, arrived at rest inside", () => {
    expect(checkGoal(jackal, state(0.3, 0, 0), { x: 0, y: 0 }, tolerance)).toBe("away");
    expect(checkGoal(jackal, state(0.2, 0, 0), { x: 0, y: 0 }, tolerance)).toBe("arrived");
  });

  it("does not take passing through at speed, forwards, backwards or turning, for arrival", () => {
    expect(checkGoal(jackal, state(0, 0, 1.5), { x: 0, y: 0 }, tolerance)).toBe("inside");
    expect(checkGoal(jackal, state(0, 0, -0.5), { x: 0, y: 0 }, tolerance)).toBe("inside");
    expect(checkGoal(jackal, Float64Array.of(0, 0, 0, 0, 1), { x: 0, y: 0 }, tolerance)).toBe("inside");
    expect(checkGoal(getRobot("omni"), Float64Array.of(0, 0, 0, 0, 0.5, 0), { x: 0, y: 0 }, tolerance)).toBe(
      "inside",
    );
  });

  it("compares headings on the circle, and only where the goal has one", () => {
    const goal = { x: 0, y: 0, yaw: Math.PI };
    expect(checkGoal(jackal, state(0, -Math.PI + 0.1, 0), goal, tolerance)).toBe("arrived");
    expect(checkGoal(jackal, state(0, 5 * Math.PI, 0), goal, tolerance)).toBe("arrived");
    expect(checkGoal(jackal, state(0, 2.5, 0), goal, tolerance)).toBe("away");
    expect(checkGoal(jackal, state(0, 2.5, 0), { x: 0, y: 0 }, tolerance)).toBe("arrived");
  });

  it("is never there with NaN", () => {
    expect(checkGoal(jackal, state(Number.NaN, 0, 0), { x: 0, y: 0 }, tolerance)).toBe("away");
  });
});

describe("progress", () => {
  it("is the way left shrinking by a step; without it the seconds count", () => {
    const stalled = watchProgress(0.1);
    expect(stalled(0, 5)).toBe(0);
    expect(stalled(1, 4.95)).toBe(1);
    expect(stalled(2, 4.8)).toBe(0);
    expect(stalled(3, 4.75)).toBe(1);
    expect(stalled(4, 6)).toBe(2); // a detour is no progress
    expect(stalled(5, 4.85)).toBe(3); // nor is the way back
    expect(stalled(6, 4.6)).toBe(0);
  });

  it("may be slow but steady", () => {
    const stalled = watchProgress(0.1);
    let longest = 0;
    for (let k = 0; k <= 600; k++) longest = Math.max(longest, stalled(0.1 * k, 10 - 0.005 * k));
    expect(longest).toBeLessThan(2.2);
  });

  it("is the turn left shrinking, too, however slowly, but not turning to and fro", () => {
    const turning = watchProgress(0.1);
    let longest = 0;
    for (let k = 0; k <= 600; k++) longest = Math.max(longest, turning(0.1 * k, 5, Math.PI - 0.005 * k));
    expect(longest).toBeLessThan(2.2);
    const wagging = watchProgress(0.1);
    for (let k = 0; k <= 100; k++) wagging(0.1 * k, 5, 1 + 0.5 * Math.sin(0.1 * k));
    expect(wagging(10, 5, 1)).toBeGreaterThan(5);
  });

  it("counts turns anew from where some way was made", () => {
    const stalled = watchProgress(0.1);
    stalled(0, 5, 0);
    expect(stalled(1, 4, 2)).toBe(0);
    expect(stalled(2, 4, 1.5)).toBe(0);
  });

  it("starts anew on a longer way after a reset", () => {
    const left = { way: 5, turn: 0 };
    const step = { way: 0.1, turn: 0.1 };
    const stopped = updateProgress(updateProgress(NO_PROGRESS, 0, left, step), 10, left, step);
    expect(stopped.since).toBe(0);
    expect(updateProgress(NO_PROGRESS, 11, { way: 7, turn: 1 }, step)).toEqual({
      least: 7,
      leastTurn: 1,
      since: 11,
    });
  });
});

describe("the recovery", () => {
  const { patience, attempts } = DEFAULT_RECOVERY_OPTIONS;
  const grid = room(6, 6);

  /** Actions of a robot that does not move for `seconds`, one every 0.1 s, with the moments they change. */
  function standStill(
    seconds: number,
    x = Float64Array.of(3, 3, 0, 0, 0),
  ): { time: number; action: RecoveryAction }[] {
    const recovery = recover(jackal);
    let stalled = watchProgress(0.1);
    const changes: { time: number; action: RecoveryAction }[] = [];
    for (let k = 0; k <= 10 * seconds; k++) {
      const time = 0.1 * k;
      const action = recovery.update({ time, x, grid }, stalled(time, 5));
      if (action.kind === "replan") stalled = watchProgress(0.1);
      if (action.kind !== changes.at(-1)?.action.kind) changes.push({ time, action });
      if (action.kind === "giveUp") break;
    }
    return changes;
  }

  it("waits for its patience, replans, then alternates with escapes, and gives up in the end", () => {
    const changes = standStill(200);
    const kinds = changes.map((c) => c.action.kind);
    expect(kinds.slice(0, 4)).toEqual(["none", "replan", "none", "escape"]);
    expect(changes[1].time).toBeCloseTo(patience, 6);
    expect(kinds.at(-1)).toBe("giveUp");
    expect(kinds.filter((k) => k === "escape").length).toBe(attempts / 2);
    const last = changes.at(-1)!;
    expect(last.action.kind === "giveUp" && last.action.note).toMatch(/no progress after 8 recoveries/);
    expect(last.time).toBeLessThan(100);
  });

  it("lets a car at rest try sooner, twice: a new route, then the way back; one that rolls waits, as any does later", () => {
    const acts = (robot: Robot, speed: number): number[] => {
      const recovery = recover(robot);
      const times: number[] = [];
      // It came along a line and has made no way since.
      for (let k = 0; k < 20; k++)
        recovery.update({ time: 0.1 * k - 2, x: Float64Array.of(1 + 0.1 * k, 3, 0, 1, 0), grid }, 0);
      const x = Float64Array.of(3, 3, 0, speed, 0);
      let last: RecoveryAction["kind"] = "none";
      for (let k = 0; k <= 300 && times.length < 3; k++) {
        const { kind } = recovery.update({ time: 0.1 * k, x, grid }, 0.1 * k);
        if (kind !== "none" && last === "none") times.push(0.1 * k);
        last = kind;
      }
      return times;
    };
    const [first, second, third] = acts(getRobot("f1tenth"), 0);
    expect(first).toBeCloseTo(patience / 4, 1);
    expect(second).toBeCloseTo(patience / 2, 1);
    expect(third).toBeGreaterThan(second + patience);
    expect(acts(getRobot("f1tenth"), 0.3)[0]).toBeCloseTo(patience, 1);
    expect(acts(jackal, 0)[0]).toBeCloseTo(patience, 1);
  });

  it("escapes to a place that has room, another one each time", () => {
    const tight = room(6, 6);
    fill(tight, 3.5, 0, 3.6, 6); // a wall ahead
    const recovery = recover(jackal);
    const goals: { x: number; y: number }[] = [];
    for (let k = 0; k <= 1000; k++) {
      const time = 0.1 * k;
      const action = recovery.update({ time, x: Float64Array.of(3, 3, 0, 0, 0), grid: tight }, time);
      if (action.kind === "escape") goals.push(action.goal);
      if (action.kind === "giveUp") break;
    }
    const distinct = [...new Map(goals.map((g) => [`${g.x.toFixed(3)},${g.y.toFixed(3)}`, g])).values()];
    expect(distinct.length).toBeGreaterThanOrEqual(3);
    for (const g of distinct) {
      expect(g.x).toBeLessThan(3.1); // none beyond the wall
      expect(Math.hypot(g.x - 3, g.y - 3)).toBeCloseTo(0.8, 6);
    }
  });

  it("does nothing while there is progress, and forgets its attempts after a while of it", () => {
    const recovery = recover(jackal);
    const x = Float64Array.of(3, 3, 0, 0, 0);
    for (let k = 0; k < 500; k++) expect(recovery.update({ time: 0.1 * k, x, grid }, 1).kind).toBe("none");
    expect(recovery.update({ time: 51, x, grid }, patience + 0.1).kind).toBe("replan");
    expect(recovery.reach(51.1)).toBeLessThan(1);
    for (let k = 0; k < 200; k++) recovery.update({ time: 51.1 + 0.1 * k, x, grid }, 0.1);
    expect(recovery.reach(71)).toBe(1);
    expect(recovery.update({ time: 72, x, grid }, patience + 0.1).kind).toBe("replan"); // the first step again
  });

  it("ends an escape where the robot gets to its place", () => {
    const recovery = recover(jackal);
    const x = Float64Array.of(3, 3, 0, 0, 0);
    recovery.update({ time: 4, x, grid }, 4);
    const away = recovery.update({ time: 8, x, grid }, 8);
    if (away.kind !== "escape") throw new Error(`expected an escape, got ${away.kind}`);
    expect(recovery.update({ time: 8.1, x, grid }, 8.1).kind).toBe("escape");
    const there = Float64Array.of(away.goal.x, away.goal.y, 0, 0, 0);
    expect(recovery.update({ time: 8.2, x: there, grid }, 8.2).kind).toBe("replan");
  });
});

describe("percentiles", () => {
  it("are the nearest rank, and 0 of nothing", () => {
    const values = [5, 1, 4, 2, 3];
    expect([0, 0.2, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([1, 1, 3, 5, 5]);
    expect(percentile([], 0.5)).toBe(0);
    expect(values).toEqual([5, 1, 4, 2, 3]);
  });
});

describe("the trail", () => {
  const driven = (trail: Trail, points: readonly (readonly [number, number])[]): Trail =>
    points.reduce((sofar, [x, y]) => extendTrail(sofar, x, y), trail);
  const line = (n: number, at: (k: number) => readonly [number, number]) =>
    Array.from({ length: n }, (_, k) => at(k));

  it("leads back the way the robot came, no further than asked, newest first", () => {
    expect(wayBack([], 1)).toBeUndefined();
    const trail = driven(
      [],
      line(101, (k) => [0.03 * k, 0]),
    );
    const back = wayBack(trail, 1)!;
    expect(back[0]).toBeGreaterThan(2.9);
    expect(back[back.length - 2]).toBeCloseTo(back[0] - 1, 0);
    for (let i = 2; i < back.length; i += 2) expect(back[i]).toBeLessThan(back[i - 2]);
    expect(wayBack(trail, 99)![0]).toBe(back[0]);
  });

  it("forgets a dead end that the robot came back from", () => {
    const there = driven(
      [],
      line(67, (k) => [0.03 * k, 0]),
    );
    const aside = driven(
      there,
      line(34, (k) => [2, 0.03 * k]),
    );
    const returned = driven(
      aside,
      line(34, (k) => [2, 1 - 0.03 * k]),
    );
    const back = wayBack(returned, 1.5)!;
    expect(back.every((v, i) => i % 2 === 0 || Math.abs(v) < 0.11)).toBe(true);
    expect(back[back.length - 2]).toBeLessThan(0.7);
    expect(aside.length).toBeGreaterThan(there.length); // the trail before is as it was
  });

  it("keeps so many points and no more, the newest", () => {
    const trail = driven(
      [],
      line(1000, (k) => [0.06 * k, 0]),
    );
    expect(trail.length).toBe(100);
    expect(trail.at(-1)).toEqual([0.06 * 999, 0]);
  });

  it("is a car's escape; a robot that turns on the spot goes where there is room", () => {
    const grid = room(6, 6);
    const escapeOf = (name: string): RecoveryAction => {
      const recovery = recover(getRobot(name));
      const at = (time: number, x: number): RecoveryAction =>
        recovery.update({ time, x: Float64Array.of(x, 3, 0, 0, 0, 0), grid }, time - 3);
      for (let k = 0; k < 30; k++) at(0.1 * k, 1.5 + 0.05 * k);
      expect(at(7, 3).kind).toBe("replan");
      return at(11, 3);
    };
    const car = escapeOf("f1tenth");
    expect(car.kind).toBe("escape");
    if (car.kind === "escape") {
      expect(car.goal.y).toBe(3);
      expect(car.goal.x).toBeLessThan(2.2);
      expect(car.path[0]).toBeCloseTo(3, 6);
    }
    const jackal_ = escapeOf("jackal");
    expect(jackal_.kind === "escape" && jackal_.path.length).toBe(2);
  });
});
