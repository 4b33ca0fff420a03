import { describe, expect, test } from "vitest";
import { SHOCK_KINDS } from "../../src/drive/index.ts";
import { runHere } from "./run-cli.ts";

describe("--shocks", () => {
  test("of navigate tells what happened on the way; without it the summary says nothing of it", async () => {
    // A short drive with shocks of every kind.
    const run = ["navigate", "--world", "rooms:10005", "--json"];
    const shocked = await runHere([...run, "--shocks"]);
    expect(shocked.code, shocked.stderr).toBe(0);
    const { status, collisions, shocks } = JSON.parse(shocked.stdout);
    expect([status, collisions]).toEqual(["reached", 0]);
    expect(Object.keys(shocks)).toEqual([...SHOCK_KINDS]);
    expect(Math.min(...(Object.values(shocks) as number[]))).toBeGreaterThan(0);
    const calm = await runHere([...run, "--timeout", "1"]);
    expect(JSON.parse(calm.stdout)).not.toHaveProperty("shocks");
  });
});
