import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configSchema, flagsOf, PARAMS_GROUPS, paramsFlags } from "../../src/cli/config-file.ts";
import { paramsSchema, parseParams } from "../../src/cli/params-file.ts";
import { createProgram } from "../../src/cli/program.ts";
import { parseRoute } from "../../src/cli/route-file.ts";
import { parseScenarios } from "../../src/cli/scenario-file.ts";
import { getRobot, parseMapYaml, parseRobot, ROBOT_MODELS, ROBOT_NAMES } from "../../src/sim/index.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

const compile = (schema: object): ValidateFunction => new Ajv({ allowUnionTypes: true }).compile(schema);
const schemaOf = (kind: string): ValidateFunction => compile(JSON.parse(read(`schemas/${kind}.schema.json`)));

function refuses(check: () => unknown): boolean {
  try {
    check();
    return false;
  } catch {
    return true;
  }
}

/** Value with one key, at a path, changed; undefined: left out. */
function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  const next = changed(copy[key], rest, to);
  if (next === undefined) delete copy[key];
  else copy[key] = next;
  return copy;
}

/** Every leaf and group of a value, as paths. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

const ODD = [undefined, null, true, "", "word", -1e9, -1, 0, 0.5, 1, 1.6, 3, 1e9, [], [1, 2], {}] as const;

/** A schema and a checker agree on good files and on each with every value changed to each odd one. */
function expectAgreement(
  schema: ValidateFunction,
  check: (value: unknown) => unknown,
  good: readonly unknown[],
): void {
  let bad = 0;
  for (const file of good) {
    expect([schema(file), refuses(() => check(file))], JSON.stringify(schema.errors)).toEqual([true, false]);
    const files = pathsOf(file).flatMap((path) => [
      ...ODD.map((to) => changed(file, path, to)),
      changed(file, [...path, "no_such_key"], 1),
    ]);
    for (const odd of files.filter((odd) => odd !== undefined)) {
      const refused = refuses(() => check(odd));
      if (refused) bad++;
      expect(schema(odd), JSON.stringify(odd)).toBe(!refused);
    }
  }
  expect(bad).toBeGreaterThan(20);
}

const program = await (async () => {
  const nowhere = { write: () => true };
  const signal = new AbortController().signal;
  return createProgram(async () => {}, { stdout: nowhere, stderr: nowhere, env: {}, now: () => 0, signal });
})();

const robotFile = (name: string): unknown => {
  const { name: title, model, source, footprint, limits, ...rest } = getRobot(name);
  return JSON.parse(JSON.stringify({ name: title, model, source, footprint, limits, ...rest }));
};

describe("robots", () => {
  const schema = schemaOf("robot");
  test("of the house are what the schema says, and so is one of each model", () => {
    for (const name of ROBOT_NAMES) expect(schema(robotFile(name)), name).toBe(true);
    expect(new Set(ROBOT_NAMES.map((name) => getRobot(name).model)).size).toBe(ROBOT_MODELS.length);
  });

  test("are judged by the schema as by the program, but for the shape of the footprint", () => {
    const good = ROBOT_NAMES.map((name) =>
      changed(
        changed(
          changed(changed(robotFile(name), ["reverse"], "never"), ["latency"], { delay: 0.1, lag: 0 }),
          ["deadband"],
          { speed: 0.05, turn: 0.1 },
        ),
        ["lidar"],
        { fov: 4.7, range: 10, beams: 720, noise: 0.01, x: 0.1, y: 0, yaw: -1.6 },
      ),
    );
    expectAgreement(schema, parseRobot, [...good, changed(good[0], ["$schema"], "robot.schema.json")]);
    expect(
      schema(
        changed(
          good[0],
          ["footprint"],
          [
            [0, 0],
            [0, 1],
            [1, 0],
          ],
        ),
      ),
    ).toBe(true); // clockwise
  });
});

describe("scenarios", () => {
  const good = {
    id: "w17",
    map: "w17.yaml",
    start: [1, 2, 1.57],
    goal: [8.5, 3],
    goal_tolerance_m: 1,
    robot: "jackal",
    timeout_s: 100,
  };

  test("are judged by the schema as by the program", () => {
    const check = (value: unknown) => parseScenarios(JSON.stringify(value), "scenarios.jsonl");
    expectAgreement(schemaOf("scenario"), check, [
      good,
      { ...good, id: 3, robot: "cart.json", goal: [1, 2, 3] },
      { ...good, movers: 3 },
      { ...good, movers: [{ at: [1, 2], goals: [[3, 4]], manner: "rail", id: 3 }] },
    ]);
  });

  test("that ship are what the schema says", () => {
    const schema = schemaOf("scenario");
    const robots = JSON.parse(read("schemas/scenario.schema.json")).properties.robot.anyOf[0].enum;
    expect(robots).toEqual(ROBOT_NAMES);
    expect(schema(good)).toBe(true);
  });
});

describe("maps", () => {
  test("are judged by the schema as by the program", () => {
    const office = parse(read("datasets/floor-plan/office.yaml"));
    const check = (value: unknown) => {
      // A number is a number in YAML, quoted or not; the schema is of what is written plainly.
      for (const key of ["image", "mode"])
        if (typeof (value as Record<string, unknown>)?.[key] !== "string" && key in (value as object))
          throw key;
      // That one threshold is at most the other no schema can say.
      const { free_thresh: free, occupied_thresh: occupied } = value as Record<string, number>;
      const crossed = typeof free === "number" && free > occupied && free <= 1 && occupied >= 0;
      return parseMapYaml(JSON.stringify(crossed ? { ...(value as object), free_thresh: occupied } : value));
    };
    expectAgreement(schemaOf("map"), check, [office, { ...office, mode: "Scale", negate: true }]);
  });
});

describe("routes", () => {
  test("are judged by the schema as by the program", () => {
    const waypoints = [
      { x: 1, y: 2, yaw: 1.5, tolerance_m: 0.3, wait_s: 2, name: "door" },
      { x: -1, y: 2e6, yaw_deg: 90 },
    ];
    expectAgreement(schemaOf("route"), (value) => parseRoute(JSON.stringify(value)), [
      { waypoints, $schema: "route.schema.json" },
      { waypoints: [[1, 2], [3, 4, 1.5], { x: 0, y: 0 }] },
    ]);
    expect(parseRoute("- [1, 2]\n- {x: 3, y: 4, yaw_deg: 180, wait_s: 1}")).toEqual([
      { x: 1, y: 2 },
      { x: 3, y: 4, yaw: Math.PI, wait: 1 },
    ]);
  });

  test("that are none are refused by what is wrong with which waypoint", () => {
    for (const [text, message] of [
      ["", "the route is null, expected a list of waypoints"],
      ["[]", "the route has 0 waypoints, expected 1 to 10000"],
      ["waypoints: []", "the route has 0 waypoints"],
      ["- [1, .nan]", "waypoint 1: y is NaN, expected a finite number"],
      ["- [1, 2]\n- [1]", "waypoint 2 is [1], expected [x, y], [x, y, yaw] or {x, y"],
      ["- {x: 1, z: 2}", 'waypoint 1 has an unknown option "z", expected x, y, yaw'],
      ["- {x: 1}", "waypoint 1: y is missing, expected a number"],
      ["- {x: 1, y: 1, wait_s: -1}", "waypoint 1: wait is -1, expected a number 0 .. 1000000 [s]"],
      ["- {x: 1, y: 1, yaw: 0, yaw_deg: 0}", "waypoint 1: yaw_deg is 0, expected none beside yaw"],
      ["points: [[1, 2]]", 'the file has an unknown option "points", expected waypoints'],
      ["[1, 2", "not YAML"],
      ["[[1, 2]]\n---\n[[3, 4]]", "not YAML: Source contains multiple documents"],
      [`[${"[1, 2],".repeat(200_000)}[1, 2]]`, "the route has 200001 waypoints, expected 1 to 10000"],
      ["- [1, 2]\n".repeat(50_000), "of 450000 characters, where YAML may have 262144: not JSON"],
    ])
      expect(() => parseRoute(text), text).toThrow(message);
  });
});

describe("flags", () => {
  test("have the schema that is published (-u writes it anew)", async () => {
    const schema = configSchema(program);
    await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(
      fileURLToPath(new URL("schemas/config.schema.json", ROOT)),
    );
    const judge = compile(schema);
    expect(judge(parse("world: cells:7\nsensor: lidar\nrate: 20\nshocks: true\nstart: [1, 2, 90]"))).toBe(
      true,
    );
    expect(judge({ wrold: "cells:7" })).toBe(false);
  });
});

describe("parameters", () => {
  test("have the schema that is published (-u writes it anew)", async () => {
    const text = JSON.stringify(paramsSchema(paramsFlags(program)), undefined, 2);
    await expect(`${text}\n`).toMatchFileSnapshot(fileURLToPath(new URL("schemas/params.schema.json", ROOT)));
  });

  test("are judged by the schema as by the program", () => {
    const all = {
      navigation: {
        N: 20,
        dt: 0.1,
        lookahead: 2,
        margin: 0.08,
        interpolation: "bilinear",
        weights: { speed: 0.2, turn: 0.3 },
        collision: { linear: 100, quadratic: 10 },
        speedLimit: { linear: 100 },
      },
      tolerance: { position: 0.2, yaw: 0.1 },
    };
    const flags = { keepout: "k.yaml", sensor: "lidar", rate: 20, start: [1, 2, 90], shocks: true };
    const legal = Object.keys(paramsFlags(program));
    const check = (value: unknown): void => {
      const text = JSON.stringify(value);
      flagsOf(text, legal, PARAMS_GROUPS);
      parseParams(text);
    };
    expectAgreement(compile(paramsSchema(paramsFlags(program))), check, [{}, all]);
    expect(compile(paramsSchema(paramsFlags(program)))({ ...all, ...flags })).toBe(true);
    expect(flagsOf(JSON.stringify({ ...all, ...flags }), legal, PARAMS_GROUPS)).toEqual([
      ...["--keepout=k.yaml", "--sensor=lidar", "--rate=20", "--start=1,2,90", "--shocks"],
    ]);
  });

  test("that are named in part keep the rest of their group", () => {
    const { navigation } = parseParams("navigation: { weights: { speed: 0.5 }, collision: { linear: 7 } }");
    expect(navigation).toMatchObject({
      weights: { speed: 0.5, turn: 0.4, position: 1.8 },
      collision: { linear: 7, quadratic: 900 },
    });
    expect(parseParams("# nothing yet\n")).toEqual({});
  });

  test("with an unknown key are refused with the nearest legal one", () => {
    expect(() => parseParams("navigation: { margim: 0.1 }")).toThrow(
      'navigation has an unknown option "margim", expected N, dt, lookahead, margin',
    );
    expect(() => parseParams("navigation: { weights: { speed: fast } }")).toThrow(
      'navigation.weights.speed is "fast", expected a number >= 0 and <= 1000000 (squared speed',
    );
    expect(() => parseParams("navigation: [")).toThrow("not YAML: ");
  });
});
