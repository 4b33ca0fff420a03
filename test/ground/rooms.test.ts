import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseSource, readSources } from "./house.ts";
import {
  forbiddenPackages,
  importCircles,
  importsPastDoors,
  importsUp,
  largeRooms,
  longFiles,
  longFunctions,
  nodeModulesBehind,
  roomOf,
} from "./house-rules.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The rooms from the ground up; each imports from those before it. */
const ORDER = [
  "base",
  "linalg",
  "wasm",
  "ocp",
  "symbolic",
  "qp",
  "ilqr",
  "sqp",
  "zoo",
  "graph",
  "cam",
  "rules",
  "optim",
  "sim",
  "init-net",
  "route",
  "track",
  "planner",
  "drive",
  "scenes",
  "record",
  "plot",
  "node",
  "queue",
  "train",
  "bench",
  "bridge",
  "cli",
];

/** The front door, `mnemosyne-mpc` itself: out of all rooms, and no room comes in through it. */
const FRONT_DOOR = "index.ts";

/** Rooms that run on Node alone. */
const ON_NODE = ["node", "queue", "train", "bench", "bridge", "cli"];

/** Packages by room, or by file; all else is the language alone. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  graph: ["node:", "onnxruntime-node", "onnxruntime-web"],
  optim: ["node:", "fflate"],
  "init-net": ["node:"],
  planner: ["rxjs", "node:"],
  drive: ["rxjs"],
  scenes: ["apache-arrow"],
  record: ["@mcap/core", "@foxglove/schemas", "fzstd", "node:"],
  sim: ["yaml", "fflate", "fast-png"],
  node: ["node:"],
  queue: ["node:", "bullmq", "ioredis", "aws4fetch"],
  train: ["node:"],
  bench: ["node:"],
  bridge: ["node:", "rxjs", "roslib", "ws", "@foxglove/ws-protocol"],
  cli: ["node:", "commander", "yaml"],
};

const MOST_LINES = 400;
/** The control tick is read by whoever lets it drive a robot. */
const mostIn = (path: string): number => (/^src\/planner\/|^src\/drive\/drive\.ts$/.test(path) ? 80 : 120);

const sources = readSources(ROOT, "src");
const viewer = readSources(ROOT, "viewer/src");

describe("the house", () => {
  test("imports run from a room to those below it", () => {
    expect(importsUp(sources, [...ORDER, FRONT_DOOR])).toEqual([]);
  });

  test("a room is entered through its door", () => {
    expect(importsPastDoors(sources)).toEqual([]);
  });

  test("no files import each other in a circle, types included", () => {
    expect(importCircles(sources)).toEqual([]);
    expect(importCircles(viewer)).toEqual([]);
  });

  test("packages and Node's modules are imported only by rooms that may", () => {
    expect(forbiddenPackages(sources, PACKAGES)).toEqual([]);
  });

  test("the first door of every room but those on Node opens in a browser", () => {
    const doors = ORDER.filter((room) => !ON_NODE.includes(room)).map((room) => `src/${room}/index.ts`);
    doors.push(`src/${FRONT_DOOR}`);
    expect(doors.flatMap((door) => nodeModulesBehind(sources, door))).toEqual([]);
    for (const door of doors) expect(sources.map(({ path }) => path)).toContain(door);
  });

  test("no file is longer than a reader holds in mind, no function longer than a page or two", () => {
    expect(longFiles([...sources, ...viewer], MOST_LINES)).toEqual([]);
    expect(longFunctions([...sources, ...viewer], mostIn)).toEqual([]);
  });

  test("no room holds more than an eighth of the house", () => {
    expect(largeRooms(sources, 0.12)).toEqual([]);
  });
});

describe("the rules see what breaks them", () => {
  const file = (path: string, text: string) => parseSource(path, text);

  test("an import up, static, dynamic or of a type", () => {
    const up = [
      'import { a } from "../cli/index.ts";',
      'import type { A } from "../cli/index.ts";',
      'export { a } from "../cli/index.ts";',
      'export * from "../cli/index.ts";',
      'export const a = () => import("../cli/index.ts");',
      'export type A = import("../cli/index.ts").A;',
    ];
    for (const text of up)
      expect(importsUp([file("src/sim/a.ts", text)], ORDER), text).toEqual([
        "src/sim/a.ts imports up from src/cli/index.ts",
      ]);
    expect(importsUp([file("src/cellar/a.ts", "")], ORDER)).toEqual([
      "src/cellar is not a room of the house",
    ]);
  });

  test("an import past a door", () => {
    const past = file(
      "src/sqp/a.ts",
      'import { b } from "../qp/riccati.ts"; import { c } from "../qp/index.ts";',
    );
    expect(importsPastDoors([past])).toEqual([
      "src/sqp/a.ts imports src/qp/riccati.ts past the door of its room",
    ]);
  });

  test("a circle of types over three files", () => {
    const three = [
      file("src/sim/a.ts", 'import type { B } from "./b.ts";'),
      file("src/sim/b.ts", 'import type { C } from "./c.ts";'),
      file("src/sim/c.ts", 'import { type A } from "./a.ts";'),
      file("src/sim/d.ts", 'import { type A } from "./a.ts";'),
    ];
    expect(importCircles(three)).toEqual(["a circle of imports: src/sim/a.ts, src/sim/b.ts, src/sim/c.ts"]);
    expect(importCircles(three.slice(1))).toEqual([]);
  });

  test("a package that a room may not have, and Node behind a door", () => {
    const reads = file(
      "src/sim/reads.ts",
      'import { readFileSync } from "node:fs"; import { parse } from "yaml";',
    );
    expect(forbiddenPackages([reads], PACKAGES)).toEqual([
      "src/sim/reads.ts imports node:fs, which its room may not",
    ]);
    const door = file("src/sim/index.ts", 'export { a } from "./reads.ts";');
    expect(nodeModulesBehind([door, reads], "src/sim/index.ts")).toEqual([
      "src/sim/index.ts -> src/sim/reads.ts -> node:fs",
    ]);
    const later = file("src/sim/index.ts", 'export const a = () => import("./reads.ts");');
    expect(nodeModulesBehind([later, reads], "src/sim/index.ts")).toEqual([]);
  });

  test("long files, long functions", () => {
    const body = "  step();\n".repeat(119);
    const fits = file("src/sim/a.ts", `export function fits() {\n${body}}`);
    const long = file("src/sim/b.ts", `export const long = () => {\n  step();\n${body}};`);
    expect(longFunctions([fits, long], () => 121)).toEqual([
      "src/sim/b.ts long has 122 lines, expected at most 121",
    ]);
    expect(longFiles([fits, long], 121)).toEqual(["src/sim/b.ts has 122 lines, expected at most 121"]);
    expect(largeRooms([fits, file("src/sqp/c.ts", body)], 0.5)).toEqual([
      "src/sim has 121 of 241 lines, expected at most 50%",
    ]);
    expect(roomOf("src/init-net/a.ts")).toBe("init-net");
  });
});
