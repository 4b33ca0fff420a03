import { describe, expect, it } from "vitest";
import { type RoutePoint, type TurnModel, turnFirst, turnModel, turnTime } from "../../src/route/index.ts";
import { computeDistanceField, getRobot, type Pose, type Robot } from "../../src/sim/index.ts";
import { fill, room } from "../planner/scenes.ts";

const hall = computeDistanceField(room(12, 6));
/** Three seconds for a quarter turn, at 0.4 m/s forwards and 0.2 backwards. */
const slow: TurnModel = { rate: 0.6, acceleration: 2, room: 0.35, vMin: -0.2, forward: 2.5, reverse: 10 };
const here: Pose = { x: 10, y: 3, yaw: 0 };

/** A place on a straight way from `here` to the west. */
const pointAfter = (remaining: number): RoutePoint => ({
  goal: { x: 10 - Math.min(0.6, remaining), y: 3, yaw: Math.PI },
  final: remaining <= 0.6,
  piece: Float64Array.of(10, 3, 10 - remaining, 3),
  offset: 0,
  yaw: Math.PI,
  remaining,
});
const turns = (model: TurnModel, remaining: number, pose = here, goalYaw?: number, field = hall, speed = 0) =>
  turnFirst(model, pointAfter(remaining), pose, speed, goalYaw, 3, field) !== undefined;

describe("turning before driving", () => {
  it("takes the time of a trapezoid of turn rates, or of a triangle", () => {
    for (const angle of [0.05, 0.17, 0.19, 0.5, Math.PI]) {
      // The area under the fastest profile of that duration is the angle.
      const time = turnTime(slow, angle);
      let turned = 0;
      const dt = time / 1e4;
      for (let t = dt / 2; t < time; t += dt)
        turned += dt * Math.min(slow.rate, slow.acceleration * t, slow.acceleration * (time - t));
      expect(turned).toBeCloseTo(angle, 6);
    }
  });

  it("is for robots that turn longer than their plans last, with their back to the way", () => {
    expect(turns(slow, 8)).toBe(true);
    expect(turns({ ...slow, rate: 2, acceleration: 4 }, 8)).toBe(false);
    expect(turns(slow, 8, { ...here, yaw: 1.7 })).toBe(false);
    expect(turns({ ...slow, rate: 0.3 }, 8, { ...here, yaw: 1.5 })).toBe(true);
  });

  it("stays where it is and looks along the way", () => {
    const turned = turnFirst(slow, pointAfter(8), here, 0, undefined, 3, hall)!;
    expect(turned).toMatchObject({ final: true, goal: { x: 10, y: 3 } });
    expect(Math.cos(turned.goal.yaw!)).toBeCloseTo(-1, 12);
  });

  it("pays where the way is long: at the length where both ways take the same time it changes", () => {
    const even = turnTime(slow, Math.PI) / (slow.reverse - slow.forward);
    expect(turns(slow, 1.01 * even)).toBe(true);
    expect(turns(slow, 0.99 * even)).toBe(false);
    // A goal that looks as the robot does would have it turn twice.
    expect(turns(slow, 1.99 * even, here, 0)).toBe(false);
    expect(turns(slow, 2.01 * even, here, 0)).toBe(true);
    expect(turns({ ...slow, reverse: Number.POSITIVE_INFINITY }, 0.3)).toBe(true);
  });

  it("is for a robot that turns quickly where it drives backwards already, not where it swings round", () => {
    const quick = { ...slow, rate: 2, acceleration: 4 };
    expect(turns(quick, 8, here, undefined, hall, -0.2)).toBe(true);
    expect(turns(quick, 8, here, undefined, hall, -0.15)).toBe(false);
    expect(turns(quick, 8, { ...here, yaw: 1.7 }, undefined, hall, -0.2)).toBe(false);
  });

  it("is for a robot that hesitates with its way aside, however quickly it turns, where it has the room", () => {
    const quick = { ...slow, rate: 2, acceleration: 4 };
    const hesitating = (yaw: number, room = 0.35) =>
      turnFirst({ ...quick, room }, pointAfter(8), { ...here, yaw }, 0, undefined, 3, hall, true) !==
      undefined;
    expect(hesitating(Math.PI / 2)).toBe(true);
    expect(hesitating(Math.PI - 0.9)).toBe(true);
    expect(hesitating(Math.PI - 0.7)).toBe(false);
    expect(hesitating(Math.PI / 2, 4)).toBe(false);
  });

  it("needs the room for it", () => {
    const alley = room(12, 6);
    fill(alley, 6, 2.6, 12, 2.75);
    const field = computeDistanceField(alley);
    expect(turns(slow, 8, here, undefined, field)).toBe(false);
    expect(turns(slow, 8, here, undefined, field, -0.2)).toBe(false);
    expect(turns({ ...slow, room: 0.2 }, 8, here, undefined, field)).toBe(true);
  });

  it("has a price by what the robot's file says of reversing", () => {
    const robot = getRobot("turtlebot4");
    const priceOf = (reverse: Robot["reverse"]) => turnModel({ ...robot, reverse }, 0.05)?.reverse;
    expect(turnModel(getRobot("f1tenth"), 0.05)).toBeUndefined();
    expect(priceOf("allowed")).toBeUndefined();
    expect(priceOf("discouraged")).toBeCloseTo(2 / 0.31, 9);
    expect(priceOf(undefined)).toBe(priceOf("discouraged"));
    expect(priceOf("never")).toBe(Number.POSITIVE_INFINITY);
  });
});
