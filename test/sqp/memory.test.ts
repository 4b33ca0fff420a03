import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { BUILD_TIME, buildCli } from "../cli/run-cli.ts";

const SCRIPT = fileURLToPath(new URL("memory-of-solves.mjs", import.meta.url));

/** An iteration's share of the workspace: a number in each of its stages, boxed or copied, is more; twelve numbers of state were. */
const ENOUGH = 0.05;

describe("the memory of solves", () => {
  let shares = { allocated: Number.NaN, grown: Number.NaN };

  beforeAll(() => {
    buildCli();
    const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", SCRIPT, `${ENOUGH}`], {
      encoding: "utf8",
    });
    if (stdout === "") throw new Error(stderr);
    shares = JSON.parse(stdout);
  }, BUILD_TIME);

  it("is their workspace: an iteration allocates less than a twentieth of it, once its code is compiled", () => {
    expect(shares.allocated).toBeGreaterThan(0);
    expect(shares.allocated).toBeLessThan(ENOUGH);
  });

  it("does not grow: after a hundred more, by less than half of one workspace", () => {
    expect(shares.grown).toBeLessThan(0.5);
  });
});
