import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { drive } from "../../src/drive/index.ts";
import { liftControl, liftSpeeds } from "../../src/planner/lift-speeds.ts";
import type { Plan } from "../../src/planner/scene.ts";
import {
  createDriveTrain,
  getRobot,
  initialState,
  isEffective,
  parseRobot,
  type Robot,
  robotBounds,
  robotSizes,
  slowestTurn,
} from "../../src/sim/index.ts";
import { room } from "./scenes.ts";

const withDeadband = (name: string, speed: number, turn?: number): Robot => ({
  ...getRobot(name),
  deadband: { speed, ...(turn !== undefined && { turn }) },
});

describe("a robot that does not move below a speed", () => {
  it("stands still where it is told less, and moves where it is told as much", () => {
    const robot = withDeadband("jackal", 0.1, 0.3);
    const quiet = { lag_s: 0, slip: 0, noise: { linear: 0, angular: 0 } };
    const movedBy = (v: number, w: number): number[] => {
      const x = initialState(robot, { x: 0, y: 0, yaw: 0 });
      x[3] = v;
      x[4] = w;
      const train = createDriveTrain(robot, quiet, createRng(0));
      for (let k = 0; k < 100; k++) train.advance(x, new Float64Array(2), 0.005);
      return [x[0], x[2]];
    };
    expect(movedBy(0.09, 0)).toEqual([0, 0]);
    expect(movedBy(-0.09, 0.29)).toEqual([0, 0]);
    expect(movedBy(0.1, 0)[0]).toBeCloseTo(0.05, 9);
    expect(movedBy(0.01, 0.3)[1]).toBeCloseTo(0.15, 9);
    expect(isEffective(getRobot("jackal"), Float64Array.of(0, 0, 0, 0.001, 0))).toBe(true);
  });

  it.each(["jackal", "f1tenth", "omni"])(
    "is told, as a %s, to stand or to move, whatever its plan (1000 plans)",
    (name) => {
      const robot = withDeadband(name, 0.1, 0.3);
      const { nx, nu } = robotSizes(robot);
      const { uUpper, xUpper } = robotBounds(robot);
      const rng = createRng(5);
      let [stood, moved] = [0, 0];
      for (let n = 0; n < 1000; n++) {
        const scale = 10 ** (-3 * rng.uniform());
        const X = Float64Array.from({ length: 31 * nx }, (_, i) =>
          i % nx < 3 ? 0 : scale * rng.gauss() * 0.3 * xUpper[(i % nx) - 3],
        );
        for (let k = 1; k <= 30; k++) X[k * nx] = X[(k - 1) * nx] + 0.1 * X[k * nx + 3];
        const plan: Plan = {
          time: 0,
          dt: 0.1,
          X,
          U: new Float64Array(30 * nu),
          K: new Float64Array(30 * nu * nx),
        };
        const next = X.slice(nx, 2 * nx);
        const before = next.slice();
        liftSpeeds(robot, plan, next);
        if (isEffective(robot, before)) {
          expect(next).toEqual(before);
          continue;
        }
        const steering = name === "f1tenth" ? 4 : -1;
        const stands = next.every((value, i) => i < 3 || i === steering || value === 0);
        expect(stands || isEffective(robot, next)).toBe(true);
        if (stands) stood++;
        else moved++;
        const u = Float64Array.from(uUpper, (most) => scale * (2 * rng.uniform() - 1) * most);
        expect(liftControl(getRobot(name), plan, u)).toBe(u);
      }
      expect(Math.min(stood, moved)).toBeGreaterThan(20);
    },
  );

  it.each([
    ["turtlebot4", 0.1, 0.4],
    ["jackal", 0.15, 0.3],
    ["f1tenth", 0.2, undefined],
  ])(
    "reaches a goal as a %s, and is hardly ever told a speed at which it would stand",
    async (name, speed, turn) => {
      let [idle, ticks] = [0, 0];
      const { summary } = await drive({
        grid: room(8, 5),
        robot: withDeadband(name, speed, turn),
        start: { x: 1.5, y: 1.5, yaw: 0.4 },
        goal: { x: 5.5, y: 3.2, ...(name !== "f1tenth" && { yaw: 1.5 }) },
        init: "path",
        iterations: 3,
        onTick(_, { state, robot }) {
          ticks++;
          const told = Math.abs(state[3]) > 1e-3 || (name !== "f1tenth" && Math.abs(state[4]) > 1e-3);
          if (told && !isEffective(robot, state)) idle++;
        },
      });
      expect(summary.status).toBe("reached");
      expect(summary.standstill).toBeLessThan(2);
      expect(idle).toBeLessThan(0.15 * ticks); // its accelerations take it through the band in a tick or two
      expect(idle).toBeLessThan(10);
    },
  );

  it("says so in its file", () => {
    const { name, model, footprint, limits } = getRobot("jackal");
    const file = { name, model, footprint, limits };
    expect(parseRobot({ ...file, deadband: { speed: 0.05 } }).deadband).toEqual({ speed: 0.05 });
    // Half a Jackal is 0.216 m wide.
    expect(slowestTurn(parseRobot({ ...file, deadband: { speed: 0.05 } }))).toBeCloseTo(0.05 / 0.216, 9);
    expect(slowestTurn(parseRobot({ ...file, deadband: { speed: 0.05, turn: 0.1 } }))).toBe(0.1);
    expect(() => parseRobot({ ...file, deadband: { speed: -1 } })).toThrow(
      "robot.deadband.speed is -1, expected a number 0 .. 1 [m/s]",
    );
    expect(() => parseRobot({ ...file, deadband: { v: 1 } })).toThrow(
      'unknown option "v", expected speed, turn',
    );
  });
});
