import { describe, expect, test } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import {
  getRobot,
  parseRobot,
  REVERSE_POLICIES,
  ROBOT_NAMES,
  ROBOTS,
  reversePolicy,
  robotBounds,
} from "../../src/sim/index.ts";

const cart = {
  name: "cart",
  model: "differential",
  footprint: [
    [-0.3, -0.2],
    [0.3, -0.2],
    [0.3, 0.2],
    [-0.3, 0.2],
  ],
  limits: { vMin: -0.5, vMax: 1, wMax: 2, aMax: 1.5, alphaMax: 4 },
};
const square = cart.footprint;

function refusal(json: unknown): string {
  try {
    parseRobot(json);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error("was accepted");
}

describe("presets", () => {
  test("every preset passes the checks of a robot file", () => {
    for (const name of ROBOT_NAMES) {
      const robot = getRobot(name);
      expect(parseRobot(JSON.parse(JSON.stringify(robot)))).toEqual(robot);
      expect(robot.name).toBe(name);
      expect(robot.source.length).toBeGreaterThan(20);
    }
    expect(ROBOT_NAMES).toEqual(["jackal", "turtlebot3", "turtlebot4", "f1tenth", "omni"]);
  });

  test("the jackal covers 0.508 x 0.432 m and drives 2 m/s", () => {
    const xs = ROBOTS.jackal.footprint.map(([x]) => x);
    const ys = ROBOTS.jackal.footprint.map(([, y]) => y);
    expect(Math.max(...xs) - Math.min(...xs)).toBeCloseTo(0.508, 12);
    expect(Math.max(...ys) - Math.min(...ys)).toBeCloseTo(0.432, 12);
    expect(ROBOTS.jackal.limits.vMax).toBe(2);
  });

  test("a typo is refused with the nearest name and the legal ones", () => {
    expect(() => getRobot("jakal")).toThrow(ConfigError);
    expect(() => getRobot("jakal")).toThrow(/did you mean "jackal".*turtlebot3.*omni/);
    expect(() => getRobot("toString")).toThrow(ConfigError);
  });
});

describe("driving backwards", () => {
  test("is for manoeuvres unless a file says otherwise, and as good as forwards where the wheels go every way", () => {
    const policies = ROBOT_NAMES.map((name) => reversePolicy(getRobot(name)));
    expect(policies).toEqual(["discouraged", "discouraged", "discouraged", "discouraged", "allowed"]);
    for (const reverse of REVERSE_POLICIES)
      expect(reversePolicy(parseRobot({ ...cart, reverse }))).toBe(reverse);
  });

  test("never: no speed backwards is within bounds, whatever the limit", () => {
    expect(robotBounds(parseRobot(cart)).xLower[0]).toBe(-0.5);
    expect(robotBounds(parseRobot({ ...cart, reverse: "never" })).xLower[0]).toBe(0);
  });

  test("any other word is refused with the legal ones", () => {
    expect(refusal({ ...cart, reverse: "sometimes" })).toBe(
      'robot.reverse is "sometimes", expected one of allowed, discouraged, never',
    );
  });
});

test("of 5000 mutated robot files each is accepted or refused with a ConfigError", () => {
  const rng = createRng(21);
  const values = [
    null,
    -1,
    0,
    Number.POSITIVE_INFINITY,
    "x",
    "",
    [],
    {},
    true,
    1e-300,
    [[0, 0]],
    undefined,
    "__proto__",
  ];
  const mutate = (node: unknown): unknown => {
    if (rng.uniform() < 0.08) return values[rng.int(values.length)];
    if (Array.isArray(node)) {
      const copy = node.map(mutate);
      return rng.uniform() < 0.1 ? copy.reverse() : copy;
    }
    if (typeof node === "number") return rng.uniform() < 0.1 ? node * rng.gauss() : node;
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([k, v]) => [rng.uniform() < 0.02 ? `${k}s` : k, mutate(v)]),
    );
  };
  const outcomes = { accepted: 0, refused: 0 };
  for (let n = 0; n < 5000; n++) {
    const json = mutate(getRobot(ROBOT_NAMES[n % ROBOT_NAMES.length]));
    try {
      parseRobot(json);
      outcomes.accepted++;
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      outcomes.refused++;
    }
  }
  expect(outcomes.accepted).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(1000);
});

describe("a robot file", () => {
  test("is accepted as documented, for each model", () => {
    expect(parseRobot(cart)).toMatchObject({ name: "cart", model: "differential", source: "robot file" });
    const bicycle = {
      ...cart,
      model: "bicycle",
      wheelbase: 0.5,
      source: "tape measure",
      limits: { vMin: 0, vMax: 1, deltaMax: 0.5, aMax: 1, deltaRateMax: 2 },
    };
    expect(parseRobot(bicycle)).toEqual(bicycle);
    const omni = {
      ...cart,
      model: "omni",
      limits: { vxMin: -1, vxMax: 1, vyMax: 1, wMax: 1, aMax: 1, alphaMax: 1 },
    };
    expect(parseRobot(omni)).toMatchObject({ model: "omni", limits: omni.limits });
  });

  test.each([
    ["not an object", null, /robot file is null, expected a JSON object/],
    ["an array", [cart], /expected a JSON object/],
    ["unknown model", { ...cart, model: "differental" }, /did you mean "differential"/],
    [
      "model of another type",
      { ...cart, model: 3 },
      /robot.model is 3, expected one of differential, bicycle, omni/,
    ],
    ["unknown key", { ...cart, footprnt: 1 }, /unknown key "footprnt" \(did you mean "footprint"/],
    ["a wheelbase on a differential drive", { ...cart, wheelbase: 1 }, /unknown key "wheelbase"/],
    ["missing key", { name: "x", model: "omni", footprint: square }, /no "limits"/],
    ["missing wheelbase", { ...cart, model: "bicycle" }, /no "wheelbase"/],
    ["empty name", { ...cart, name: " " }, /robot.name is " "/],
    [
      "endless name",
      { ...cart, name: "x".repeat(101) },
      /robot.name is "x+ ?\.{3}"?.*at most 100 characters/,
    ],
    [
      "negative limit",
      { ...cart, limits: { ...cart.limits, wMax: -2 } },
      /robot.limits.wMax is -2, expected a number > 0/,
    ],
    ["zero limit", { ...cart, limits: { ...cart.limits, aMax: 0 } }, /aMax is 0/],
    [
      "positive vMin",
      { ...cart, limits: { ...cart.limits, vMin: 0.1 } },
      /vMin is 0.1, expected a number <= 0/,
    ],
    [
      "absurd limit",
      { ...cart, limits: { ...cart.limits, vMax: 1e9 } },
      /vMax is 1000000000, expected .* <= 1000/,
    ],
    ["NaN limit", { ...cart, limits: { ...cart.limits, vMax: Number.NaN } }, /vMax is NaN/],
    ["null limit, as JSON writes NaN", { ...cart, limits: { ...cart.limits, vMax: null } }, /vMax is null/],
    ["limit as text", { ...cart, limits: { ...cart.limits, vMax: "2" } }, /vMax is "2"/],
    [
      "unknown limit",
      { ...cart, limits: { ...cart.limits, amax: 1 } },
      /unknown key "amax" \(did you mean "aMax"/,
    ],
    ["limits of another model", { ...cart, model: "omni" }, /robot.limits has an unknown key "vMin"/],
    ["footprint not an array", { ...cart, footprint: "square" }, /robot.footprint is "square"/],
    ["two corners", { ...cart, footprint: square.slice(0, 2) }, /has 2 corners, expected 3 to 64/],
    [
      "corner with three numbers",
      { ...cart, footprint: [[0, 0, 0], ...square.slice(1)] },
      /footprint\[0\] is \[0,0,0\]/,
    ],
    [
      "NaN corner",
      { ...cart, footprint: [[0, Number.NaN], ...square.slice(1)] },
      "footprint[0] is [0,NaN], expected two numbers",
    ],
    ["far corner", { ...cart, footprint: [[-1e9, -1e9], ...square.slice(1)] }, /between -100 and 100/],
    ["clockwise", { ...cart, footprint: [...square].reverse() }, /runs clockwise/],
    ["repeated corner", { ...cart, footprint: [...square, square[0]] }, /same corner/],
    [
      "not convex",
      {
        ...cart,
        footprint: [
          [0, 0],
          [1, 0],
          [0.2, 0.2],
          [0, 1],
        ],
      },
      /not convex at corner \[2\] \(0.2, 0.2\)/,
    ],
    [
      "bow tie",
      {
        ...cart,
        footprint: [
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
        ],
      },
      /crosses itself/,
    ],
    [
      "five-pointed star, left turns only",
      {
        ...cart,
        footprint: [0, 2, 4, 1, 3].map((i) => [Math.cos(1.2566 * i), Math.sin(1.2566 * i)]),
      },
      /crosses itself/,
    ],
    [
      "a line",
      {
        ...cart,
        footprint: [
          [0, 0],
          [1, 0],
          [0.5, 0],
        ],
      },
      /no area|not convex/,
    ],
  ])("with %s is refused", (_, json, message) => {
    expect(refusal(json)).toMatch(message);
  });
});
