import { expect, it } from "vitest";
import { loads } from "../loads.ts";

it("the room loads nothing of Node, no planner and no RxJS: logs are also written and read in a browser", () => {
  const loaded = [...loads(new URL("../../src/record/index.ts", import.meta.url))];
  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.filter((name) => name.startsWith("node:") || name === "rxjs")).toEqual([]);
  expect(loaded.filter((name) => /\/src\/(planner|sqp|ilqr|cli)\//.test(name))).toEqual([]);
  const node = [...loads(new URL("../../src/record/node.ts", import.meta.url))];
  expect(node.filter((name) => name.startsWith("node:")).length).toBeGreaterThan(0);
});
