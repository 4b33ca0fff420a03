import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { decodeGoal, decodeMap, decodeScan, decodeTransforms } from "../../src/bridge/ros/decode-messages.ts";
import { lookUp, withTransforms } from "../../src/bridge/ros/frame-tree.ts";
import { type MessageDelay, noteDelay } from "../../src/bridge/ros/message-delay.ts";
import {
  composePoses,
  invertPose,
  rosHeader,
  rosPose,
  stampOf,
  yawOf,
} from "../../src/bridge/ros/ros-values.ts";

const header = (frame_id: string) => ({ frame_id, stamp: { sec: 5, nanosec: 250_000_000 } });

describe("ROS messages as JSON", () => {
  it("a scan's nulls are no returns, what is beyond range is free, and a clockwise scan is turned round", () => {
    const scan = decodeScan({
      header: header("/laser"),
      angle_min: 1,
      angle_increment: -0.5,
      range_min: 0.1,
      range_max: 4,
      ranges: [0.05, 2, null, 9],
    });
    expect([...scan.angles]).toEqual([-0.5, 0, 0.5, 1]);
    expect([...scan.ranges]).toEqual([Number.POSITIVE_INFINITY, Number.NaN, 2, Number.NaN]);
    expect([scan.stamp, scan.frame, scan.range]).toEqual([5.25, "laser", 4]);
  });

  it("stamps of both generations are the same moment", () => {
    for (const version of ["1", "2"] as const)
      expect(stampOf({ header: rosHeader(version, "map", 12.000000001) })).toBeCloseTo(12.000000001, 12);
  });

  it("a yaw survives a quaternion; a quaternion of zeros is refused", () => {
    for (const yaw of [-3, -1, 0, 0.5, 3.1]) {
      const { orientation } = rosPose({ x: 0, y: 0, yaw }) as { orientation: Record<string, number> };
      expect(yawOf(orientation)).toBeCloseTo(yaw, 12);
    }
    expect(() => yawOf({ x: 0, y: 0, z: 0, w: 0 })).toThrow("all zeros");
  });

  it("a map's cells come as numbers or as base64, and a wrong number of them is said", () => {
    const info = { width: 2, height: 2, resolution: 0.1, origin: rosPose({ x: 1, y: 2, yaw: 0.3 }) };
    const numbers = decodeMap({ info, data: [-1, 0, 100, 50] });
    const text = decodeMap({ info, data: Buffer.from(Int8Array.of(-1, 0, 100, 50)).toString("base64") });
    expect([...text.cells]).toEqual([...numbers.cells]);
    expect(numbers.origin.yaw).toBeCloseTo(0.3, 12);
    expect(() => decodeMap({ info, data: [0, 0, 0] })).toThrow("data has 3 cells, expected width*height = 4");
    expect(() => decodeMap({ info, data: [0, 0, 0, 101] })).toThrow("data[3] is 101, expected -1 (unknown)");
    expect(() => decodeMap({ info: { ...info, width: 1e9 }, data: [] })).toThrow();
  });

  it("a goal comes as a pose, with or without a header, or as a point", () => {
    const pose = rosPose({ x: 1, y: 2, yaw: 1 });
    expect(decodeGoal({ header: header("map"), pose }).goal.yaw).toBeCloseTo(1, 12);
    expect(decodeGoal({ frame_id: "odom", pose }).frame).toBe("odom");
    expect(decodeGoal({ header: header("map"), point: { x: 3, y: 4, z: 0 } }).goal).toEqual({ x: 3, y: 4 });
    expect(() => decodeGoal({ header: header("map") })).toThrow("point is missing, expected an object");
  });
});

describe("frames", () => {
  const random = createRng(7);
  const pose = () => ({ x: random.gauss(), y: random.gauss(), yaw: 3 * random.gauss() });

  it("a pose and its inverse make nothing", () => {
    for (let i = 0; i < 20; i++) {
      const p = pose();
      const { x, y, yaw } = composePoses(p, invertPose(p));
      expect(Math.abs(x) + Math.abs(y) + Math.abs(yaw)).toBeLessThan(1e-12);
    }
  });

  it("are joined through the frame above both, and a circle ends", () => {
    const [odom, base, laser] = [pose(), pose(), pose()];
    const transform = (parent: string, child_frame_id: string, p: typeof odom) => {
      const { position, orientation } = rosPose(p) as Record<string, object>;
      return {
        header: header(parent),
        child_frame_id,
        transform: { translation: position, rotation: orientation },
      };
    };
    const tree = withTransforms(
      new Map(),
      decodeTransforms({
        transforms: [
          transform("map", "/odom", odom),
          transform("odom", "base_link", base),
          transform("base_link", "laser", laser),
        ],
      }),
    );
    const whole = composePoses(composePoses(odom, base), laser);
    const found = lookUp(tree, "map", "laser")!;
    expect([found.x, found.y, Math.cos(found.yaw)]).toEqual([
      expect.closeTo(whole.x, 9),
      expect.closeTo(whole.y, 9),
      expect.closeTo(Math.cos(whole.yaw), 9),
    ]);
    const back = composePoses(found, lookUp(tree, "laser", "map")!);
    expect(Math.abs(back.x) + Math.abs(back.y)).toBeLessThan(1e-9);
    expect(lookUp(tree, "map", "elsewhere")).toBeUndefined();
    const circle = withTransforms(tree, [{ parent: "laser", child: "map", pose: odom }]);
    expect(lookUp(circle, "nowhere", "laser")).toBeUndefined();
  });
});

describe("lateness of messages", () => {
  it("is told from the least delay, whatever the sender's clock, and a slow drift is no lateness", () => {
    let delay: MessageDelay | undefined;
    for (let t = 0; t < 1000; t++) delay = noteDelay(delay, t + 0.05 + 0.01 * (t % 3), 1e9 + t * (1 - 1e-4));
    expect(delay?.late).toBeLessThan(0.03);
    expect(noteDelay(delay, 1000.45, 1e9 + 1000 * (1 - 1e-4)).late).toBeCloseTo(0.4, 2);
  });
});
