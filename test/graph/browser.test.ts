import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loads } from "../loads.ts";

const packages = (door: string): string[] =>
  [...loads(new URL(`../../src/graph/${door}`, import.meta.url))].filter((name) => !name.startsWith("file:"));

test("the room's door loads no package and nothing of Node: graphs are also built in a browser", () => {
  expect(packages("index.ts")).toEqual([]);
});

test("the door for Node loads ONNX Runtime only when it is first needed", () => {
  const door = packages("node.ts");
  expect(door.length).toBeGreaterThan(0);
  expect(door.every((name) => name.startsWith("node:"))).toBe(true);
  const lazy = readFileSync(new URL("../../src/graph/load-ort.ts", import.meta.url), "utf8");
  expect(lazy).toContain('import("onnxruntime-node")');
});

test("the room loads files of its own and of base only", () => {
  const files = [...loads(new URL("../../src/graph/node.ts", import.meta.url))];
  const rooms = files.flatMap((name) => /\/src\/([\w-]+)\//.exec(name)?.[1] ?? []);
  expect([...new Set(rooms)].sort()).toEqual(["base", "graph"]);
});
