import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/base/index.ts";
import {
  checkCheckpoint,
  checkFit,
  createNetInference,
  createNetSpec,
  FOOTPRINT_TOLERANCE,
  netMisfits,
  readNetMetadata,
  resolveTrainOptions,
} from "../../src/init-net/index.ts";
import {
  createNetStart,
  createTrajectoryPlanner,
  resolveNavigationOptions,
} from "../../src/planner/index.ts";
import { footprintReach, getRobot, ROBOT_NAMES, type Robot } from "../../src/sim/index.ts";
import { SMALL, sizesOf } from "./random-net.ts";

const jackal = getRobot("jackal");
const sizes = sizesOf(3);
const spec = createNetSpec(jackal, sizes, SMALL);
/** As a file of before says it. */
const { body: _body, ...before } = spec;

/** The footprint after a change of every corner. */
const shaped = (
  change: (x: number, y: number) => readonly [number, number],
  robot: Robot = jackal,
): Robot => ({
  ...robot,
  footprint: robot.footprint.map(([x, y]) => change(x, y)),
});
const limited = (change: object, robot: Robot = jackal) =>
  ({ ...robot, limits: { ...robot.limits, ...change } }) as Robot;
/** More than the tolerance lets a side be off. [m] */
const off = 1.5 * FOOTPRINT_TOLERANCE * footprintReach(jackal);

describe.each([
  ["that says its body", spec],
  ["of before, for a robot of the house", before],
])("a network %s", (_what, made) => {
  test.each<[string, Robot]>([
    ["the robot itself", jackal],
    ["the robot under another name", { ...jackal, name: "husky" }],
    [
      "corners in another order",
      { ...jackal, footprint: [...jackal.footprint.slice(2), ...jackal.footprint.slice(0, 2)] },
    ],
    ["a corner more on a side", { ...jackal, footprint: [...jackal.footprint, [-0.254, 0]] }],
    ["a footprint that is off by millimetres", shaped((x, y) => [x + 0.002, 0.99 * y])],
    [
      "other accounts of latency and source",
      { ...jackal, source: "measured", latency: { delay: 0.1, lag: 0 } },
    ],
  ])("is for %s", (_which, robot) => {
    expect(netMisfits(made, robot, sizes)).toEqual([]);
  });

  test.each<[string, Robot, RegExp]>([
    [
      "larger",
      shaped((x, y) => [1.05 * x, 1.05 * y]),
      /^footprint is x -0.254 to 0.254, y -0.216 to 0.216 m, expected x -0.2667/,
    ],
    ["smaller", shaped((x, y) => [0.95 * x, 0.95 * y]), /^footprint is/],
    ["shifted ahead", shaped((x, y) => [x + off, y]), /^footprint is .* \(a side is off by 0.0050 m\)$/],
    ["shifted aside", shaped((x, y) => [x, y - off]), /^footprint is/],
    ["wider on one side", shaped((x, y) => [x, y > 0 ? y + off : y]), /^footprint is/],
    [
      "with a corner cut",
      {
        ...jackal,
        footprint: [...jackal.footprint.slice(0, 2), [0.254, 0.15], [0.15, 0.216], jackal.footprint[3]],
      },
      /^footprint is/,
    ],
    ["faster backwards", limited({ vMin: -0.6 }), /^limits.vMin is -0.5, expected -0.6$/],
    ["slower to turn", limited({ wMax: 0.3 }), /^limits.wMax is 2, expected 0.3$/],
    ["weaker", limited({ aMax: 1.9 }), /^limits.aMax is 2, expected 1.9$/],
    ["never reversing", { ...jackal, reverse: "never" }, /^limits.vMin is -0.5, expected 0$/],
    ["that only has the name", { ...getRobot("turtlebot4"), name: "jackal" }, /^footprint is/],
  ])("is for none that is %s, and says why", (_which, robot, why) => {
    expect(netMisfits(made, robot, sizes)[0]).toMatch(why);
    expect(() => checkFit(made, robot, sizes)).toThrow(ConfigError);
  });

  test("names everything that differs, the name first", () => {
    const robot = limited(
      { aMax: 1, alphaMax: 3 },
      shaped((x, y) => [2 * x, y], { ...jackal, name: "cart" }),
    );
    expect(netMisfits(made, robot, { ...sizes, N: 20 }).map((misfit) => misfit.split(" is ")[0])).toEqual([
      ...["robot", "footprint", "limits.aMax", "limits.alphaMax"],
      ...["N", "controlScale"],
    ]);
  });
});

describe("whether a network fits", () => {
  test("does not depend on the unit of length", () => {
    for (const scale of [0.01, 1, 100]) {
      const sized = (by: number): Robot => shaped((x, y) => [scale * by * x, scale * by * y]);
      const made = createNetSpec(sized(1), sizes);
      expect(netMisfits(made, sized(1.008), sizes)).toEqual([]);
      expect(netMisfits(made, sized(1.02), sizes)).toHaveLength(1);
    }
  });

  test("tells every robot of the house from every other, kinematics and wheelbase included", () => {
    for (const name of ROBOT_NAMES) {
      const made = createNetSpec(getRobot(name), sizes);
      for (const other of ROBOT_NAMES)
        expect(netMisfits(made, getRobot(other), sizes).length === 0, `${name} ${other}`).toBe(
          name === other,
        );
    }
    const car = createNetSpec(getRobot("f1tenth"), sizes);
    expect(netMisfits(car, jackal, sizes)).toContain("kinematics is bicycle, expected differential");
    const longer = { ...getRobot("f1tenth"), wheelbase: 0.4 } as Robot;
    expect(netMisfits(car, longer, sizes)).toEqual(["wheelbase is 0.3302, expected 0.4"]);
  });

  test("goes by the name where a file of before is of a robot that nobody knows", () => {
    const own = { ...jackal, name: "cart" };
    const made = { ...before, robot: "cart" };
    expect(netMisfits(made, own, sizes)).toEqual([]);
    expect(netMisfits(made, jackal, sizes)).toEqual(["robot is cart, expected jackal"]);
    expect(netMisfits(made, limited({ vMax: 3 }, own), sizes)).toEqual([
      "speedScale is [2, 2], expected [3, 2]",
    ]);
  });

  test("is asked by the one that comes with the package, of before", () => {
    const shipped = readNetMetadata(readFileSync("models/warm-start-jackal.onnx")).spec;
    const usual = resolveNavigationOptions(jackal);
    expect(netMisfits(shipped, jackal, usual)).toEqual([]);
    expect(
      netMisfits(
        shipped,
        shaped((x, y) => [1.1 * x, 1.1 * y]),
        usual,
      )[0],
    ).toMatch(/^footprint/);
  });

  test("is asked by inference, planner and a training run that goes on", () => {
    const session = { run: async () => ({}) };
    const wide = shaped((x, y) => [x, 1.2 * y]);
    expect(() => createNetInference(session, spec, wide)).toThrow(/footprint is/);
    const warmStart = createNetStart(createNetInference(session, spec, jackal));
    const plannerOf = (robot: Robot, dt = 0.1) =>
      createTrajectoryPlanner({ robot, warmStart, maxIterations: 1, navigation: { dt } });
    expect(() => plannerOf(wide)).toThrow(/footprint is/);
    expect(() => plannerOf(jackal, 0.2)).toThrow(/dt is 0.1, expected 0.2/);
    expect(() => plannerOf(jackal)).not.toThrow();
    const options = resolveTrainOptions();
    const resume = (from: typeof before, robot: Robot) =>
      checkCheckpoint(
        { spec: from, options } as Parameters<typeof checkCheckpoint>[0],
        createNetSpec(robot, sizes, SMALL),
        options,
      );
    for (const from of [spec, before]) {
      expect(resume(from, jackal)).toEqual([]);
      expect(() => resume(from, wide)).toThrow(/the checkpoint was made with body/);
    }
  });
});
