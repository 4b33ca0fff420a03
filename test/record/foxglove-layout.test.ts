import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openLog, TOPICS } from "../../src/record/index.ts";
import { shortRun } from "./short-run.ts";

type Layout = {
  readonly configById: Record<
    string,
    {
      readonly topics?: Record<string, unknown>;
      readonly paths?: { readonly value: string }[];
      readonly topicToRender?: string;
    }
  >;
  readonly layout: unknown;
};

const layout = JSON.parse(
  readFileSync(new URL("../../docs/foxglove-layout.json", import.meta.url), "utf8"),
) as Layout;

/** Panels in a tree of `{first, second}`. */
function panelsOf(node: unknown): string[] {
  if (typeof node === "string") return [node];
  const { first, second } = node as { first: unknown; second: unknown };
  return [...panelsOf(first), ...panelsOf(second)];
}

it("the layout for Foxglove shows each panel once, and only topics of a log", () => {
  const configs = Object.values(layout.configById);
  expect(panelsOf(layout.layout).sort()).toEqual(Object.keys(layout.configById).sort());
  const topics = configs.flatMap((c) => [
    ...Object.keys(c.topics ?? {}),
    ...(c.topicToRender ? [c.topicToRender] : []),
  ]);
  expect(topics.filter((topic) => !TOPICS.some((known) => known === topic))).toEqual([]);
  expect(topics.length).toBe(12);
});

it("the layout's plots find their values in a log", async () => {
  const log = await openLog((await shortRun()).bytes);
  const found = new Map<string, unknown>();
  const paths = Object.values(layout.configById).flatMap((c) => (c.paths ?? []).map((p) => p.value));
  for await (const { topic, value } of log.messages()) {
    for (const path of paths) {
      const [head, ...fields] = path.split(/[.[\]]+/).filter((part) => part !== "");
      if (head !== topic) continue;
      const at = fields.reduce<unknown>(
        (inner, field) => (inner as Record<string, unknown> | undefined)?.[field],
        value,
      );
      if (at !== undefined) found.set(path, at);
    }
  }
  expect([...found.keys()].sort()).toEqual([...paths].sort());
  for (const [path, value] of found)
    expect(typeof value).toBe(/phase|source|status/.test(path) ? "string" : "number");
});
